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
import { settle } from "./settle.ts"

/** How much of a secret in a row is a leak, in characters. */
const telling = 12

const xmlText = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
const xmlAttribute = (text: string): string => xmlText(text).replaceAll('"', "&quot;").replaceAll("'", "&apos;")
const numericReferences = (text: string): string => Array.from(text, (char) => `&#${char.codePointAt(0)};`).join("")
const base64 = (text: string): ReadonlyArray<string> =>
  // a secret inside of something longer starts at any of three offsets; what its neighbours decide is cut off
  [0, 1, 2].map((offset) =>
    Buffer.from(" ".repeat(offset) + text)
      .toString("base64")
      .slice(offset === 0 ? 0 : 4, -4)
  )

const part = (): string => randomBytes(4).toString("hex")

/** A secret in every form in which it might be shown. */
export const formsOf = (secret: string): ReadonlySet<string> =>
  new Set([
    secret,
    xmlText(secret),
    xmlAttribute(secret),
    numericReferences(secret),
    encodeURIComponent(secret),
    encodeURIComponent(xmlText(secret)),
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(xmlText(secret)).slice(1, -1),
    inspect(secret).slice(1, -1),
    Buffer.from(secret).toString("hex"),
    ...base64(secret),
    ...base64(secret).map((text) => text.replaceAll("+", "-").replaceAll("/", "_"))
  ])

/** The secrets of one flow, by what they are. */
export class Canaries {
  readonly #secrets = new Map<string, string>()
  readonly #pieces = new Map<string, string>()

  /** A fresh secret with everything in it that XML, JSON and URLs treat specially. */
  plant(name: string): string {
    return this.add(name, `${part()}&${part()}<${part()}>"${part()}'%${part()}é${part()}+/${part()}`)
  }

  /** A secret that somebody else made, such as a session id. */
  add(name: string, secret: string): string {
    if (this.#secrets.get(name) === secret) return secret
    this.#secrets.set(name, secret)
    for (const form of formsOf(secret)) {
      for (let at = 0; at + telling <= form.length; at++) this.#pieces.set(form.slice(at, at + telling), name)
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
    for (let at = 0; at + telling <= text.length; at++) {
      const name = this.#pieces.get(text.slice(at, at + telling))
      if (name !== undefined && !places.has(name)) places.set(name, at)
    }
    return places
  }
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
  readonly #shown: Array<{ readonly where: string; readonly value: unknown }> = []

  constructor(canaries: Canaries) {
    this.#canaries = canaries
  }

  note(where: string, value: unknown): void {
    this.#shown.push({ where, value })
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
    for (const { value: shown, where } of this.#shown) {
      const value = exported(shown)
      const texts = [
        ...printed(value),
        ...parts(value).flatMap((part) => (part instanceof Error && part !== value ? printed(part) : [])),
        // an error is to hold no secret at all, not even where no printer looks
        ...(where === "error" ? parts(value).map((part) => ["part", attempt(() => part)] as const) : [])
      ]
      for (const [how, text] of texts) {
        for (const [secret, excerpt] of this.#canaries.excerpts(text)) {
          const key = `${secret} ${where} ${how}`
          if (!found.has(key)) found.set(key, { secret, where: `${where}, ${how}`, excerpt })
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
