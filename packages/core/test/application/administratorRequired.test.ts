import { assert, describe, it } from "vitest"
import { createSageAuth, intacctRest, isSageAuthError, type SageEvent, x3 } from "../../src/index.ts"

const secret = "s3cret client"

/** Asks for a token with client credentials that the identity provider answers so, and says how often it was asked. */
const ask = async (connection: "rest" | "erp", code: string) => {
  let asked = 0
  const events: Array<SageEvent> = []
  const sage = createSageAuth({
    connections: {
      rest: intacctRest.clientCredentials({ clientId: "id", clientSecret: secret, username: "user@acme" }),
      erp: x3.onPremise({
        baseUrl: "https://x3.example",
        auth: x3.clientCredentials({ tokenUrl: "https://idp.example/token", clientId: "id", clientSecret: secret })
      })
    },
    fetch: async () => {
      asked++
      const body = { error: code, error_description: `AADSTS65001: an administrator has to consent, not ${secret}` }
      return Response.json(body, { status: 400 })
    },
    clock: { now: () => 1_800_000_000_000, sleep: () => new Promise<void>(() => {}) }
  })
  const listening = (async () => {
    for await (const event of sage.events()) events.push(event)
  })()
  const error: unknown = await sage
    .client(connection)
    .headers()
    .catch((thrown: unknown) => thrown)
  await sage.close()
  await listening
  return { asked, error: isSageAuthError(error) ? error : assert.fail(String(error)), events }
}

describe.each(["rest", "erp"] as const)("client credentials of %s", (connection) => {
  it.each(["interaction_required", "login_required", "consent_required", "account_selection_required"])(
    "that a human has to admit say so, and not that they are wrong: %s",
    async (code) => {
      const { asked, error, events } = await ask(connection, code)
      assert.deepStrictEqual(
        [error.id, error.code, error.reason._tag],
        ["client.administrator-required", code, "CredentialRejected"]
      )
      assert.include(error.message, "an administrator has to consent")
      assert.notInclude(JSON.stringify(error), secret)
      assert.include(error.remedy, "administrator")
      // not tried again, and told once
      assert.isFalse(error.retryable)
      assert.strictEqual(asked, 1)
      assert.lengthOf(
        events.filter(({ type }) => type === "credential-rejected"),
        1
      )
    }
  )
})
