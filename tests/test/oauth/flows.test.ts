import { OAuth2 } from "@sage-auth/core/effect"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { assert, describe, it } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { booksOptions, payablesOptions } from "../../src/oauth/world.ts"
import { openSandbox } from "../../src/world.ts"

const surfaces = {
  "business-cloud": async () => {
    const sandbox = await openSandbox()
    const options: OAuth2.FlowOptions = { surface: "business-cloud", ...booksOptions(sandbox) }
    return { sandbox, options, rejected: "business-cloud.code-rejected", ended: "business-cloud.grant-ended" }
  },
  "intacct-rest": async () => {
    const sandbox = await openSandbox()
    const options: OAuth2.FlowOptions = { surface: "intacct-rest", ...payablesOptions(sandbox) }
    return { sandbox, options, rejected: "intacct-rest.code-rejected", ended: "intacct-rest.grant-ended" }
  }
} as const

const consented = async (surface: keyof typeof surfaces) => {
  const world = await surfaces[surface]()
  const { state, url, verifier } = await Effect.runPromise(OAuth2.authorize(world.options))
  const callback = new URL(await world.sandbox.approve(url))
  assert.strictEqual(callback.searchParams.get("state"), state)
  return { ...world, verifier, code: callback.searchParams.get("code") ?? "" }
}

for (const surface of ["business-cloud", "intacct-rest"] as const) {
  describe(`the flows of ${surface}, alone and without an application`, () => {
    it("consent, exchange, renew and revoke", async () => {
      const { code, ended, options, sandbox, verifier } = await consented(surface)
      const first = await Effect.runPromise(OAuth2.exchangeCode({ ...options, code, verifier }))
      assert.isDefined(first.refreshToken)
      const second = await Effect.runPromise(OAuth2.refresh({ ...options, refreshToken: first.refreshToken }))
      assert.notStrictEqual(Redacted.value(second.accessToken), Redacted.value(first.accessToken))
      const refreshToken = second.refreshToken ?? first.refreshToken
      await Effect.runPromise(OAuth2.revoke({ ...options, refreshToken }))
      const failure = await failureOf(Effect.runPromise(OAuth2.refresh({ ...options, refreshToken })))
      assert.deepStrictEqual(
        [failure.id, failure.reason._tag, failure.surface],
        [ended, "ReauthorizationRequired", surface]
      )
      assert.notInclude(`${failure.message} ${JSON.stringify(failure)}`, Redacted.value(refreshToken))
      assert.strictEqual(sandbox.requests({ surface, step: "token" }).length, 3)
    })

    it("ask once, and say what is wrong with a code", async () => {
      const { code, options, rejected, sandbox } = await consented(surface)
      const verifier = "a verifier that belongs to no challenge of this server"
      const failure = await failureOf(Effect.runPromise(OAuth2.exchangeCode({ ...options, code, verifier })))
      assert.deepStrictEqual([failure.id, failure.reason._tag], [rejected, "CallbackRejected"])
      assert.notInclude(`${failure.message} ${JSON.stringify(failure)}`, verifier)
      assert.strictEqual(sandbox.requests({ surface, step: "token" }).length, 1)
    })

    it("lose no word about an answer that never came", async () => {
      const { code, options, sandbox, verifier } = await consented(surface)
      const { refreshToken } = await Effect.runPromise(OAuth2.exchangeCode({ ...options, code, verifier }))
      sandbox.fault(surface, { on: "token", kind: "drop-response" })
      const failure = await failureOf(Effect.runPromise(OAuth2.refresh({ ...options, refreshToken: refreshToken! })))
      assert.strictEqual(failure.id, "client.answer-lost")
    })

    it("name what is wrong with the options, and no value", async () => {
      const { options } = await surfaces[surface]()
      const failure = await failureOf(
        Effect.runPromise(OAuth2.authorize({ ...options, clientId: () => "s3cret", redirectUri: "" }))
      )
      assert.strictEqual(failure.reason._tag, "Misconfigured")
      assert.include(failure.message, "authorize.redirectUri")
      const asked = await failureOf(Effect.runPromise(OAuth2.authorize({ ...options, clientId: () => "s3cret" })))
      assert.include(asked.message, "authorize.clientId")
      assert.notInclude(asked.message, "s3cret")
    })
  })
}

it("an entity is refused, not ignored, where there are none", async () => {
  const { options, sandbox } = await surfaces["business-cloud"]()
  const failure = await failureOf(
    Effect.runPromise(OAuth2.refresh({ ...options, refreshToken: "a refresh token", entityId: "E1" }))
  )
  assert.include(failure.message, "refresh.entityId")
  assert.strictEqual(sandbox.requests().length, 0)
})

it("an entity's token is asked for by its name", async () => {
  const { code, options, verifier } = await consented("intacct-rest")
  const { refreshToken } = await Effect.runPromise(OAuth2.exchangeCode({ ...options, code, verifier }))
  const { accessToken } = await Effect.runPromise(
    OAuth2.refresh({ ...options, refreshToken: refreshToken!, entityId: "E1" })
  )
  const claims = Buffer.from(Redacted.value(accessToken).split(".")[1] ?? "", "base64url").toString()
  assert.strictEqual(JSON.parse(claims).entityId, "E1")
})
