import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { GrantStore, MeterStore, OnceStore } from "../grant/GrantStore.ts"
import type { Case, Open } from "./grant-store/Case.ts"
import { changes } from "./grant-store/changes.ts"
import { durability } from "./grant-store/durability.ts"
import { listing } from "./grant-store/listing.ts"
import { counting } from "./grant-store/meters.ts"
import { names } from "./grant-store/names.ts"
import { singleUse } from "./grant-store/once.ts"
import { owners } from "./grant-store/owners.ts"
import { records } from "./grant-store/records.ts"
import { writers } from "./grant-store/writers.ts"

/** What the suite is told about an implementation, and the test framework that runs it. */
export interface GrantStoreSuiteOptions<E> {
  /** said in the titles */
  readonly name: string
  /**
   * The store. It is built anew for each test, and twice at once in some. A durable one has to find its data again. It
   * need not be empty: the suite uses names of its own and looks at nothing else.
   */
  readonly layer: Layer.Layer<GrantStore, E>
  /** whether it outlives the process: then the suite also closes it, opens it again, and opens it twice */
  readonly durable: boolean
  /** of vitest, `node:test` or any other framework in their manner */
  readonly describe: (name: string, body: () => void) => unknown
  /** of the same framework: one test, with its title */
  readonly it: (name: string, body: () => Promise<void>) => unknown
}

const shared: { readonly [subject: string]: ReadonlyArray<Case> } = {
  records,
  "many writers": writers,
  listing,
  "waiting for a change": changes,
  names,
  "single use": singleUse,
  meters: counting,
  owners
}

/**
 * Registers the tests that every grant store has to pass. Nothing in this library relies on more than they show.
 *
 * Assertions are those of `node:assert`; times are real, and no test waits longer than it must.
 *
 * @example
 * ```ts
 * import { describe, it } from "vitest"
 * import { grantStoreSuite } from "@sage-auth/core/testing"
 *
 * grantStoreSuite({ name: "my store", layer: MyStore.layer, durable: true, describe, it })
 * ```
 *
 * @category testing
 */
export const grantStoreSuite = <E>(options: GrantStoreSuiteOptions<E>): void => register(options, Effect.runPromise)

/** The same where something else runs the effects, for the tests of this suite. */
export const register = <E>(
  { describe, durable, it, layer, name }: GrantStoreSuiteOptions<E>,
  run: (test: Effect.Effect<void, unknown>) => Promise<void>
): void => {
  const open: Open = Effect.map(Layer.build(Layer.fresh(layer)), (services) => ({
    ...Context.get(services, GrantStore),
    once: Option.getOrUndefined(Context.getOption(services, OnceStore)),
    meters: Option.getOrUndefined(Context.getOption(services, MeterStore))
  }))
  const subjects = durable ? { ...shared, durability } : shared
  describe(`grant store: ${name}`, () => {
    for (const [subject, cases] of Object.entries(subjects)) {
      describe(subject, () => {
        for (const { test, title } of cases) {
          it(title, () => run(Effect.scoped(test(open, durable))))
        }
      })
    }
  })
}
