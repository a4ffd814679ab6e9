import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import { type Application, type CallOptions, whileOpen, withCallOptions } from "../application/Application.ts"
import { noPath } from "../calls/request.ts"
import { unknownOptions } from "../config/unknownOptions.ts"
import type {
  Closed,
  DeadlineExceeded,
  Issue,
  Misconfigured,
  ProtocolViolation,
  Reason,
  RequestRejected
} from "../errors/Reason.ts"
import {
  failure,
  isSageAuthError,
  misconfigured,
  type SageAuthError,
  type TenantPlace
} from "../errors/SageAuthError.ts"
import type { StandardSchema } from "../schema/StandardSchema.ts"
import { isSchema, validated } from "../schema/validated.ts"

/** How far a list was read. */
export interface Progress {
  /** how many records were handed over, those of this page included */
  readonly done: number
  /** how many there are, as the server says with this page; undefined where it does not */
  readonly total: number | undefined
}

/**
 * One page of a list.
 *
 * @typeParam R one record
 */
export interface Page<out R> extends Progress {
  /** in the server's order; never empty */
  readonly records: ReadonlyArray<R>
}

/** One record of a list whose pages are JSON, as the server writes it. */
export interface JsonRecord {
  /** a member by its name */
  readonly [member: string]: unknown
}

/**
 * How a list is read. `deadline` counts for each page, and `signal` for all of them: aborting it also ends the reading
 * between two pages.
 *
 * @typeParam R one record
 */
export interface PageOptions<R = unknown> extends CallOptions {
  /** records of a page; default: as the request says, or the server chooses. Each surface has a limit */
  readonly pageSize?: number | undefined
  /** after so many pages the list is refused, as one that never ends. Default 100,000 */
  readonly maxPages?: number | undefined
  /** called when a page is handed over */
  readonly onProgress?: ((progress: Progress) => void) | undefined
  /** what each record must fit, and what it becomes: a schema of Valibot, Zod or another Standard Schema library */
  readonly schema?: StandardSchema<R> | undefined
}

/** The name of a parameter as it is written. */
const nameOf = (parameter: string): string => parameter.split("=", 1)[0] ?? ""

const parametersOf = (path: string): readonly [before: string, parameters: ReadonlyArray<string>] => {
  const at = path.indexOf("?")
  return at < 0
    ? [path, []]
    : [
        path.slice(0, at),
        path
          .slice(at + 1)
          .split("&")
          .filter((each) => each !== "")
      ]
}

const pathOf = (before: string, parameters: ReadonlyArray<string>): string =>
  parameters.length === 0 ? before : `${before}?${parameters.join("&")}`

/** A path with a parameter set. All others stay as they are written: servers tell `$query` from `%24query`. */
export const withParameter = (path: string, name: string, value: number | undefined): string => {
  if (value === undefined) return path
  const [before, parameters] = parametersOf(path)
  return pathOf(before, [...parameters.filter((each) => nameOf(each) !== name), `${name}=${value}`])
}

/** A next page's path with the parameters of this one's that it does not name. */
export const keepingParameters = (next: string, path: string): string => {
  const [before, named] = parametersOf(next)
  const names = new Set(named.map(nameOf))
  return pathOf(before, [...named, ...parametersOf(path)[1].filter((each) => !names.has(nameOf(each)))])
}

/** A page as the server gave it. */
export interface ReadPage<C> {
  readonly records: ReadonlyArray<unknown>
  /** how many records there are in all; undefined where the server does not say */
  readonly total: number | undefined
  /** where the next page is; undefined: this is the last one */
  readonly next: C | undefined
  /** what a page of this surface has beside */
  readonly beside?: object | undefined
}

/** A surface's own way of paging. */
export interface PageSource<C, Rs extends Reason> {
  readonly application: Application
  readonly place: TenantPlace
  /** what the caller called, such as `records(function)` */
  readonly called: string
  /** the options that this surface alone has */
  readonly options?: ReadonlyArray<string> | undefined
  /** milliseconds that a caller waits for a page unless it says otherwise */
  readonly deadline: number
  /** the most records of a page that the server gives */
  readonly mostRecords: number
  readonly first: C
  /** reads one page; it holds no permit once the page is there */
  readonly read: (at: C) => Effect.Effect<ReadPage<C>, SageAuthError<Rs>>
  /** names a position, so that one that comes again is seen; undefined where it has no name */
  readonly nameOf: (at: C) => string | undefined
  /** for a result that can be lost between two pages */
  readonly restart?: Restart<Rs> | undefined
}

/** How a list is read again whose result was lost. */
export interface Restart<Rs extends Reason> {
  readonly isLost: (error: SageAuthError) => boolean
  /** what the list fails with where it cannot go on behind what was handed over */
  readonly moved: (message: string) => SageAuthError<Rs>
  /** whether two readings are of one record */
  readonly isSame: (one: unknown, other: unknown) => boolean
}

/** What reading pages adds to what reading one can fail with. */
export type PagingReasons = Closed | DeadlineExceeded | Misconfigured | ProtocolViolation

/** pages in a row without a record, from which on there is no list to wait for */
const mostEmpty = 10

/** restarts in a row that brought nothing new */
const mostRestarts = 3

const defaultMaxPages = 100_000

const isWhole = (value: unknown, most: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= most

/** What every list can be read with. */
export const listOptions: ReadonlyArray<keyof PageOptions> = [
  "pageSize",
  "deadline",
  "signal",
  "onProgress",
  "schema",
  "maxPages"
]

/** How an option of a list is named to the caller: `records(function, { pageSize })`. */
export const listOption = (called: string, option: string): string => `${called.slice(0, -1)}, { ${option} })`

const wrongIn = <R>(
  options: PageOptions<R>,
  { called, mostRecords, options: own = [] }: Pick<PageSource<never, never>, "called" | "mostRecords" | "options">
): ReadonlyArray<Issue> => {
  const { maxPages, onProgress, pageSize, schema } = options
  const say = (option: string, expected: string): Issue => ({ option: listOption(called, option), expected })
  return [
    ...unknownOptions(Object.keys(options), [...listOptions, ...own], (name) => listOption(called, name)),
    ...(pageSize === undefined || isWhole(pageSize, mostRecords)
      ? []
      : [say("pageSize", `a whole number from 1 to ${mostRecords}`)]),
    ...(maxPages === undefined || isWhole(maxPages, Number.MAX_SAFE_INTEGER)
      ? []
      : [say("maxPages", "a whole number, 1 or more")]),
    ...(onProgress === undefined || typeof onProgress === "function" ? [] : [say("onProgress", "a function")]),
    ...(schema === undefined || isSchema(schema)
      ? []
      : [say("schema", "a schema of a library that follows Standard Schema, such as Valibot or Zod")])
  ]
}

/** One reading of a list, from its first page to its last. */
class Reading<C, R, Rs extends Reason> {
  readonly #source: PageSource<C, Rs>
  readonly #options: PageOptions<R>
  /** where the next page is; undefined: there is none */
  #at: C | undefined
  #pages = 0
  #empty = 0
  #done = 0
  /** records that are passed over: they were handed over before a restart */
  #behind = 0
  #restarts = 0
  /** the record that was handed over last, as the server gave it */
  #last: unknown
  /** why the list ends behind the page that was handed over last */
  #refusal: SageAuthError<ProtocolViolation> | undefined
  /** a position of before: a way that leads in a circle comes by it again (Brent) */
  #mark: string | undefined
  #steps = 0
  #stride = 1

  constructor(source: PageSource<C, Rs>, options: PageOptions<R>) {
    this.#source = source
    this.#options = options
    this.#at = source.first
  }

  /** the next page that has records, or undefined behind the last one */
  readonly next: Effect.Effect<Page<R> | undefined, SageAuthError<Rs | PagingReasons>> = Effect.suspend(() => {
    const { application, place } = this.#source
    return whileOpen(application, place).pipe(
      Effect.andThen(Effect.suspend(() => this.#page())),
      Effect.tap((page) => Effect.sync(() => this.#handed(page)))
    )
  })

  #page(): Effect.Effect<Page<R> | undefined, SageAuthError<Rs | PagingReasons>> {
    return Effect.gen({ self: this }, function* () {
      while (this.#at !== undefined) {
        if (this.#refusal !== undefined) return yield* Effect.fail(this.#refusal)
        const read = yield* this.#read(this.#at)
        if (read === "restarted") continue
        const records = yield* this.#fresh(read)
        // the records of this page are the caller's all the same
        this.#refusal = this.#follow(read)
        if (records.length > 0) {
          const made = yield* this.#made(records)
          this.#last = read.records.at(-1)
          this.#restarts = 0
          return { ...read.beside, records: made, done: this.#done + made.length, total: read.total }
        }
      }
      if (this.#behind > 0) return yield* Effect.fail(this.#moved())
      return undefined
    })
  }

  #handed(page: Page<R> | undefined): void {
    if (page === undefined) return
    this.#done = page.done
    this.#options.onProgress?.({ done: page.done, total: page.total })
  }

  #read(at: C): Effect.Effect<ReadPage<C> | "restarted", SageAuthError<Rs | PagingReasons>> {
    const { application, deadline, first, place, read, restart } = this.#source
    const page = withCallOptions(
      this.#options,
      deadline,
      place,
      application
    )(read(at)).pipe(
      // the first page is the caller's word, the others are the server's
      Effect.mapError((error) =>
        error.id === "client.host-refused" && this.#pages > 0 ? this.#refused("leads to another host") : error
      )
    )
    if (restart === undefined) return page
    return Effect.catchIf(
      page,
      (error) => restart.isLost(error) && this.#restarts < mostRestarts,
      () =>
        Effect.sync(() => {
          this.#restarts++
          this.#at = first
          this.#behind = this.#done
          this.#empty = 0
          this.#mark = undefined
          return "restarted" as const
        })
    )
  }

  /** the records of a page that were not handed over before */
  #fresh({ records }: ReadPage<C>): Effect.Effect<ReadonlyArray<unknown>, SageAuthError<Rs>> {
    if (this.#behind === 0) return Effect.succeed(records)
    const passed = Math.min(this.#behind, records.length)
    this.#behind -= passed
    if (this.#behind > 0) return Effect.succeed([])
    // what was inserted or removed meanwhile has moved the rest
    return this.#source.restart?.isSame(records[passed - 1], this.#last) === true
      ? Effect.succeed(records.slice(passed))
      : Effect.fail(this.#moved())
  }

  #moved(): SageAuthError<Rs> {
    const { restart } = this.#source
    const message = `after ${this.#done} records the result was lost, and read again it has others before that place`
    return (restart as Restart<Rs>).moved(message)
  }

  /** goes on to the next page, or says why not */
  #follow({ next, records }: ReadPage<C>): SageAuthError<ProtocolViolation> | undefined {
    const { nameOf } = this.#source
    this.#pages++
    const current = this.#at
    this.#at = next
    this.#empty = records.length === 0 ? this.#empty + 1 : 0
    if (next === undefined) return undefined
    const name = nameOf(next)
    if (name !== undefined) {
      if (name === this.#mark || (current !== undefined && name === nameOf(current))) {
        return this.#refused("leads back to a page that was read already")
      }
      if (++this.#steps === this.#stride) {
        this.#steps = 0
        this.#stride *= 2
        this.#mark = name
      }
    }
    if (this.#empty === mostEmpty)
      return this.#refused(`is the ${mostEmpty}th in a row without a record, and says there is more`)
    const { maxPages = defaultMaxPages } = this.#options
    return this.#pages >= maxPages
      ? this.#refused(`is the last that is read, and says there is more: see maxPages`)
      : undefined
  }

  #refused(why: string): SageAuthError<ProtocolViolation> {
    return failure("client.page-refused", { ...this.#source.place, message: `page ${this.#pages} ${why}` })
  }

  #made(records: ReadonlyArray<unknown>): Effect.Effect<ReadonlyArray<R>, SageAuthError<ProtocolViolation>> {
    const { schema } = this.#options
    if (schema === undefined) return Effect.succeed(records as ReadonlyArray<R>)
    return Effect.tryPromise({
      try: async () => {
        const made: Array<R> = []
        for (const record of records) {
          const what = `record ${this.#done + made.length + 1}`
          made.push(await validated(schema, record, what, this.#source.place))
        }
        return made
      },
      catch: (thrown) =>
        isSageAuthError(thrown)
          ? (thrown as SageAuthError<ProtocolViolation>)
          : failure("client.defect", this.#source.place)
    })
  }
}

/** A list, piece by piece: nothing is read before it is asked for, and every run of the stream reads it anew. */
const pulled = <C, R, A, Rs extends Reason>(
  source: () => PageSource<C, Rs> | SageAuthError<Rs | Misconfigured>,
  options: PageOptions<R> | undefined,
  pieces: (page: Page<R>) => ReadonlyArray<A>
): Stream.Stream<A, SageAuthError<Rs | PagingReasons>> =>
  Stream.fromPull(
    Effect.sync(() => {
      const opened = source()
      if (isSageAuthError(opened)) return Effect.fail(opened)
      const wrong = wrongIn(options ?? {}, opened)
      if (wrong.length > 0) return Effect.fail(misconfigured(wrong, opened.place))
      const reading = new Reading<C, R, Rs>(opened, options ?? {})
      return Effect.flatMap(
        reading.next,
        (page): Pull.Pull<readonly [A, ...Array<A>], SageAuthError<Rs | PagingReasons>> =>
          page === undefined ? Cause.done() : Effect.succeed(pieces(page) as readonly [A, ...Array<A>])
      )
    })
  )

/** What is wrong with the path of a list: from JavaScript it may be missing, which is not the end of the list. */
export const wrongPath = (
  path: unknown,
  called: string,
  place: TenantPlace
): SageAuthError<RequestRejected> | undefined =>
  typeof path === "string" ? undefined : failure("client.request-rejected", { ...place, message: noPath(called) })

/** What opens a source, or what is wrong with what it was given. */
export type OpenSource<C, Rs extends Reason> = () => PageSource<C, Rs> | SageAuthError<Rs | Misconfigured>

/** The pages of a list. `P` is what `beside` makes of them. */
export const readPages = <C, R, Rs extends Reason, P extends Page<R> = Page<R>>(
  source: OpenSource<C, Rs>,
  options: PageOptions<R> | undefined
): Stream.Stream<P, SageAuthError<Rs | PagingReasons>> => pulled(source, options, (page) => [page as P])

/** The records of a list, one after the other. */
export const readRecords = <C, R, Rs extends Reason>(
  source: OpenSource<C, Rs>,
  options: PageOptions<R> | undefined
): Stream.Stream<R, SageAuthError<Rs | PagingReasons>> => pulled(source, options, ({ records }) => records)
