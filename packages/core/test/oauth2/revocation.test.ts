import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Redacted } from "effect"
import { inspect } from "node:util"
import { revoke } from "../../src/oauth2/tokenEndpoint.ts"
import * as Transport from "../../src/transport/Transport.ts"
import { authorizationServer, reply } from "./authorizationServer.ts"
import { errors } from "./rules.ts"

const token = Redacted.make("the-refresh/token")

const run = (respond: Parameters<typeof authorizationServer>[0]) =>
  Effect.gen(function* () {
    const server = yield* authorizationServer(respond)
    const transport = Transport.make((input, init) => globalThis.fetch(input, init), yield* Clock.Clock)
    const done = yield* Effect.result(
      revoke(transport, {
        url: `${server.url}/revoke`,
        clientAuthentication: { method: "body", clientId: "c1", clientSecret: Redacted.make("s3cret") },
        parameters: { token, token_type_hint: undefined },
        errors
      })
    )
    return { done, server }
  })

describe("revoke", () => {
  it.effect("posts the token and the client as a form", () =>
    Effect.gen(function* () {
      const { done, server } = yield* run(reply(200, '{"success":"ok"}'))
      assert.strictEqual(done._tag, "Success")
      const [{ body, headers, method } = assert.fail("nothing arrived")] = server.requests
      assert.strictEqual(method, "POST")
      assert.strictEqual(body, "token=the-refresh%2Ftoken&client_id=c1&client_secret=s3cret")
      assert.strictEqual(headers["content-type"], "application/x-www-form-urlencoded")
    })
  )

  it.effect.each([
    ["an empty body", reply(200, "", {})],
    ["204", reply(204, "", {})],
    ["null", reply(200, "null")],
    ["a friendly message", reply(200, '{"message":"Token revoked"}')],
    ["a word", reply(200, "OK", { "content-type": "text/plain" })]
  ] as const)("takes %s for done", ([, respond]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* run(respond)).done._tag, "Success")
    })
  )

  it.effect.each([
    ["a refused client", reply(401, '{"error":"invalid_client"}'), "invalid-client"],
    ["an unsupported token", reply(400, '{"error":"unsupported_token_type"}'), "rejected"],
    ["an error with 200", reply(200, '{"ia::result":{"ia::error":{"code":"invalidRequest"}}}'), "rejected"],
    ["no success", reply(200, '{"success":false}'), "no-answer"],
    ["a sign-in page", reply(200, "<html></html>", { "content-type": "text/html" }), "no-answer"],
    ["503", reply(503, ""), "no-answer"],
    ["503 of the server's own", reply(503, '{"error":"temporarily_unavailable"}'), "unavailable"],
    ["a redirect", reply(302, "", { location: "https://evil.example/" }), "rejected"],
    ["a lost answer", (response: { destroy: () => void }) => response.destroy(), "no-answer"]
  ] as const)("fails with %s", ([, respond, verdict]) =>
    Effect.gen(function* () {
      const { done, server } = yield* run(respond)
      if (done._tag === "Success") return assert.fail("it was taken for done")
      assert.strictEqual(done.failure.verdict, verdict)
      assert.notInclude(inspect(done.failure, { depth: 9 }), Redacted.value(token))
      assert.lengthOf(server.requests, 1)
    })
  )
})
