import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { redactVerifier, type Transaction } from "../../src/oauth2/Transaction.ts"
import { acceptCallback, type CallbackRequest, type CallbackRules, readCallback } from "../../src/oauth2/callback.ts"

const redirectUri = "https://app.example/sage/callback/books"
const state = "the-state-that-was-sent"
const verifier = "the-verifier-of-this-transaction"

const transaction: Transaction = {
  state,
  verifier: redactVerifier(verifier),
  connection: "books",
  tenant: "acme",
  returnTo: "/settings",
  issuer: "https://idp.example",
  redirectUri,
  expiresAt: 1_000,
  extras: {}
}

const rules: CallbackRules = {
  extraParameters: ["country"],
  errors: [
    { id: "business-cloud.email-in-use", text: /email already in use/i },
    { id: "business-cloud.authorization-invalid", codes: ["invalid_request"] },
    { id: "business-cloud.access-denied", codes: ["access_denied"] },
    { id: "business-cloud.client-not-authorized", codes: ["unauthorized_client"] },
    { id: "business-cloud.authorization-unavailable", codes: ["server_error", "temporarily_unavailable"] }
  ]
}

const place = { surface: "business-cloud", connection: "books", tenant: "acme" } as const

const complete = (
  request: CallbackRequest,
  options: { rules?: CallbackRules; transaction?: Transaction; now?: number } = {}
) =>
  Effect.flatMap(readCallback(request, place), (callback) =>
    acceptCallback(callback, options.transaction ?? transaction, options.rules ?? rules, options.now ?? 0, place)
  )

const ok = { url: `${redirectUri}?code=c1&state=${state}` }

/** The error that a callback ends in. */
const refused = (request: CallbackRequest, options: Parameters<typeof complete>[1] = {}) =>
  Effect.flip(complete(request, options))

describe("a callback", () => {
  it.effect("brings a code with a slash, decoded once, and the parameters that were asked for", () =>
    Effect.gen(function* () {
      const { code, extras } = yield* complete({
        url: `${redirectUri}?code=GB%2F12abc%252Ff7d&country=GB&state=${state}&other=1`
      })
      assert.strictEqual(Redacted.value(code), "GB/12abc%2Ff7d")
      assert.deepStrictEqual(extras, { country: "GB" })
    })
  )

  it.effect("is read from a form, from JSON and from what a framework made of either", () =>
    Effect.gen(function* () {
      const gateway = { codeParameter: "authorizationCode", extraParameters: ["endpoint"], errors: [] }
      const endpoint = "https://api.customerregion-sagex3.com/v1"
      const form = new URLSearchParams({ authorizationCode: "a/1+2", state, endpoint })
      const object = { authorizationCode: "a/1+2", state, endpoint, expires: 5, nested: {} }
      for (const body of [form, form.toString(), object, JSON.stringify(object)]) {
        const { code, extras } = yield* complete({ url: "/sage/callback/books", body }, { rules: gateway })
        assert.strictEqual(Redacted.value(code), "a/1+2")
        assert.deepStrictEqual(extras, { endpoint })
      }
    })
  )

  it.effect.prop("brings any code that a server can send", [Schema.NonEmptyString], ([text]) =>
    Effect.gen(function* () {
      const url = `${redirectUri}?${new URLSearchParams({ code: text, state }).toString()}`
      const callback = yield* Effect.result(complete({ url }))
      const usable = /^[\x20-\x7e]+$/.test(text)
      assert.strictEqual(callback._tag, usable ? "Success" : "Failure")
      if (callback._tag === "Success") assert.strictEqual(Redacted.value(callback.success.code), text)
    })
  )

  it.effect("never shows its code, nor the code of one that is refused", () =>
    Effect.gen(function* () {
      const request = { url: `${redirectUri}?code=c0ffee-c0ffee&state=${state}` }
      const read = yield* readCallback(request, place)
      const shown = [read, yield* complete(request), yield* refused(request, { now: 1_000 })]
      for (const one of shown) {
        assert.notInclude(`${inspect(one, { depth: 9 })}${JSON.stringify(one)}`, "c0ffee-c0ffee")
      }
    })
  )

  it.effect.each([
    ["without a state", `${redirectUri}?code=c1`],
    ["with an empty state", `${redirectUri}?code=c1&state=`],
    ["with another state", `${redirectUri}?code=c1&state=${state}x`],
    ["with two states", `${redirectUri}?code=c1&state=${state}&state=${state}`],
    ["with two codes", `${redirectUri}?code=c1&code=c2&state=${state}`],
    ["with another state and an error", `${redirectUri}?error=access_denied&state=x`],
    ["with a parameter twice, of whatever name", `${redirectUri}?code=c1&state=${state}&a=1&a=1`],
    ["without a code", `${redirectUri}?state=${state}`],
    ["with an empty code", `${redirectUri}?code=&state=${state}`],
    ["with a line break in its code", `${redirectUri}?code=a%0d%0ab&state=${state}`],
    ["with a code and an error", `${redirectUri}?code=c1&error=access_denied&state=${state}`],
    ["from another issuer", `${redirectUri}?code=c1&state=${state}&iss=https%3A%2F%2Fevil.example`],
    ["from nearly the same issuer", `${redirectUri}?code=c1&state=${state}&iss=https%3A%2F%2Fidp.example%2F`],
    ["on the path of another connection", `https://app.example/sage/callback/ledger?code=c1&state=${state}`],
    ["with controls in what is kept", `${redirectUri}?code=c1&state=${state}&country=G%0AB`],
    ["with something long in what is kept", `${redirectUri}?code=c1&state=${state}&country=${"G".repeat(2_001)}`],
    ["that is endless", `${redirectUri}?code=${"c".repeat(70_000)}&state=${state}`],
    [
      "with endless parameters",
      `${redirectUri}?state=${state}&code=c&${Array.from({ length: 60 }, (_, n) => `p${n}=`).join("&")}`
    ],
    ["with an address that is none", "http://[/?code=c1"]
  ] as const)("is refused %s", ([, url]) =>
    Effect.gen(function* () {
      const error = yield* refused({ url })
      assert.strictEqual(error.id, "client.callback-rejected")
      assert.strictEqual(error.reason._tag, "CallbackRejected")
      assert.strictEqual(error.connection, "books")
      assert.notInclude(error.message, "evil")
    })
  )

  it.effect.each([
    ["a list", "[1]"],
    ["JSON that is cut off", '{"code":'],
    ["a parameter twice", `code=c1&state=${state}&state=x`],
    ["a parameter of the address once more", "state=x"],
    ["a parameter as a list", { code: ["c1", "c2"], state }],
    ["a parameter that nobody asked for as a list", { code: "c1", state, other: ["1", "2"] }],
    ["more than is read", `code=${"c".repeat(70_000)}`]
  ] as const)("is refused with a body that has %s", ([, body]) =>
    Effect.gen(function* () {
      const url =
        typeof body === "string" && body === "state=x" ? `/sage/callback/books?state=${state}` : "/sage/callback/books"
      const error = yield* refused({ url, body })
      assert.strictEqual(error.id, "client.callback-rejected")
    })
  )

  it.effect("is refused from the millisecond at which its transaction expires", () =>
    Effect.gen(function* () {
      yield* complete(ok, { now: 999 })
      assert.include((yield* refused(ok, { now: 1_000 })).message, "too late")
    })
  )

  it.effect("is taken on its path with or without a prefix, on another host, and without a path", () =>
    Effect.gen(function* () {
      const query = `?code=c1&state=${state}`
      for (const base of [
        "/callback/books",
        "/proxy/sage/callback/books",
        "http://10.0.0.1:3000/sage/callback/books/",
        ""
      ]) {
        yield* complete({ url: base + query })
      }
      yield* complete({ url: new URL(redirectUri + query) })
    })
  )

  it.effect("is taken from the right issuer, or from any where neither it nor its origin is known", () =>
    Effect.gen(function* () {
      yield* complete({ url: `${ok.url}&iss=https%3A%2F%2Fidp.example` })
      yield* complete(
        { url: `${ok.url}&iss=https%3A%2F%2Fother.example` },
        { transaction: { ...transaction, issuer: undefined } }
      )
    })
  )

  it.effect("is refused from another origin than that of the authorization request, and says which option helps", () =>
    Effect.gen(function* () {
      const options = {
        transaction: { ...transaction, issuer: undefined },
        rules: { ...rules, issuerOrigin: "https://idp.example" }
      }
      yield* complete(ok, options)
      yield* complete({ url: `${ok.url}&iss=https%3A%2F%2Fidp.example%2Ftenant%2Fv2.0` }, options)
      for (const issuer of [
        "https://other.example",
        "https://idp.example:8443",
        "http://idp.example",
        "idp.example",
        ""
      ]) {
        const error = yield* refused({ url: `${ok.url}&iss=${encodeURIComponent(issuer)}` }, options)
        assert.strictEqual(error.id, "client.callback-rejected")
        assert.include(error.message, "option issuer")
      }
    })
  )
})

describe("a callback with an error", () => {
  it.effect.each([
    ["error=access_denied&error_description=No+thanks", "business-cloud.access-denied", "CallbackRejected"],
    ["error=Invalid+request&reason=Email+already+in+use", "business-cloud.email-in-use", "CallbackRejected"],
    ["error=Invalid+request&reason=Other", "business-cloud.authorization-invalid", "CallbackRejected"],
    ["error=unauthorized_client", "business-cloud.client-not-authorized", "CredentialRejected"],
    ["error=temporarily_unavailable", "business-cloud.authorization-unavailable", "ServiceUnavailable"],
    ["error=whatever", "client.callback-rejected", "CallbackRejected"],
    ["error=", "client.callback-rejected", "CallbackRejected"]
  ] as const)("means what its surface says: %s", ([query, id, reason]) =>
    Effect.gen(function* () {
      // Business Cloud Accounting's own form has no state
      for (const url of [`${redirectUri}?${query}`, `${redirectUri}?${query}&state=${state}`]) {
        const error = yield* refused({ url })
        assert.strictEqual(error.id, id)
        assert.strictEqual(error.reason._tag, reason)
      }
    })
  )

  it.effect("says what the server said, as plain text and without the verifier", () =>
    Effect.gen(function* () {
      const text = `<script>alert(1)</script>${verifier} ${"long ".repeat(500)}`
      const query = new URLSearchParams({ error: "<b>bad", error_description: text, state })
      const error = yield* refused({ url: `${redirectUri}?${query.toString()}` })
      assert.notMatch(`${error.message} ${error.code}`, /[<>]/)
      assert.notInclude(error.message, verifier)
      assert.isBelow(error.message.length, 500)
      assert.strictEqual(error.code, "bad")
    })
  )
})
