import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Option, Schema, Stream } from "effect"
import { iterateStream } from "../../src/application/promise.ts"
import type { ServiceUnavailable } from "../../src/errors/Reason.ts"
import { failure, type SageAuthError, type TenantPlace } from "../../src/errors/SageAuthError.ts"
import { type PageOptions, type PageSource, type Progress, readPages, readRecords } from "../../src/paging/readPages.ts"
import { openApplication } from "../application/openApplication.ts"

const place: TenantPlace = { surface: "intacct-xml", connection: "ledger", tenant: "acme" }

const lost = () => failure<ServiceUnavailable>("intacct-xml.result-lost", place)

/** What happens when a page is asked for: it comes, or its result is lost. */
type Happening = "page" | "lost"

interface ListOptions {
  /** the sizes of the pages, over and over */
  readonly sizes?: ReadonlyArray<number>
  readonly happens?: ReadonlyArray<Happening>
  /** where a page leads, instead of to the next one */
  readonly next?: (page: number) => number | undefined
  readonly restarts?: boolean
}

/** A list of numbers, whose pages are asked for by their number. */
const listOf = (count: number, { happens = [], next, restarts = true, sizes = [10] }: ListOptions = {}) => {
  const asked: Array<number> = []
  const script = [...happens]
  const starts = [0]
  while ((starts.at(-1) as number) < count) {
    starts.push((starts.at(-1) as number) + (sizes[(starts.length - 1) % sizes.length] as number))
  }
  const pages = starts.slice(0, Math.max(1, starts.length - 1))
  const recordsOf = (page: number): ReadonlyArray<number> => {
    const start = starts[page] ?? count
    const end = Math.min(starts[page + 1] ?? count, count)
    return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index)
  }
  const source =
    (application: Effect.Success<ReturnType<typeof openApplication>>["application"]) =>
    (): PageSource<number, ServiceUnavailable> => ({
      application,
      place,
      called: "records(list)",
      deadline: 30_000,
      mostRecords: 1_000,
      first: 0,
      read: (at) =>
        Effect.suspend(() => {
          asked.push(at)
          if (at > 0 && script.shift() === "lost") return Effect.fail(lost())
          const usual = at + 1 < pages.length ? at + 1 : undefined
          return Effect.succeed({ records: recordsOf(at), total: count, next: next === undefined ? usual : next(at) })
        }),
      nameOf: String,
      restart: restarts
        ? { isLost: ({ id }) => id === "intacct-xml.result-lost", moved: () => lost(), isSame: (a, b) => a === b }
        : undefined
    })
  return { asked, source }
}

const everyNumber = (count: number) => Array.from({ length: count }, (_, index) => index)

const readAll = (count: number, list: ReturnType<typeof listOf>, options?: PageOptions<number>) =>
  Effect.gen(function* () {
    const { application } = yield* openApplication()
    const read: Array<number> = []
    const error = yield* readRecords<number, number, ServiceUnavailable>(list.source(application), options).pipe(
      Stream.runForEach((record) => Effect.sync(() => read.push(record))),
      Effect.flip,
      Effect.option
    )
    return { read, error: Option.getOrUndefined(error) as SageAuthError | undefined }
  }).pipe(Effect.scoped)

const count = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 300 })))
const sizes = Arbitrary.array(Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 40 }))), {
  minLength: 1,
  maxLength: 5
})
const happens = Arbitrary.array(Arbitrary.schema(Schema.Literals(["page", "page", "page", "lost"])), { maxLength: 40 })

describe("the engine of paging", () => {
  it.effect.prop(
    "gives every record once and in order, whatever the pages are and however often the result is lost",
    [count, sizes, happens],
    ([many, given, script]) =>
      Effect.gen(function* () {
        // a list whose pages are all empty has no end
        const list = listOf(many, { sizes: [...given, 7], happens: script })
        const { error, read } = yield* readAll(many, list)
        assert.deepStrictEqual(read, everyNumber(read.length))
        // with a result that is lost again and again it may give up, and then says so
        if (error === undefined) assert.lengthOf(read, many)
        else assert.strictEqual(error.id, "intacct-xml.result-lost")
        if (!script.includes("lost")) assert.isUndefined(error)
      })
  )

  it.effect("reads no page before its first record is asked for", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const list = listOf(100)
      const read = yield* readRecords<number, number, ServiceUnavailable>(list.source(application), undefined).pipe(
        Stream.take(11),
        Stream.runCollect
      )
      assert.lengthOf(read, 11)
      assert.deepStrictEqual(list.asked, [0, 1])
    })
  )

  it.effect("goes on through pages that are empty, and gives none of them", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const list = listOf(25, { sizes: [10, 0, 0] })
      const pages = yield* readPages<number, number, ServiceUnavailable>(list.source(application), undefined).pipe(
        Stream.runCollect
      )
      assert.deepStrictEqual(
        pages.map(({ done, records }) => [done, records.length]),
        [
          [10, 10],
          [20, 10],
          [25, 5]
        ]
      )
    })
  )

  it.effect.each<[string, ListOptions, PageOptions<number> | undefined, RegExp]>([
    ["leads back to itself", { next: (page) => page }, undefined, /leads back/],
    ["leads back to the page before", { next: (page) => (page === 5 ? 4 : page + 1) }, undefined, /leads back/],
    ["leads back to the first page", { next: (page) => (page === 8 ? 0 : page + 1) }, undefined, /leads back/],
    ["says for ever that there is more", { next: (page) => page + 1 }, undefined, /without a record/],
    ["names more pages than are read", { next: (page) => page + 1 }, { maxPages: 4 }, /maxPages/]
  ])("refuses a server whose page %s", ([, options, given, says]) =>
    Effect.gen(function* () {
      const list = listOf(100, options)
      const { error } = yield* readAll(100, list, given)
      assert.strictEqual(error?.id, "client.page-refused")
      assert.match(error?.message ?? "", says)
      assert.isBelow(list.asked.length, 60)
    })
  )

  it.effect("hands the page over before it says that no more of them are read", () =>
    Effect.gen(function* () {
      const list = listOf(100)
      const { error, read } = yield* readAll(100, list, { maxPages: 3 })
      assert.strictEqual(error?.id, "client.page-refused")
      assert.include(error?.message, "page 3 is the last that is read")
      assert.deepStrictEqual(read, everyNumber(30))
      assert.deepStrictEqual(list.asked, [0, 1, 2])
    })
  )

  it.effect("names the place in a record that does not fit the schema, and not its value", () =>
    Effect.gen(function* () {
      const secret = 13
      const schema = {
        "~standard": {
          version: 1 as const,
          vendor: "test",
          validate: (value: unknown) =>
            value === secret
              ? { issues: [{ message: `not ${secret}`, path: ["AMOUNT", { key: 2 }, "a\nb"] }] }
              : { value: value as number }
        }
      }
      const { error, read } = yield* readAll(30, listOf(30), { schema })
      assert.lengthOf(read, 10)
      assert.strictEqual(error?.id, "client.schema-mismatch")
      assert.include(error?.message, "record 14 does not fit the schema at AMOUNT.2.(unnamed)")
      assert.notInclude(JSON.stringify(error), "13")
    })
  )

  it.effect("serves those who ask for the next record before they have this one in turn", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const list = listOf(30)
      const iterator = iterateStream(
        application,
        () => readRecords<number, number, ServiceUnavailable>(list.source(application), undefined),
        [],
        0
      )[Symbol.asyncIterator]()
      const many = yield* Effect.promise(() => Promise.all(Array.from({ length: 15 }, () => iterator.next())))
      assert.deepStrictEqual(
        many.map(({ value }) => value as number),
        everyNumber(15)
      )
      yield* Effect.promise(async () => iterator.return?.())
      assert.deepStrictEqual(yield* Effect.promise(() => iterator.next()), { done: true, value: undefined })
      assert.deepStrictEqual(list.asked, [0, 1])
    })
  )

  it.effect("fails once the application is closed, with what was read before handed over", () =>
    Effect.gen(function* () {
      const { application } = yield* openApplication()
      const list = listOf(30)
      const seen: Array<Progress> = []
      const pages = readPages<number, number, ServiceUnavailable>(list.source(application), {
        onProgress: (progress) => void seen.push(progress)
      })
      const error = yield* pages.pipe(
        Stream.runForEach(() => application.close),
        Effect.flip
      )
      assert.strictEqual(error.id, "client.closed")
      assert.deepStrictEqual(seen, [{ done: 10, total: 30 }])
    })
  )
})

describe("the options of a list", () => {
  it.effect("are refused by name where there is no such option, before anything is read", () =>
    Effect.gen(function* () {
      const list = listOf(30)
      const { error } = yield* readAll(30, list, { pagesize: 10, dedline: "s3cret" } as never)
      assert.equal(error?.id, "client.misconfigured")
      assert.include(error?.message, "records(list, { pagesize }): no such option: did you mean pageSize?")
      assert.include(error?.message, "records(list, { dedline }): no such option: did you mean deadline?")
      assert.notInclude(error?.message, "s3cret")
      assert.deepEqual(list.asked, [])
    })
  )
})
