import { inspect } from "node:util"
import type { Authentication, Listener, Surface } from "./surface.ts"

/** A request as the sandbox saw it. Passwords, session ids, codes, tokens and verifiers are masked as `***`. */
export interface LoggedRequest {
  /** The surface that it was for. */
  readonly surface: Surface
  /** The port that it came to. */
  readonly listener: Listener
  /** What it asked for; several different functions are joined with `+`, `"unreadable"` when there was none to read. */
  readonly step: string
  /** The HTTP method. */
  readonly method: string
  /** The path without its query, with secrets masked. */
  readonly path: string
  /** The HTTP status sent; 0 while nothing was sent, and for good when the connection was dropped. */
  readonly status: number
  /** Milliseconds since the Unix epoch by the sandbox's clock, when the request had arrived whole. */
  readonly startedAt: number
  /** The same for the answer; while the request is being served, the time of asking. */
  readonly endedAt: number
  /** Place in the order of arrival over all surfaces, from 0. */
  readonly order: number
  /**
   * How many requests of the same company were in the sandbox when this one had arrived. It counts itself, and those
   * waiting for a connection. A client that keeps to two connections never shows more than 2 here.
   */
  readonly concurrent: number
  /** The header `content-type`. */
  readonly contentType: string | undefined
  /** The names of its headers, in lower case: values are not kept. */
  readonly headers: ReadonlyArray<string>
  /** The first 16,384 characters. */
  readonly body: string
  /** The functions of an XML request, in their order; empty elsewhere. */
  readonly functions: ReadonlyArray<string>
  /** How the caller authenticated; undefined where it did not. */
  readonly authentication: Authentication | undefined
  /** The `grant_type` of a token request. */
  readonly grantType?: string
}

/** What the log is told of a request, with its secrets. */
export interface Arrived {
  /** Takes the secrets out of a text. Those that it knows become more, and never fewer. */
  readonly mask: (text: string) => string
  readonly surface: Surface
  readonly listener: Listener
  readonly method: string
  readonly path: string
  readonly contentType: string | undefined
  readonly headers: ReadonlyArray<string>
  readonly body: string
  readonly functions: ReadonlyArray<string>
  readonly authentication: Authentication | undefined
  readonly grantType: string | undefined
  readonly company: string | undefined
}

/** What {@link RequestLog.requests} can be narrowed by. */
export interface RequestFilter {
  /** Requests for this surface. */
  readonly surface?: Surface | undefined
  /** Requests with this step. */
  readonly step?: string | undefined
}

const keptEntries = 10_000
const keptBody = 16_384

type Entry = { -readonly [key in keyof Omit<LoggedRequest, "endedAt">]: LoggedRequest[key] } & {
  endedAt: number | undefined
}

const texts = ["path", "body", "contentType", "grantType"] as const

/** A request, and what takes the secrets out of those of its texts that nobody has looked at. */
interface Kept {
  readonly entry: Entry
  readonly mask: (text: string) => string
  readonly raw: Set<(typeof texts)[number]>
}

const masked = <Name extends (typeof texts)[number]>({ entry, mask, raw }: Kept, name: Name): Entry[Name] => {
  const text = entry[name]
  if (text === undefined || !raw.delete(name)) return text
  const shown = mask(text)
  entry[name] = (name === "body" ? shown.slice(0, keptBody) : shown) as Entry[Name]
  return entry[name]
}

/** most texts are never looked at, even of a request that somebody counts, and masking one takes longer than answering */
const shownOf = (kept: Kept, now: number): LoggedRequest => {
  const { entry } = kept
  const shown = { ...entry, endedAt: entry.endedAt ?? now }
  for (const name of texts) {
    if (name in entry) Object.defineProperty(shown, name, { enumerable: true, get: () => masked(kept, name) })
  }
  // what prints it shows texts, and not that they are made when they are read
  return Object.defineProperty(shown, inspect.custom, { value: () => ({ ...shown }) })
}

/** The last 10,000 requests, in their order of arrival. */
export class RequestLog {
  readonly #now: () => number
  readonly #serving = new Map<string, number>()
  #entries: Array<Kept> = []
  #order = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** Records an arrival; the function it returns records the answer, once. */
  begin(arrived: Arrived): (status: number) => void {
    const { company, grantType, mask, ...shown } = arrived
    const concurrent = company === undefined ? 1 : (this.#serving.get(company) ?? 0) + 1
    if (company !== undefined) this.#serving.set(company, concurrent)
    const step = [...new Set(arrived.functions)].join("+")
    const entry: Entry = {
      ...shown,
      ...(grantType === undefined ? {} : { grantType }),
      step: step === "" ? "unreadable" : step,
      status: 0,
      startedAt: this.#now(),
      endedAt: undefined,
      order: this.#order++,
      concurrent
    }
    const kept: Kept = { entry, mask, raw: new Set(texts) }
    // a long body is not held whole
    if (entry.body.length > keptBody) masked(kept, "body")
    this.#entries.push(kept)
    if (this.#entries.length >= 2 * keptEntries) this.#entries = this.#entries.slice(-keptEntries)
    return (status) => {
      if (entry.endedAt !== undefined) return
      entry.endedAt = this.#now()
      entry.status = status
      if (company === undefined) return
      const left = (this.#serving.get(company) ?? 1) - 1
      if (left > 0) this.#serving.set(company, left)
      else this.#serving.delete(company)
    }
  }

  requests(filter?: RequestFilter): ReadonlyArray<LoggedRequest> {
    const now = this.#now()
    return this.#entries
      .slice(-keptEntries)
      .filter(({ entry }) => filter?.surface === undefined || entry.surface === filter.surface)
      .filter(({ entry }) => filter?.step === undefined || entry.step === filter.step)
      .map((kept) => shownOf(kept, now))
  }
}
