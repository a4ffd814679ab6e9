import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import jsonwebtoken from "jsonwebtoken"
import { claimsOf, mint } from "../../../src/x3/graphql/X3GraphQLEngine.ts"
import { decodeOptions } from "../../../src/x3/graphql/options.ts"

const now = Date.UTC(2026, 10, 21, 12, 0, 0)
const app = { clientId: "9a2c", user: "integration" }
const rules = { audience: "https://x3.acme.example:8124/xtrem/api", life: 300, backdate: 30 }

const seconds = (from: number, to: number) =>
  Schema.Int.check(Schema.isGreaterThanOrEqualTo(from), Schema.isLessThanOrEqualTo(to))

/** any moment until the year 5138 */
const moment = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0), Schema.isLessThanOrEqualTo(1e14))

describe("the claims of a token", () => {
  it("say who, for whom and for what, set back by the margin and counted from there", () => {
    assert.deepStrictEqual(claimsOf(app, rules, now), {
      iss: "9a2c",
      sub: "integration",
      aud: "https://x3.acme.example:8124/xtrem/api",
      iat: now / 1000 - 30,
      exp: now / 1000 + 270
    })
  })

  it("name nobody where the record needs no user, and may be for an empty audience", () => {
    const claims = claimsOf({ clientId: "9a2c", user: undefined }, { ...rules, audience: "" }, now)
    assert.notProperty(claims, "sub")
    assert.strictEqual(claims.aud, "")
  })

  it.prop(
    "never live longer than the record allows, whatever the clock and the options say",
    [moment, seconds(2, 86_400), seconds(0, 86_400)],
    ([at, tokensValidity, backdate]) => {
      const decoded = decodeOptions(
        {
          url: "https://x3.example/xtrem/api",
          endpoint: "SEED",
          app: { clientId: "id", clientSecret: "s3cret" },
          tokensValidity,
          backdate
        },
        "at"
      )
      assert.isTrue(decoded._tag === "Success" && decoded.success.credential.kind === "app")
      if (decoded._tag !== "Success" || decoded.success.credential.kind !== "app") return
      const { exp, iat } = claimsOf(app, { ...decoded.success.credential, audience: "" }, at)
      assert.isAtMost(exp - iat, tokensValidity)
      assert.isTrue(Number.isSafeInteger(iat) && Number.isSafeInteger(exp))
      assert.isAtMost(iat, at / 1000)
      // it can be used for half of its life at least
      assert.isAtLeast(exp - Math.floor(at / 1000), Math.ceil(tokensValidity / 2))
    }
  )
})

describe("a token", () => {
  it.effect.prop(
    "made here verifies in another library, with the secret's own characters as its key",
    [Schema.NonEmptyString, Schema.NonEmptyString, Schema.UndefinedOr(Schema.NonEmptyString), Schema.NonEmptyString],
    ([clientId, clientSecret, user, audience]) =>
      Effect.gen(function* () {
        const claims = claimsOf({ clientId, user }, { ...rules, audience }, now)
        const token = Redacted.value(yield* mint(Redacted.make(clientSecret), claims))
        const key = Buffer.from(clientSecret, "utf8")
        const options = { algorithms: ["HS256" as const], audience, issuer: clientId, complete: true as const }
        const { header, payload } = jsonwebtoken.verify(token, key, { ...options, clockTimestamp: now / 1000 })
        assert.deepStrictEqual(payload, { ...claims })
        assert.strictEqual(JSON.stringify(header), '{"alg":"HS256","typ":"JWT"}')
        assert.throws(() => jsonwebtoken.verify(token, `${clientSecret}x`, { ...options, clockTimestamp: now / 1000 }))
        assert.throws(() => jsonwebtoken.verify(token, key, { ...options, clockTimestamp: now / 1000 + 270 }))
      })
  )

  it.effect("shows itself to nobody", () =>
    Effect.gen(function* () {
      const token = yield* mint(Redacted.make("s3cret"), claimsOf(app, rules, now))
      assert.strictEqual(inspect(token), "<redacted:access token>")
    })
  )
})
