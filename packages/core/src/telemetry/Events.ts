import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as PubSub from "effect/PubSub"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type * as Take from "effect/Take"
import { builtin } from "../config/builtin.ts"
import type { Misconfigured, StoreUnavailable } from "../errors/Reason.ts"
import { failure, isSageAuthError, misconfigured, type SageAuthError } from "../errors/SageAuthError.ts"
import type { Broadcast } from "../traffic/Pool.ts"
import type { SageEvent } from "./SageEvent.ts"

/** The events of one application. */
export interface Events<E = never> {
  /** never waits and never fails: a slow reader loses its oldest events, token traffic loses nothing */
  readonly publish: (event: SageEvent) => Effect.Effect<void>
  readonly stream: Stream.Stream<SageEvent, E>
  /** a place in the queue until the scope closes: what is published from now on can be taken from it */
  readonly subscribe: Effect.Effect<PubSub.Subscription<Take.Take<SageEvent, E>>, never, Scope.Scope>
}

/** Events that may be cut off, in the middle or before the first. */
export interface FallibleEvents<E> extends Events<E> {
  /** ends the present readers with what went wrong */
  readonly fail: (error: E) => Effect.Effect<void>
}

/** How many events a reader may lag behind before it loses the oldest. */
const capacity = 1024

/** Opens the event stream; closing the scope ends every reader. */
export const make = <E = never>(): Effect.Effect<FallibleEvents<E>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const hub = yield* Effect.acquireRelease(PubSub.sliding<Take.Take<SageEvent, E>>(capacity), (opened) =>
      // behind what is pending, and also for those who subscribe later
      PubSub.end(opened, Exit.void)
    )
    return {
      fail: (error) => Effect.asVoid(PubSub.publish(hub, Exit.fail(error))),
      // publishUnsafe would drop the newest event when the hub is full
      publish: (event) => Effect.asVoid(PubSub.publish(hub, [event])),
      stream: Stream.fromPubSubTake(hub),
      subscribe: PubSub.subscribe(hub)
    }
  })

/** UTF-8 that one text may have, see `BroadcastPort` */
const longestText = 7_000
/** Letters of one member of an event that other processes are told. */
const longestMember = 500
const mostIssues = 10
/** Events that wait to be told; above it the oldest are not told. */
const mostWaiting = 1_024

const types: ReadonlySet<unknown> = new Set<SageEvent["type"]>([
  "session-opened",
  "credential-renewed",
  "renewal-failed",
  "credential-rejected",
  "rotation-done",
  "rotation-in-doubt",
  "renewal-stalled",
  "reauthorization-required",
  "connected",
  "recovered",
  "disconnected",
  "rate-limited",
  "pool-saturated",
  "budget-threshold",
  "license-expiring",
  "certificate-expiring",
  "lead-business-changed",
  "keep-alive-due",
  "advice"
])

const plain = (value: unknown): unknown =>
  typeof value === "string"
    ? value.slice(0, longestMember)
    : typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
      ? value
      : undefined

const plainMembers = (from: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(from)
      .slice(0, 20)
      .map(([name, value]) => [name, plain(value)])
      .filter(([, value]) => value !== undefined)
  )

/** An event as it is told, and as it is believed when another process tells it: short members of known events. */
const told = (event: unknown): SageEvent | undefined => {
  if (!Predicate.isObject(event)) return undefined
  const { at, issues, type } = event as { readonly at?: unknown; readonly issues?: unknown; readonly type?: unknown }
  if (!types.has(type) || typeof at !== "number") return undefined
  const shown = plainMembers(event)
  if (Array.isArray(issues)) {
    shown["issues"] = issues.slice(0, mostIssues).filter(Predicate.isObject).map(plainMembers)
  }
  return shown as unknown as SageEvent
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Why the events of other processes cannot be had. */
export type NotShared = SageAuthError<Misconfigured | StoreUnavailable>

/** What the events of several processes are made of. */
export interface SharedEventsParts {
  /** where the events of all are announced */
  readonly all: FallibleEvents<NotShared>
  /** announces one of them */
  readonly announce: (event: SageEvent) => void
  /** undefined: the coordination tells nothing */
  readonly broadcast: Effect.Effect<Broadcast | undefined>
  /** runs what the end of the application waits for */
  readonly detach: (effect: Effect.Effect<void>) => void
  /** runs what ends with the application */
  readonly background: (effect: Effect.Effect<void>) => void
}

const cannotTell = misconfigured([
  {
    option: "coordination",
    expected:
      'one that tells other processes, such as those of @sage-auth/postgres and @sage-auth/redis, for events({ scope: "all" })'
  }
])

/** what another port says is not told: it may quote anything */
const whyNot = (thrown: unknown): NotShared =>
  isSageAuthError(thrown)
    ? (thrown as NotShared)
    : failure<StoreUnavailable>("client.store-unavailable", {
        message: "the coordination does not let events of other processes be heard"
      })

/** Events that processes tell each other. What cannot be told is lost to the others, and holds up nothing. */
export class SharedEvents {
  /** of this process and of all others */
  readonly events: Events<NotShared>
  readonly #parts: SharedEventsParts
  readonly #name = builtin("node:crypto").randomUUID()
  #waiting: Array<SageEvent> = []
  #telling = false
  #listening = false

  constructor(parts: SharedEventsParts) {
    this.#parts = parts
    const { all } = parts
    const subscribe = Effect.tap(all.subscribe, () => Effect.sync(() => this.#listenSoon()))
    this.events = {
      publish: all.publish,
      subscribe,
      stream: Stream.unwrap(
        Effect.map(subscribe, (subscription) => Stream.flattenTake(Stream.fromSubscription(subscription)))
      )
    }
  }

  /** an event of this process */
  tell(event: SageEvent): void {
    this.#parts.announce(event)
    if (this.#waiting.push(event) > mostWaiting) this.#waiting.shift()
    if (this.#telling) return
    this.#telling = true
    this.#parts.detach(
      Effect.ensuring(
        Effect.ignoreCause(this.#tellAll()),
        Effect.sync(() => {
          this.#telling = false
        })
      )
    )
  }

  #tellAll() {
    return Effect.gen({ self: this }, function* () {
      const broadcast = yield* this.#parts.broadcast
      while (this.#waiting.length > 0) {
        const text = this.#nextText()
        // away: the events of this moment are lost to others
        if (text !== undefined && broadcast !== undefined) yield* Effect.ignoreCause(broadcast.send(text))
      }
    })
  }

  /** as many events as fit into one text */
  #nextText(): string | undefined {
    const events: Array<string> = []
    let room = longestText - 100
    while (this.#waiting.length > 0) {
      const event = JSON.stringify(told(this.#waiting[0]))
      const size = Buffer.byteLength(event) + 1
      if (size > room && events.length > 0) break
      this.#waiting.shift()
      if (size > room) continue
      events.push(event)
      room -= size
    }
    return events.length === 0 ? undefined : `{"from":"${this.#name}","events":[${events.join(",")}]}`
  }

  #listenSoon(): void {
    if (this.#listening) return
    this.#listening = true
    const { all, background, broadcast } = this.#parts
    background(
      Effect.scoped(
        Effect.gen({ self: this }, function* () {
          const channel = yield* broadcast
          if (channel === undefined) return yield* Effect.fail(cannotTell)
          yield* Effect.mapError(
            channel.listen((text) => this.#heard(text)),
            whyNot
          )
          return yield* Effect.never
        })
      ).pipe(
        Effect.catch((error) => {
          this.#listening = false
          return all.fail(error)
        })
      )
    )
  }

  #heard(text: string): void {
    if (text.length > longestText) return
    const said = parsed(text)
    if (!Predicate.isObject(said)) return
    const { events, from } = said as { readonly events?: unknown; readonly from?: unknown }
    if (from === this.#name || !Array.isArray(events)) return
    for (const event of events) {
      const believed = told(event)
      if (believed !== undefined) this.#parts.announce(believed)
    }
  }
}
