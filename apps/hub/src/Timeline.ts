import { createHash } from "node:crypto"
import type { GrantKey, GrantRecord, GrantRow, StorePort } from "@sage-auth/core"
import type { RotationShown, Step, StepShown } from "./Board.ts"

/** how many rotations the page can look back at */
const kept = 8

type Cause = NonNullable<GrantRecord["cause"]>

/** How a grant died, in words. */
export const deaths: Readonly<Record<Cause, string>> = {
  Revoked: "Sage refuses the refresh token: the consent was taken back there.",
  Expired: "The refresh token came to its end unused.",
  Superseded: "A newer consent has taken its place.",
  RotationInDoubt: "The answer to a rotation was lost, and the new refresh token with it.",
  NeverAuthorized: "No human has consented yet."
}

interface Rotation extends RotationShown {
  /** of the refresh token that is sent */
  readonly hash: string
  readonly startedAt: number
  steps: ReadonlyArray<StepShown>
}

const order: ReadonlyArray<Step> = ["lease", "intent", "request", "answer", "written"]

const idOf = ({ connection, tenant }: Pick<GrantKey, "connection" | "tenant">): string => `${tenant} / ${connection}`

/** The refresh token that a request to a token endpoint sends, as the store's intents name it. */
const hashIn = (body: unknown): string | undefined => {
  if (typeof body !== "string" && !(body instanceof URLSearchParams)) return undefined
  const token = refreshTokenIn(String(body))
  return token === undefined ? undefined : createHash("sha256").update(token).digest("base64url")
}

const refreshTokenIn = (body: string): string | undefined => {
  if (!body.includes("refresh_token")) return undefined
  if (!body.startsWith("{")) return new URLSearchParams(body).get("refresh_token") ?? undefined
  const { refresh_token: token } = JSON.parse(body) as { readonly refresh_token?: unknown }
  return typeof token === "string" ? token : undefined
}

/**
 * Rotations from their lease to what was written. It stands between the application and its store, and between the
 * application and the network, and looks at what goes by. It keeps no token.
 */
export class Timeline {
  readonly #now: () => number
  readonly #rows = new Map<string, GrantRecord>()
  readonly #leasedAt = new Map<string, { readonly owner: string; readonly at: number; readonly clock: number }>()
  #rotations: Array<Rotation> = []
  #ids = 0

  constructor(now: () => number) {
    this.#now = now
  }

  /** the newest first */
  get shown(): ReadonlyArray<RotationShown> {
    return this.#rotations.map(({ at, id, steps, who }) => ({ at, id, steps, who }))
  }

  /** how the grant of a connection died; undefined: it lives, or there is none */
  death(connection: string, tenant: string): Cause | undefined {
    return this.#rows.get(idOf({ connection, tenant }))?.cause
  }

  /** the same store, watched */
  watch(store: StorePort): StorePort {
    const { grants } = store
    return {
      ...store,
      grants: {
        ...grants,
        compareAndSet: async (key, revision, next, options) => {
          const row = await grants.compareAndSet(key, revision, next, options)
          if (row !== undefined) this.#wrote(key, next === undefined ? undefined : row)
          return row
        }
      }
    }
  }

  /** the same network, watched */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const hash = hashIn(init?.body)
    if (hash === undefined) return fetch(input, init)
    this.#sent(hash)
    try {
      const response = await fetch(input, init)
      this.#answered(hash, response.status)
      return response
    } catch (error) {
      this.#answered(hash, undefined)
      throw error
    }
  }

  #wrote(key: GrantKey, next: GrantRow | undefined): void {
    const id = idOf(key)
    const before = this.#rows.get(id)
    if (next === undefined) {
      this.#rows.delete(id)
      return
    }
    this.#rows.set(id, next)
    const { intent, lease } = next
    if (lease !== undefined && lease.owner !== before?.lease?.owner) {
      this.#leasedAt.set(id, { owner: lease.owner, at: performance.now(), clock: this.#now() })
    }
    if (intent !== undefined && intent.id !== before?.intent?.id) this.#intended(id, intent.hash, intent.replayed)
    else if (before?.intent !== undefined && intent === undefined) this.#settled(before.intent.hash, before, next)
    if (lease === undefined) this.#leasedAt.delete(id)
  }

  #intended(key: string, hash: string, replayed: boolean): void {
    const open = this.#open(hash)
    if (open !== undefined) {
      this.#add(open, "intent", "doubt", "Noted once more: the answer to the first request is in doubt")
      return
    }
    const lease = this.#leasedAt.get(key)
    const startedAt = lease?.at ?? performance.now()
    const at = lease?.clock ?? this.#now()
    const rotation: Rotation = { id: ++this.#ids, hash, who: key, at, startedAt, steps: [] }
    this.#rotations = [rotation, ...this.#rotations].slice(0, kept)
    this.#add(rotation, "lease", "good", "Taken: nobody else renews this grant meanwhile", 0)
    const text = replayed ? "Noted: an earlier answer is in doubt" : "Noted in the store before anything is sent"
    this.#add(rotation, "intent", replayed ? "doubt" : "good", text)
  }

  #sent(hash: string): void {
    const open = this.#open(hash)
    if (open === undefined) return
    const again = open.steps.some(({ step }) => step === "request")
    const text = again ? "Sent once more, with the same refresh token" : "The refresh token is sent to Sage"
    this.#add(open, "request", again ? "doubt" : "good", text)
  }

  #answered(hash: string, status: number | undefined): void {
    const open = this.#open(hash)
    if (open === undefined) return
    const lost = open.steps.some(({ step, tone }) => step === "answer" && tone === "doubt")
    const before = lost ? "The first was lost; the second: " : ""
    if (status === undefined) this.#add(open, "answer", "doubt", "None came: the request or its answer was lost")
    else if (status < 300) this.#add(open, "answer", "good", `${before}HTTP ${status}, a new token`)
    else this.#add(open, "answer", "bad", `${before}HTTP ${status}, no new token`)
  }

  #settled(hash: string, before: GrantRecord, next: GrantRecord): void {
    const open = this.#open(hash)
    if (open === undefined) return
    if (!open.steps.some(({ step }) => step === "request")) {
      this.#add(open, "request", "doubt", "Not seen: this connection has a carrier of its own, for `ca`")
    }
    if (next.state === "reauthorization-required") {
      this.#add(open, "written", "bad", "The grant is dead: a human has to connect again")
    } else if (next.version === before.version) {
      this.#add(open, "written", "doubt", "The note is taken back: Sage did nothing, the old token is still good")
    } else {
      this.#add(open, "written", "good", "The new pair is stored, and only now used")
    }
  }

  /** the rotation of that refresh token of which it is not written yet what became of it */
  #open(hash: string): Rotation | undefined {
    return this.#rotations.find((each) => each.hash === hash && !each.steps.some(({ step }) => step === "written"))
  }

  #add(
    rotation: Rotation,
    step: Step,
    tone: StepShown["tone"],
    text: string,
    after = performance.now() - rotation.startedAt
  ): void {
    // of a step that is taken again, the last time counts
    const others = rotation.steps.filter((each) => each.step !== step)
    rotation.steps = [...others, { step, tone, text, after }].toSorted(
      (one, other) => order.indexOf(one.step) - order.indexOf(other.step)
    )
  }
}
