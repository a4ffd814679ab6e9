import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { RequestRejected } from "../errors/Reason.ts"
import { failure, misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import { listOption, type PageSource, type ReadPage } from "../paging/readPages.ts"
import type { Variant } from "./Access.ts"
import { type Execution, ResultCursor } from "./Execution.ts"
import type { IntacctXmlListReasons, XmlPageOptions } from "./IntacctXmlClient.ts"
import type { XmlResult } from "./XmlResult.ts"
import type { XmlTraffic } from "./XmlTraffic.ts"
import type { XmlFunction } from "./wire/request.ts"

/** Where a page of a list is. */
export type XmlPosition =
  /** the function as it was given */
  | { readonly kind: "first" }
  /** what `readMore` goes on with; `left` records are still to be read */
  | { readonly kind: "result"; readonly id: string; readonly left: number | undefined }
  | { readonly kind: "report"; readonly id: string; readonly left: number | undefined }
  /** a record, counted from 0 */
  | { readonly kind: "record"; readonly at: number }

/** A list that is asked for. */
interface Asked {
  readonly tenant: string
  readonly variant: Variant
  readonly fn: XmlFunction
  readonly options: XmlPageOptions<never> | XmlPageOptions<unknown> | undefined
  readonly called: string
}

type Arguments = Readonly<Record<string, unknown>>

/** How the pages of one function follow each other. Source: developer.intacct.com, Generic functions; Web Services. */
interface Way {
  /** the most records of a page */
  readonly most: number
  /** a page's size as an argument of the function; it stands behind the first of these that is there */
  readonly size: string
  readonly behind: ReadonlyArray<string>
  /** the argument that names the first record, where pages are numbered */
  readonly start: string | undefined
}

const ways: ReadonlyMap<string, Way> = new Map([
  ["readByQuery", { most: 1_000, size: "pagesize", behind: ["query", "fields", "object"], start: undefined }],
  ["readView", { most: 1_000, size: "pagesize", behind: ["view"], start: undefined }],
  ["readReport", { most: 1_000, size: "pagesize", behind: ["waitTime", "arguments", "report"], start: undefined }],
  ["query", { most: 2_000, size: "pagesize", behind: ["options", "orderby", "filter", "select"], start: "offset" }],
  ["get_list", { most: 1_000, size: "@maxitems", behind: [], start: "@start" }]
])

/** The arguments of a function with one of them set, behind those that the schema has before it. */
const withArgument = (given: Arguments, name: string, value: number, behind: ReadonlyArray<string>): Arguments => {
  if (Object.hasOwn(given, name)) return { ...given, [name]: value }
  const before = behind.find((each) => Object.hasOwn(given, each))
  const entries = Object.entries(given)
  const at = before === undefined ? entries.length : entries.findIndex(([each]) => each === before) + 1
  return Object.fromEntries([...entries.slice(0, at), [name, value], ...entries.slice(at)])
}

const numberOf = (value: unknown): number => {
  const number = Number(value ?? 0)
  return Number.isSafeInteger(number) && number >= 0 ? number : 0
}

/** Milliseconds until a report that is not ready is asked for again: twice as long each time. */
const firstPause = 1_000
const longestPause = 30_000

const textOf = (value: unknown, name: string): string | undefined => {
  const first: unknown = Array.isArray(value) ? value[0] : value
  const found = Predicate.hasProperty(first, name) ? first[name] : undefined
  return typeof found === "string" ? found : undefined
}

/** What the answer to `readReport` says: under which id the rows of the report are to be had. */
const reportIn = (data: unknown): string | undefined =>
  Predicate.hasProperty(data, "report_results") ? textOf(data.report_results, "REPORTID") : undefined

/** Whether a page of a report says that the report is not ready. */
const isPending = (data: unknown): boolean => {
  if (!Predicate.hasProperty(data, "report")) return false
  const [report]: ReadonlyArray<unknown> = Array.isArray(data.report) ? data.report : [data.report]
  const row = Predicate.hasProperty(report, "data") ? report.data : report
  return textOf(row, "STATUS") === "PENDING" || textOf(report, "STATUS") === "PENDING"
}

const recordNumber = (record: unknown): unknown =>
  Predicate.hasProperty(record, "RECORDNO") ? record.RECORDNO : undefined

/** Two readings of one record: by its number where there is one, and else by all of its fields. */
const isSame = (one: unknown, other: unknown): boolean =>
  recordNumber(one) === undefined
    ? JSON.stringify(one) === JSON.stringify(other)
    : recordNumber(one) === recordNumber(other)

/** What a result is read as. It rejects with nothing but this library's own errors. */
const reading = <A>(read: () => Promise<A>): Effect.Effect<A, SageAuthError<IntacctXmlListReasons>> =>
  Effect.tryPromise({ try: read, catch: (thrown) => thrown as SageAuthError<IntacctXmlListReasons> })

/** How a list of the XML API is read page by page, or what is wrong with the function that asks for it. */
export const xmlPages = (
  traffic: XmlTraffic,
  execution: Execution,
  { called, fn, options, tenant, variant }: Asked
): PageSource<XmlPosition, IntacctXmlListReasons> | SageAuthError<IntacctXmlListReasons> => {
  const place = traffic.place(tenant)
  const refuse = (message: string) => failure<RequestRejected>("client.function-refused", { ...place, message })
  const names = Predicate.isObject(fn) ? Object.keys(fn).filter((name) => name !== "@controlid") : []
  const [name = ""] = names
  const way = names.length === 1 ? ways.get(name) : undefined
  const given = way === undefined ? undefined : fn[name]
  if (way === undefined || !Predicate.isObject(given) || Array.isArray(given)) {
    return refuse(`${called} is no list: give an object with one of ${[...ways.keys()].join(", ")} and its arguments`)
  }
  const lost = options?.onLostResult
  if (lost !== undefined && lost !== "restart" && lost !== "fail") {
    return misconfigured([{ option: listOption(called, "onLostResult"), expected: '"restart" or "fail"' }], place)
  }
  const own = given as Arguments
  if (typeof own["returnFormat"] === "string" && own["returnFormat"].trim().toLowerCase() !== "xml") {
    return refuse(
      `${called} asks for ${name} in another format: leave returnFormat out, since only XML says what comes next`
    )
  }
  const { pageSize } = options ?? {}
  const sized = pageSize === undefined ? own : withArgument(own, way.size, pageSize, way.behind)
  const cursor = new ResultCursor()
  const send = (called: XmlFunction): Effect.Effect<XmlResult, SageAuthError<IntacctXmlListReasons>> =>
    Effect.map(
      execution.execute(tenant, variant, [called], { deadline: options?.deadline }, cursor),
      // the one function succeeded, or it would have failed
      ([result]) => result as XmlResult
    )

  const more = (position: XmlPosition): Effect.Effect<XmlResult, SageAuthError<IntacctXmlListReasons>> => {
    cursor.goesOn = position.kind === "result"
    switch (position.kind) {
      case "first":
        return send({ [name]: sized })
      case "record":
        return send({ [name]: withArgument(sized, way.start as string, position.at, [way.size, ...way.behind]) })
      case "result":
        return send({ readMore: { resultId: position.id } }).pipe(
          // nothing else is wrong with an id that Intacct gave itself
          Effect.mapError((error) =>
            error.reason._tag === "FunctionFailed"
              ? failure<IntacctXmlListReasons>("intacct-xml.result-lost", {
                  ...place,
                  code: error.code,
                  supportId: error.supportId
                })
              : error
          )
        )
      case "report":
        return ready(position.id)
    }
  }

  /** the next rows of a report, once there are any */
  const ready = (id: string): Effect.Effect<XmlResult, SageAuthError<IntacctXmlListReasons>> =>
    Effect.gen(function* () {
      for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
        const result = yield* send({ readMore: { reportId: id } })
        if (!isPending(yield* reading(() => result.data()))) return result
        yield* Effect.sleep(Duration.millis(pause))
      }
    })

  const following = (position: XmlPosition, result: XmlResult, count: number): XmlPosition | undefined => {
    const { end, numremaining, resultId, total, totalcount } = result
    if (position.kind === "report") {
      return (numremaining ?? 0) > 0 ? { ...position, left: numremaining } : undefined
    }
    if (way.start === undefined) {
      if (resultId === undefined || numremaining === 0) return undefined
      return { kind: "result", id: resultId, left: numremaining }
    }
    const at = position.kind === "record" ? position.at : numberOf(own[way.start])
    const next = name === "get_list" && end !== undefined ? Math.max(end, at - 1 + count) + 1 : at + count
    const known = total ?? totalcount
    const left = numremaining ?? (known === undefined ? 0 : known - next)
    return left > 0 ? { kind: "record", at: next } : undefined
  }

  const read = (position: XmlPosition): Effect.Effect<ReadPage<XmlPosition>, SageAuthError<IntacctXmlListReasons>> =>
    Effect.gen(function* () {
      const result = yield* more(position)
      if (position.kind === "first" && name === "readReport") {
        const id = reportIn(yield* reading(() => result.data()))
        if (id === undefined) {
          return yield* Effect.fail(
            refuse(`${called} asks for what a report is: leave @returnDef out to read its rows`)
          )
        }
        return { records: [], total: undefined, next: { kind: "report" as const, id, left: undefined } }
      }
      const records = yield* reading(() => result.records())
      const total = result.total ?? result.totalcount
      return { records, total, next: following(position, result, result.count ?? records.length) }
    })

  return {
    application: traffic.application,
    place,
    called,
    deadline: traffic.deadline,
    mostRecords: way.most,
    options: ["onLostResult"],
    first: { kind: "first" },
    read,
    nameOf: (position) => {
      switch (position.kind) {
        case "first":
          return "first"
        case "record":
          return `record ${position.at}`
        default:
          return position.left === undefined ? undefined : `${position.id} ${position.left}`
      }
    },
    restart:
      lost === "fail"
        ? undefined
        : {
            isLost: ({ id }) => id === "intacct-xml.result-lost",
            moved: (message) => failure<IntacctXmlListReasons>("intacct-xml.result-lost", { ...place, message }),
            isSame
          }
  }
}
