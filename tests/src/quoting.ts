/**
 * Servers, and proxies in front of them, that quote in their answers what they were sent: in every form, and in every
 * field of every envelope, one after the other in one world.
 */
import { inspect } from "node:util"
import { type CatalogueId, isSageAuthError } from "@sage-auth/core"
import { Cause, Effect, Exit, type Scope } from "effect"
import type { FaultKind, Sandbox, Surface } from "@sage-auth/sandbox"
import type { Cage, Watch } from "./canary.ts"
import { quotedForms } from "./quotedForms.ts"

/** What is answered. */
export interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** An answer that says something in one of its fields, or in several. */
export type Field<A = Answer> = (quoted: string) => A

/** Answers, by the field in which they quote. */
export type Fields<A = Answer> = Readonly<Record<string, Field<A>>>

const forms = Object.keys(quotedForms(""))

/** So many forms stand beside each other in an answer: all that is quoted is to be within what a masker looks at. */
const together = 6

const groups = Array.from({ length: Math.ceil(forms.length / together) }, (_, at) =>
  forms.slice(at * together, (at + 1) * together)
)

const quote = (secrets: ReadonlyArray<string>, names: ReadonlyArray<string>): string =>
  secrets
    .map((secret) => {
      const written = quotedForms(secret)
      return names.map((form) => written[form]).join(", ")
    })
    .join(" and ")

/** Has an end looked at; what is no error of the library's is told. */
const failedWrongly = (watch: Watch, exit: Exit.Exit<unknown, unknown>): ReadonlyArray<string> => {
  if (Exit.isSuccess(exit)) return []
  const error = Cause.squash(exit.cause)
  watch.note("cause", Cause.pretty(exit.cause))
  watch.note("error", error)
  return isSageAuthError(error) ? [] : [`${watch.during}: ${inspect(error)}`]
}

/** Plays a server that quotes, field by field and form by form, and says what that led to. */
export class Quoting<A = Answer> {
  readonly #fields: ReadonlyArray<readonly [name: string, field: Field<A>]>
  readonly #first: number
  #now: { readonly field: Field<A>; readonly forms: ReadonlyArray<string> } | undefined
  #arrived = 0
  readonly #wrongs: Array<string> = []

  /**
   * `step` is the number of this step among those of a surface. A step meets every form, in every other field; steps
   * beside each other, which are alike, meet the other fields. Every form in every field is what core's own tests have
   * each reader read: these show that a step tells its reader every secret that it sent.
   */
  constructor(fields: Fields<A>, step: number) {
    const all = Object.entries(fields)
    this.#fields = all.length < 2 ? all : all.filter((_, index) => (index + step) % 2 === 0)
    // a field comes back every other step, and then with another part of the forms
    this.#first = Math.floor(step / 2)
  }

  /** The answer to a request that carries these secrets; undefined while a server is to be asked. */
  answer(secrets: ReadonlyArray<string>): A | undefined {
    if (this.#now === undefined || secrets.length === 0) return undefined
    this.#arrived++
    return this.#now.field(`Invalid session ${quote(secrets, this.#now.forms)} [Support ID: x]`)
  }

  /** What went wrong beside a secret that was shown: a flow that met no such answer, or failed without a type. */
  get wrongs(): ReadonlyArray<string> {
    return this.#wrongs
  }

  /**
   * Goes through the fields: what makes a step ready is answered by the server, and the step by quotes.
   */
  run<C extends Cage>(cage: C, { act, before }: Step<C>): Effect.Effect<void, unknown, Scope.Scope> {
    const { watch } = cage
    return Effect.gen({ self: this }, function* () {
      for (const [index, [name, field]] of this.#fields.entries()) {
        const quoted = groups[(this.#first + index) % groups.length] ?? []
        const tenant = `tenant ${index}`
        watch.during = `${name}, ${quoted.join(", ")}`
        yield* before?.(cage, tenant) ?? Effect.void
        this.#arrived = 0
        this.#now = { field, forms: quoted }
        const exit = yield* Effect.exit(Effect.scoped(act(cage, tenant)))
        this.#now = undefined
        if (this.#arrived === 0) this.#wrongs.push(`${watch.during}: was not met, ${inspect(exit)}`)
        this.#wrongs.push(...failedWrongly(watch, exit))
      }
      watch.during = ""
    })
  }
}

/** A part of a flow: what makes it ready, which nothing happens to, and the part itself, for a name of each try. */
export interface Step<C> {
  readonly before?: ((cage: C, name: string) => Effect.Effect<unknown, unknown, Scope.Scope>) | undefined
  readonly act: (cage: C, name: string) => Effect.Effect<unknown, unknown, Scope.Scope>
}

/** Kinds of faults, in pairs that are alike to who waits for the answer. */
const alike: ReadonlyArray<readonly [FaultKind, FaultKind]> = [
  ["drop-request", "drop-response"],
  ["truncate", "short-body"],
  ["wrong-content-type", "no-content-type"],
  ["html-502", "cloudflare-524"],
  ["status-503", "unavailable"],
  ["rate-limited", "rate-limited-200"]
]

/** Every kind of a fault. */
export const everyKind: ReadonlyArray<FaultKind> = alike.flat()

/** The kinds that a step of a surface meets, by its number: one of each two that are alike, and its neighbour the other. */
export const kindsAt = (step: number): ReadonlyArray<FaultKind> =>
  alike.map(([one, other], at) => ((step + at) % 2 === 0 ? one : other))

/** A part of a flow with the one entry of the catalogue that it ends with. */
export type Refusal<C> = readonly [id: CatalogueId, act: (cage: C) => Effect.Effect<unknown, unknown, Scope.Scope>]

/** Has each of these refused in one world, one after the other; says which ended in another way. */
export const eachRefusal = <C extends Cage>(
  cage: C,
  refusals: Readonly<Record<string, Refusal<C>>>
): Effect.Effect<ReadonlyArray<string>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { watch } = cage
    const wrongs: Array<string> = []
    for (const [name, [id, act]] of Object.entries(refusals)) {
      watch.during = name
      const exit = yield* Effect.scoped(act(cage)).pipe(
        Effect.tapCause((cause) => Effect.logError("it was refused", cause)),
        Effect.withSpan("refusal"),
        Effect.exit
      )
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      if (!isSageAuthError(error) || error.id !== id) wrongs.push(`${name}: ${inspect(error ?? "success")}`)
      failedWrongly(watch, exit)
    }
    watch.during = ""
    return wrongs
  })

/** A step at which requests can go wrong. */
export interface FaultyStep<C> extends Step<C> {
  /** what is in the address of its requests, and of none that makes it ready */
  readonly part: string
  /** what the sandbox calls it */
  readonly on: readonly [surface: Surface, step: string]
}

/** Has a step meet each kind of fault once, and then for good; says what that led to beside a secret that was shown. */
export const eachFault = <C extends Cage & { readonly sandbox: Sandbox<"manual"> }>(
  cage: C,
  kinds: ReadonlyArray<FaultKind>,
  { act, before, on: [surface, on] }: Omit<FaultyStep<C>, "part">
): Effect.Effect<ReadonlyArray<string>, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const { sandbox, watch } = cage
    const wrongs: Array<string> = []
    for (const [index, kind] of kinds.entries()) {
      for (const times of [1, Number.POSITIVE_INFINITY]) {
        const name = `fault ${index} ${times}`
        watch.during = `${kind}, ${times === 1 ? "once" : "for good"}`
        yield* before?.(cage, name) ?? Effect.void
        sandbox.fault(surface, { on, kind, times })
        const exit = yield* Effect.exit(Effect.scoped(act(cage, name)))
        const unmet = sandbox.faults().some(({ played }) => times === 1 || played === 0)
        sandbox.clearFaults()
        if (unmet) wrongs.push(`${watch.during}: met no fault`)
        wrongs.push(...failedWrongly(watch, exit))
      }
    }
    watch.during = ""
    return wrongs
  })
