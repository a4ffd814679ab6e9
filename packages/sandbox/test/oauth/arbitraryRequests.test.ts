import { it } from "@effect/vitest"
import { startSandbox } from "@sage-auth/sandbox"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll } from "vitest"
import { answered, Byte, Index, Pairs, pairsOf, pick } from "../arbitrary.ts"
import { type AnySandbox, authorizeUrl, bearer, clientCredentials, connect } from "./support.ts"

let sandbox: AnySandbox
let urls: ReadonlyArray<string>
let tokens: ReadonlyArray<string>

beforeAll(async () => {
  sandbox = await startSandbox({ clock: "manual", intacctRest: { alias: true }, businessCloud: { jsonBody: true } })
  urls = (["intacct-rest", "business-cloud", "business-cloud-v3"] as const).flatMap((name) =>
    Object.values(sandbox.urls[name])
  )
  tokens = [
    String((await clientCredentials(sandbox)).at("access_token")),
    String((await connect(sandbox, "business-cloud")).at("access_token"))
  ]
})
afterAll(() => sandbox.stop())

const contentTypes = [
  "application/x-www-form-urlencoded",
  "application/json",
  "application/json; charset=utf-8",
  "application/xml",
  "multipart/form-data; boundary=x",
  "multipart/form-data; boundary=",
  ""
]

const methods = ["POST", "PUT", "PATCH", "DELETE"]

it.effect.prop(
  "answers any bytes at every URL",
  { bytes: Schema.Array(Byte), at: Index, type: Index, method: Index },
  ({ bytes, at, type, method }) =>
    answered(pick(urls, at), {
      method: pick(methods, method),
      headers: bearer(pick(tokens, at), { "content-type": pick(contentTypes, type) }),
      body: Uint8Array.from(bytes)
    })
)

const paramNames = [
  "grant_type",
  "client_id",
  "client_secret",
  "code",
  "redirect_uri",
  "code_verifier",
  "refresh_token",
  "username",
  "session_id",
  "entity_id",
  "location_id",
  "token",
  "transaction",
  "decision",
  "company",
  "user",
  "email",
  "password",
  "country",
  "scope",
  "state",
  "locale",
  "code_challenge",
  "code_challenge_method",
  "response_type",
  "page",
  "items_per_page",
  "start",
  "size",
  "jobId"
]

const values = (): ReadonlyArray<string> => {
  const { client, user } = sandbox.accounts["intacct-rest"]
  const books = sandbox.accounts["business-cloud"]
  return [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    client.clientId,
    client.clientSecret,
    client.redirectUri,
    user.username,
    books.client.clientId,
    books.client.clientSecret,
    books.client.redirectUri,
    "code",
    "GB",
    "@|@",
    ...tokens
  ]
}

it.effect.prop(
  "answers any parameters as a form, as JSON and as a query",
  { pairs: Pairs, at: Index },
  ({ pairs, at }) =>
    Effect.gen(function* () {
      const url = pick(urls, at)
      const given = pairsOf(pairs, paramNames, values())
      yield* answered(url, { method: "POST", body: new URLSearchParams(given) })
      yield* answered(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(Object.fromEntries(given))
      })
      yield* answered(`${url}?${new URLSearchParams(given).toString()}`, { headers: bearer(pick(tokens, at)) })
    })
)

it.effect.prop(
  "answers an authorization request with any text in any parameter",
  { name: Index, text: Schema.String, at: Index },
  ({ name, text, at }) =>
    answered(
      authorizeUrl(sandbox, pick(["intacct-rest", "business-cloud"] as const, at), { [pick(paramNames, name)]: text })
    )
)

// URLSearchParams replaces halves of surrogate pairs, which encodeURIComponent refuses.
const encoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1)

const apiPaths = [
  "objects/accounts-payable/vendor",
  "objects/accounts-payable/vendor/4",
  "services/core/query",
  "services/bulk/job/create",
  "contacts",
  "businesses",
  "user"
]

it.effect.prop(
  "answers any JSON at any path of the APIs, with any headers",
  { body: Schema.Unknown, path: Schema.String, at: Index, method: Index, header: Schema.String },
  ({ body, path, at, method, header }) => {
    const name = pick(["intacct-rest", "business-cloud"] as const, at)
    const known = pick(apiPaths, at)
    const safe = encoded(header)
    const text = JSON.stringify(body) ?? "null"
    return answered(`${sandbox.urls[name].api}/${known}${method % 2 === 0 ? "" : `/${encoded(path)}`}`, {
      method: pick(methods, method),
      headers: bearer(pick(tokens, at), {
        "content-type": "application/json",
        "idempotency-key": safe,
        "x-ia-api-param-entity": safe,
        "x-business": safe
      }),
      body: text
    })
  }
)

it.effect.prop(
  "answers any query, filter and order of the query service",
  { operator: Schema.String, field: Schema.String, value: Schema.Unknown, size: Schema.Number },
  ({ operator, field, value, size }) =>
    Effect.forEach(
      [
        { filters: [{ [operator]: { [field]: value } }] },
        { filters: [{ $eq: { id: value } }], orderBy: [{ [field]: "asc" }] },
        { filters: value, fields: [field], start: size, size },
        { filters: [{ $between: { totalDue: value } }], orderBy: [{ totalDue: value }], size }
      ],
      (body) =>
        answered(`${sandbox.urls["intacct-rest"].api}/services/core/query`, {
          method: "POST",
          headers: bearer(tokens[0], { "content-type": "application/json" }),
          body: JSON.stringify({ object: "accounts-payable/vendor", ...body })
        }),
      { discard: true }
    )
)
