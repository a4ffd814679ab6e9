import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { inspect } from "node:util"
import { readLife, readTokenResponse, type TokenReading } from "../../src/oauth2/tokenEndpoint.ts"

const reading: TokenReading = { receivedAt: 1_000, contentType: "application/json" }
const whole = { access_token: "at", token_type: "bearer", expires_in: 300, refresh_token: "rt" }
const read = (json: unknown, options: Partial<TokenReading> = {}) => readTokenResponse(json, { ...reading, ...options })

describe("readTokenResponse", () => {
  it("reads Business Cloud Accounting's answer", () => {
    const response = read({
      access_token: "eyJhbGciOiJSUzUxMiIs",
      scope: "full_access",
      token_type: "bearer",
      expires_in: 300,
      refresh_token: "eyJhbGciOiJSUzUxMiIt",
      refresh_token_expires_in: 2678400,
      requested_by_id: "c3c32d1c-41ba-483f-a3ff-49fdb57b9c38",
      something_new: { nested: true }
    })!
    const { accessToken, refreshToken, ...rest } = response
    assert.strictEqual(Redacted.value(accessToken), "eyJhbGciOiJSUzUxMiIs")
    assert.strictEqual(Redacted.value(refreshToken!), "eyJhbGciOiJSUzUxMiIt")
    assert.deepStrictEqual(rest, {
      tokenType: "Bearer",
      scope: "full_access",
      expiresIn: 300_000,
      refreshTokenExpiresIn: 2_678_400_000,
      idOfUser: "c3c32d1c-41ba-483f-a3ff-49fdb57b9c38",
      extras: {},
      receivedAt: 1_000
    })
    assert.notInclude(inspect(response) + JSON.stringify(response), "eyJ")
  })

  it("keeps the members that were asked for by name, where they are texts", () => {
    const { extras } = read(
      { ...whole, resource_owner_id: "r1", n: 1, other: "x" },
      { extraMembers: ["resource_owner_id", "n", "absent", "toString"] }
    )!
    assert.deepStrictEqual(extras, { resource_owner_id: "r1" })
  })

  it.each([
    ["missing", undefined],
    ["null", null],
    ["empty", ""],
    ["a number", 7]
  ])("has no refresh token where it is %s", (_, refresh_token) => {
    assert.isUndefined(read({ ...whole, refresh_token })!.refreshToken)
  })

  it.each([
    ["no access token", { ...whole, access_token: undefined }],
    ["an empty one", { ...whole, access_token: "" }],
    ["one that is no text", { ...whole, access_token: 7 }],
    ["one that would break out of its header", { ...whole, access_token: "a\r\nx-evil: 1" }],
    ["one with a space", { ...whole, access_token: "a b" }],
    ["a token of another type", { ...whole, token_type: "mac" }],
    ["a type that is no text", { ...whole, token_type: 1 }],
    ["a list", [whole]],
    ["null", null],
    ["a text", "at"],
    ["an inherited token", JSON.parse('{"__proto__":{"access_token":"at"}}')]
  ])("is none with %s", (_, json) => {
    assert.isUndefined(read(json))
  })

  it.each(["Bearer", "bearer", "BEARER", undefined, null, ""])("takes the type %j for a bearer token", (token_type) => {
    assert.strictEqual(read({ ...whole, token_type })!.tokenType, "Bearer")
  })

  it("takes an answer under a wrong label when it is whole, and not otherwise", () => {
    for (const contentType of [
      "text/html",
      "text/plain; charset=utf-8",
      "application/octet-stream",
      "application/jsonx"
    ]) {
      assert.isDefined(read(whole, { contentType }))
      assert.isUndefined(read({ access_token: "at" }, { contentType }))
    }
    for (const contentType of [
      null,
      "application/json; charset=UTF-8",
      "Application/JSON",
      "application/vnd.api+json"
    ]) {
      assert.isDefined(read({ access_token: "at" }, { contentType }))
    }
  })

  it.prop("never fails, whatever the JSON", [Schema.Json], ([json]) => {
    assert.isUndefined(read(json))
    const response = read({
      access_token: "at",
      expires_in: json,
      refresh_token: json,
      scope: json,
      refresh_token_expires_in: json
    })!
    assert.strictEqual(Redacted.value(response.accessToken), "at")
    assert.isTrue(response.expiresIn === undefined || (response.expiresIn > 0 && Number.isFinite(response.expiresIn)))
  })
})

describe("readLife", () => {
  it.each([
    [300, 300_000],
    [0.5, 500],
    ["300", 300_000],
    [" 300 ", 300_000],
    ["43200.5", 43_200_500],
    [315_360_000, 315_360_000_000]
  ])("takes %j for %d ms", (value, life) => {
    assert.strictEqual(readLife(value), life)
  })

  it.each([
    0,
    -1,
    -300,
    Number.NaN,
    Infinity,
    -Infinity,
    315_360_001,
    1_763_000_000_000,
    "0",
    "-300",
    "",
    "soon",
    "1e3",
    "0x10",
    "NaN",
    "9".repeat(30),
    null,
    undefined,
    true,
    [300],
    { seconds: 300 }
  ])("makes nothing of %j", (value) => {
    assert.isUndefined(readLife(value))
  })
})
