/**
 * Finds secrets where none may be.
 *
 * Every secret of a flow is planted as a canary: a text that occurs nowhere else. What the flow shows to anybody, its
 * errors, log lines, spans, events, metrics and console output, is turned into text in every way that a program might,
 * and searched for any part of any canary, plain or encoded. A surface adds rows: flows, with the canaries they carry.
 */
import { randomBytes } from "node:crypto"
import { inspect } from "node:util"
import { type CatalogueId, isSageAuthError, type SageEvent } from "@sage-auth/core"
import { Cause, Effect, Exit, Layer, Logger, Metric, References, type Scope, Stream, Tracer } from "effect"
import { quotedForms } from "./quotedForms.ts"
import { settle } from "./settle.ts"

/** How much of a secret in a row is a leak, in characters. */
const telling = 12

const base64 = (text: string): ReadonlyArray<string> =>
  // a secret inside of something longer starts at any of three offsets; what its neighbours decide is cut off
  [0, 1, 2].map((offset) =>
    Buffer.from(" ".repeat(offset) + text)
      .toString("base64")
      .slice(offset === 0 ? 0 : 4, -4)
  )

const part = (): string => randomBytes(4).toString("hex")

/** A fresh text with everything in it that XML, JSON and URLs treat specially. */
export const plantedText = (): string => `${part()}&${part()}<${part()}>"${part()}'%${part()}é${part()}+/${part()}`

/** forms that one of the others is found in */
const covered = new Set(["base64 of more", "in a JSON web token", "cut off after 16 characters"])

/** so much of a long secret is enough of its beginning and of its end, in characters, where each is written as a number */
const enough = 64

/** A secret in every form in which it might be shown. */
export const formsOf = (secret: string): ReadonlySet<string> => {
  const encoded = [secret, JSON.stringify(secret).slice(1, -1)].flatMap(base64)
  const ends = secret.length > 3 * enough ? [secret.slice(0, enough), secret.slice(-enough)] : [secret]
  const numbered = ends.flatMap((end) => Object.entries(quotedForms(end)))
  return new Set([
    secret,
    ...numbered.flatMap(([form, text]) => (covered.has(form) ? [] : [text])),
    inspect(secret).slice(1, -1),
    ...encoded,
    ...encoded.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))
  ])
}

/** what of a form is looked up, in characters */
const looked = 8

/** A piece of a form: where it stands there, how much before it counts, how much in a row is a leak, and whose it is. */
interface Piece {
  readonly form: string
  readonly at: number
  readonly before: number
  readonly least: number
  readonly name: string
  /** another one with the same number */
  readonly next: Piece | undefined
}

/** A number for a piece that is cheap to have, and that others may have, too. */
const numberOf = (text: string, at: number): number =>
  ((text.charCodeAt(at) * 31 + text.charCodeAt(at + 2)) * 769 +
    text.charCodeAt(at + 4) * 8_191 +
    text.charCodeAt(at + 5) * 65_537 +
    text.charCodeAt(at + 7) * 131) |
  0

/** most places of a text are no beginning of any piece */
const filterSize = 1 << 20

/** The secrets of one flow, by what they are. */
export class Canaries {
  readonly #secrets = new Map<string, string>()
  readonly #pieces = new Map<number, Piece>()
  readonly #filter = new Uint8Array(filterSize)

  /** A fresh secret with everything in it that XML, JSON and URLs treat specially. */
  plant(name: string): string {
    return this.add(name, plantedText())
  }

  /** A secret that somebody else made, such as a session id. */
  add(name: string, secret: string): string {
    if (this.#secrets.get(name) === secret) return secret
    this.#secrets.set(name, secret)
    for (const form of formsOf(secret)) {
      // eight characters of a secret, where each is written as a number
      const least = form.length > secret.length * 4 ? telling * 4 : telling
      // each `least` in a row hold a whole one
      const apart = least - looked + 1
      for (let at = 0; at + looked <= form.length && form.length >= least; at += apart) {
        const number = numberOf(form, at)
        const known = this.#pieces.get(number)
        const piece: Piece = { form, at, before: Math.min(at, apart - 1), least, name, next: known }
        if (isAmong(known, piece)) continue
        this.#pieces.set(number, piece)
        this.#filter[number & (filterSize - 1)] = 1
      }
    }
    return secret
  }

  get names(): ReadonlyArray<string> {
    return [...this.#secrets.keys()]
  }

  /** The names of the secrets that a text shows a part of. */
  in(text: string): ReadonlyArray<string> {
    return [...this.#places(text).keys()]
  }

  /** The secrets that a text shows a part of, each with the text around its first part. */
  excerpts(text: string): ReadonlyArray<readonly [name: string, excerpt: string]> {
    return [...this.#places(text)].map(([name, at]) => [name, text.slice(Math.max(0, at - 60), at + 60)])
  }

  #places(text: string): ReadonlyMap<string, number> {
    const places = new Map<string, number>()
    for (let at = 0; at + looked <= text.length; at++) {
      const number = numberOf(text, at)
      if (this.#filter[number & (filterSize - 1)] === 0) continue
      for (let piece = this.#pieces.get(number); piece !== undefined; piece = piece.next) {
        if (!places.has(piece.name) && inCommon(text, at, piece) >= piece.least) places.set(piece.name, at)
      }
    }
    return places
  }
}

/** How many characters in a row a text has in common with a piece and what stands around it, from `at` on and before. */
const inCommon = (text: string, at: number, { at: start, before: most, form, least }: Piece): number => {
  const left = Math.min(least, form.length - start)
  let behind = 0
  while (behind < left && text.charCodeAt(at + behind) === form.charCodeAt(start + behind)) behind++
  if (behind < looked) return 0
  let before = 0
  while (before < most && text.charCodeAt(at - before - 1) === form.charCodeAt(start - before - 1)) before++
  return before + behind
}

/** so many pieces are compared with one that comes: where characters are written as numbers, very many begin alike */
const compared = 4

/** Whether a piece is known already with all that stands around it, as the beginning that all tokens share is. */
const isAmong = (known: Piece | undefined, { at, before, form, least }: Piece): boolean => {
  const length = before + Math.min(least, form.length - at)
  let piece = known
  for (let left = compared; left > 0 && piece !== undefined; left--, piece = piece.next) {
    const alike = piece.before === before && before + Math.min(piece.least, piece.form.length - piece.at) === length
    if (alike && inCommon(form, at, piece) === length) return true
  }
  return false
}

/** A secret where none may be. */
export interface Sighting {
  readonly secret: string
  readonly where: string
  /** what surrounds it where it was seen first */
  readonly excerpt: string
}

const attempt = (show: () => unknown): string => {
  try {
    const shown = show()
    // what an object makes of itself is what is looked for
    // oxlint-disable-next-line typescript/no-base-to-string
    return String(shown ?? "")
  } catch {
    return ""
  }
}

/** A value in every way in which a program might print it. */
const printed = (value: unknown): ReadonlyArray<readonly [how: string, text: string]> => [
  ["String", attempt(() => value)],
  ["inspect", attempt(() => inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }))],
  ["JSON", attempt(() => JSON.stringify(value))],
  ["message", value instanceof Error ? attempt(() => value.message) : ""],
  ["stack", value instanceof Error ? attempt(() => value.stack) : ""],
  ["Cause.pretty", value instanceof Error ? attempt(() => Cause.pretty(Cause.fail(value))) : ""]
]

/** Everything that hangs on a value by property, symbol and prototype, however it is hidden, each once. */
const parts = (value: unknown): ReadonlyArray<unknown> => {
  const seen = new Set<unknown>()
  const visit = (part: unknown): void => {
    if (part === undefined || part === null || seen.has(part)) return
    seen.add(part)
    if (typeof part !== "object") return
    if (part instanceof Map) for (const entry of part) visit(entry)
    if (part instanceof Set) for (const entry of part) visit(entry)
    for (const key of Reflect.ownKeys(part)) visit(Reflect.getOwnPropertyDescriptor(part, key)?.value)
  }
  visit(value)
  return [...seen]
}

/** What an exporter sends of a span; what an operation succeeded with stays in the program. */
const exported = (value: unknown): unknown => {
  if (!(value instanceof Tracer.NativeSpan)) return value
  const { attributes, events, links, name, status } = value
  const failure = status._tag === "Ended" && Exit.isFailure(status.exit) ? status.exit.cause : undefined
  return { name, attributes, events, links, failure, pretty: failure && Cause.pretty(failure) }
}

/** Collects what a flow shows, and searches it. */
export class Watch {
  readonly #canaries: Canaries
  readonly #shown: Array<{ readonly where: string; readonly value: unknown; readonly during: string }> = []
  /** what goes on, for who reads of a sighting */
  during = ""

  constructor(canaries: Canaries) {
    this.#canaries = canaries
  }

  note(where: string, value: unknown): void {
    this.#shown.push({ where, value, during: this.during })
  }

  /** How many values of each kind were looked at. */
  counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const { where } of this.#shown) counts[where] = (counts[where] ?? 0) + 1
    return counts
  }

  /** Searched late, so that a secret learnt in the middle of the flow is also found in what was shown before. */
  sightings(): ReadonlyArray<Sighting> {
    const found = new Map<string, Sighting>()
    // the same text is shown in many ways
    const searched = new Set<string>()
    for (const { during, value: shown, where } of this.#shown) {
      const value = exported(shown)
      const texts = [
        ...printed(value),
        ...parts(value).flatMap((part) => (part instanceof Error && part !== value ? printed(part) : [])),
        // an error is to hold no secret at all, not even where no printer looks
        ...(where === "error" ? parts(value).map((part) => ["part", attempt(() => part)] as const) : [])
      ]
      for (const [how, text] of texts) {
        if (searched.has(text)) continue
        searched.add(text)
        for (const [secret, excerpt] of this.#canaries.excerpts(text)) {
          const key = `${during} ${secret} ${where} ${how}`
          const place = during === "" ? where : `${during}: ${where}`
          if (!found.has(key)) found.set(key, { secret, where: `${place}, ${how}`, excerpt })
        }
      }
    }
    return [...found.values()]
  }
}

/** What a flow runs in. */
export interface Cage {
  readonly canaries: Canaries
  readonly watch: Watch
  /** Watches an application's events. To be called once the application is open. */
  events(stream: Stream.Stream<SageEvent>): Effect.Effect<void, never, Scope.Scope>
}

/** What became of a flow, and every secret it showed. */
export interface CageReport {
  readonly exit: Exit.Exit<unknown, unknown>
  readonly sightings: ReadonlyArray<Sighting>
  readonly counts: Readonly<Record<string, number>>
}

/**
 * Every secret that a flow showed, and how it ended where that was not expected: `any` is every end but a defect. Empty
 * where nothing is wrong.
 */
export const wrongsIn = (
  report: CageReport,
  ends: "success" | "any" | ReadonlyArray<CatalogueId>
): ReadonlyArray<unknown> => {
  const error = Exit.isFailure(report.exit) ? Cause.squash(report.exit.cause) : undefined
  const end = error === undefined ? "success" : isSageAuthError(error) ? error.id : inspect(error)
  const typed = error === undefined || isSageAuthError(error)
  const expected = ends === "any" ? typed : ends === "success" ? end === ends : ends.some((id) => id === end)
  // a flow that shows nothing proves nothing
  const shown = (report.counts["span"] ?? 0) > 0
  return [...report.sightings, ...(expected ? [] : [end]), ...(shown ? [] : ["nothing was shown"])]
}

const consoleMethods = ["log", "info", "warn", "error", "debug", "trace", "dir", "table"] as const

/** Runs with what is written to the console and every process warning watched, in place of being shown. */
const watchingConsole = async <A>(watch: Watch, run: () => Promise<A>): Promise<A> => {
  const original = consoleMethods.map((method) => [method, console[method]] as const)
  for (const method of consoleMethods)
    console[method] = (...args: ReadonlyArray<unknown>) => watch.note("console", args)
  const warned = (warning: Error): void => watch.note("warning", warning)
  process.on("warning", warned)
  try {
    return await run()
  } finally {
    process.off("warning", warned)
    for (const [method, write] of original) console[method] = write
  }
}

const collecting = (watch: Watch) => {
  const formats = [Logger.formatSimple, Logger.formatLogFmt, Logger.formatJson, Logger.formatStructured]
  return Layer.mergeAll(
    Logger.layer([
      Logger.make(({ cause, message }) => {
        watch.note("log", message)
        watch.note("log", cause)
      }),
      ...formats.map((format) =>
        Logger.map(format as Logger.Logger<unknown, unknown>, (line) => watch.note("log", line))
      )
    ]),
    Layer.succeed(References.MinimumLogLevel, "All"),
    Layer.succeed(
      Tracer.Tracer,
      Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          watch.note("span", span)
          return span
        }
      })
    )
  )
}

/**
 * Runs a flow with everything it shows watched. The flow's error and its cause are looked at; what it succeeds with is
 * not, unless the flow notes it itself: a session that is handed over is a secret by its nature.
 */
export const caged = async (
  flow: (cage: Cage) => Effect.Effect<unknown, unknown, Scope.Scope>
): Promise<CageReport> => {
  const canaries = new Canaries()
  const watch = new Watch(canaries)
  const cage: Cage = {
    canaries,
    watch,
    events: (stream) =>
      stream.pipe(
        Stream.runForEach((event) => Effect.sync(() => watch.note("event", event))),
        Effect.forkScoped({ startImmediately: true }),
        Effect.asVoid
      )
  }
  const exit = await watchingConsole(watch, () =>
    Effect.runPromise(
      Effect.scoped(
        flow(cage).pipe(
          Effect.onExit(() => Effect.promise(settle)),
          Effect.tapCause((cause) => Effect.logError("the flow failed", cause)),
          Effect.withSpan("flow")
        )
      ).pipe(Effect.exit, Effect.provide(collecting(watch)))
    )
  )
  if (Exit.isFailure(exit)) {
    watch.note("cause", Cause.pretty(exit.cause))
    watch.note("error", Cause.squash(exit.cause))
  }
  watch.note("metrics", await Effect.runPromise(Metric.snapshot))
  return { exit, sightings: watch.sightings(), counts: watch.counts() }
}
