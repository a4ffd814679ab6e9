import { inspect } from "node:util"
import { Effect, Layer } from "effect"
import { assert, beforeAll, describe, it, vi } from "vitest"
import { createSageAuth } from "../../src/createSageAuth.ts"
import { definitionOf } from "../../src/Connection.ts"
import { Misconfigured, RateLimited, type Reason } from "../../src/errors/Reason.ts"
import { failure, isSageAuthError, SageAuthError } from "../../src/errors/SageAuthError.ts"
import * as SageAuth from "../../src/SageAuth.ts"
import { authOf, basic } from "../../src/x3/auth.ts"
import { onPremise } from "../../src/x3/web-services/webServices.ts"
import { catalogue } from "../../src/errors/catalogue.ts"

/** A second copy of this package in the process, as `require` makes one beside `import`. */
const copy = async () => {
  vi.resetModules()
  return {
    ...(await import("../../src/index.ts")),
    ...(await import("../../src/errors/SageAuthError.ts")),
    ...(await import("../../src/Connection.ts")),
    ...(await import("../../src/x3/auth.ts")),
    effect: await import("../../src/effect/index.ts")
  }
}
let other: Awaited<ReturnType<typeof copy>>
beforeAll(async () => {
  other = await copy()
})

const options = {
  clientId: "id",
  clientSecret: "secret-canary",
  redirectUri: "https://app.example/sage/callback/books"
}

const loginOf = (password: string) => ({
  baseUrl: "https://x3.example:8124",
  auth: other.basic({ user: "u", password })
})

const answers = (seen: Array<string>) =>
  (async (input) => {
    seen.push(new URL(input instanceof Request ? input.url : input).pathname)
    return Response.json({ $resources: [] })
  }) satisfies typeof globalThis.fetch

const mistakeOf = (attempt: () => unknown): SageAuthError => {
  try {
    attempt()
  } catch (thrown) {
    if (isSageAuthError(thrown)) return thrown
    throw thrown
  }
  throw new Error("nothing was wrong")
}

describe("two copies of this package in a process", () => {
  it("are two: each has classes of its own", () => {
    assert.notStrictEqual(other.SageAuthError, SageAuthError)
    assert.notStrictEqual(other.createSageAuth, createSageAuth)
  })

  it("know each other's errors and reasons, by instanceof and by function", () => {
    const theirs = other.failure("client.closed")
    assert.isTrue(theirs instanceof SageAuthError)
    assert.isTrue(failure("client.closed") instanceof other.SageAuthError)
    assert.isTrue(isSageAuthError(theirs))
    assert.isTrue(other.isSageAuthError(failure("client.closed")))
    for (const id of Object.keys(catalogue) as Array<keyof typeof catalogue>) {
      const { reason } = other.failure(id)
      assert.isTrue(failure(id).reason instanceof (other[reason._tag] as new (fields: never) => Reason), id)
    }
  })

  it("tell the other's reasons apart", () => {
    const { reason } = other.misconfigured([{ option: "a", expected: "b" }])
    assert.isTrue(reason instanceof Misconfigured)
    assert.isFalse(reason instanceof RateLimited)
    assert.isFalse((reason as unknown) instanceof SageAuthError)
  })

  it("take nothing else for an error", () => {
    class Own extends SageAuthError {}
    const own = Object.create(Own.prototype) as Own
    assert.isTrue(own instanceof Own)
    assert.isTrue(own instanceof SageAuthError)
    for (const not of [failure("client.closed"), other.failure("client.closed")]) assert.isFalse(not instanceof Own)
    for (const not of [undefined, null, "SageAuthError", { _tag: "SageAuthError" }, new Error("no")]) {
      assert.isFalse((not as unknown) instanceof SageAuthError)
    }
  })

  it("know what stands behind the other's connections and credentials, which is seen by nobody else", () => {
    const connection = other.businessCloud(options)
    assert.strictEqual(definitionOf(connection)?.options, options)
    const auth = other.basic({ user: "u", password: "secret-canary" })
    assert.deepStrictEqual(authOf(auth), { kind: "basic", options: { user: "u", password: "secret-canary" } })
    for (const value of [connection, auth]) {
      const printed = inspect(value, { depth: 20, showHidden: true, getters: true }) + JSON.stringify(value)
      assert.notInclude(printed, "secret-canary")
    }
    for (const not of [{ ...connection }, Object.create(connection) as unknown]) assert.isUndefined(definitionOf(not))
    assert.isUndefined(authOf(Object.create(auth)))
  })

  it("call by the connections of the other", async () => {
    const seen: Array<string> = []
    const sage = createSageAuth({ connections: { erp: other.x3.onPremise(loginOf("p")) }, fetch: answers(seen) })
    assert.strictEqual((await sage.client("erp").fetch("api1/x3/erp/SEED/BPCUSTOMER")).status, 200)
    assert.deepStrictEqual(seen, ["/api1/x3/erp/SEED/BPCUSTOMER"])
    await sage.close()
    const closed = await sage
      .client("erp")
      .fetch("api1")
      .catch((thrown: unknown) => thrown)
    assert.isTrue(closed instanceof SageAuthError)
  })

  it("call by the credentials of the other", async () => {
    const seen: Array<string> = []
    const sage = createSageAuth({ connections: { erp: onPremise(loginOf("p")) }, fetch: answers(seen) })
    assert.strictEqual((await sage.client("erp").fetch("api1/x3")).status, 200)
    await sage.close()
  })

  it("tell mistakes of the other's connections, each at its place", () => {
    const error = mistakeOf(() => createSageAuth({ connections: { erp: other.x3.onPremise(loginOf("")) } }))
    assert.include(error.message, "connections.erp.auth.password")
  })

  it("say which of several connections was made elsewhere", () => {
    const own = onPremise({ baseUrl: "https://x3.example", auth: basic({ user: "u", password: "p" }) })
    const error = mistakeOf(() => createSageAuth({ connections: { own, theirs: other.businessCloud(options) } }))
    const { reason } = error
    assert.isTrue(reason instanceof Misconfigured)
    assert.deepStrictEqual(
      (reason as Misconfigured).issues.map(({ option }) => option),
      ["connections.theirs"]
    )
    assert.include(error.message, "npm ls @sage-auth/core")
  })

  it("run effects by the connections of either", async () => {
    const connections = {
      own: onPremise({ baseUrl: "https://x3.example", auth: basic({ user: "u", password: "p" }) }),
      theirs: other.x3.onPremise(loginOf("p"))
    }
    const seen: Array<string> = []
    class Sage extends SageAuth.Service<Sage>()("test/Sage", { connections, fetch: answers(seen) }) {}
    class Theirs extends other.effect.SageAuth.Service<Theirs>()("test/Theirs", {
      connections,
      fetch: answers(seen)
    }) {}
    await Effect.runPromise(
      Effect.gen(function* () {
        for (const sage of [yield* Sage, yield* Theirs]) {
          yield* sage.client("own").fetch("api1/x3/own")
          yield* sage.client("theirs").fetch("api1/x3/theirs")
        }
      }).pipe(Effect.provide(Layer.mergeAll(Sage.layer, Theirs.layer)))
    )
    assert.deepStrictEqual(seen, ["/api1/x3/own", "/api1/x3/theirs", "/api1/x3/own", "/api1/x3/theirs"])
  })

  it("know no builder that another version has, and say so", async () => {
    const unknown = { ...definitionOf(other.businessCloud(options)), builder: "sage-50" }
    const connection = other.connectionOf(unknown as never)
    const error = await Effect.runPromise(
      Effect.flip(Effect.scoped(SageAuth.make({ connections: { unknown: connection as never } })))
    )
    assert.include(error.message, "connections.unknown")
    assert.include(error.message, "npm ls @sage-auth/core")
  })
})
