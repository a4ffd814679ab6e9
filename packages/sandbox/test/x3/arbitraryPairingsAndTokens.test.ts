import { it } from "@effect/vitest"
import { startSandbox } from "@sage-auth/sandbox"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll } from "vitest"
import { answered, Byte, Index, Pairs, pairsOf, pick } from "../arbitrary.ts"
import { type AnySandbox, bearer } from "../oauth/support.ts"
import { connectGateway, pairingUrl } from "./pairings.ts"
import { authorizeUrl, identityProvider, signIn } from "./support.ts"

let sandbox: AnySandbox
let urls: ReadonlyArray<string>
let values: ReadonlyArray<string>
let tokens: ReadonlyArray<string>

beforeAll(async () => {
  sandbox = await startSandbox({ clock: "manual", x3: { gateway: { formBody: true } } })
  const { authorize, token, userinfo, revoke, client, user } = identityProvider(sandbox)
  const { root, ...gateway } = sandbox.urls["x3-gateway"]
  const accounts = sandbox.accounts["x3-gateway"]
  urls = [authorize, token, userinfo, revoke, root, ...Object.values(gateway), `${root}/service/SEED/api`]
  tokens = [await signIn(sandbox), await connectGateway(sandbox)].flatMap((answer) => [
    String(answer.at("access_token")),
    String(answer.at("refresh_token"))
  ])
  values = [
    "authorization_code",
    "refresh_token",
    "client_credentials",
    client.clientId,
    client.clientSecret,
    client.redirectUri,
    user.email,
    user.password,
    accounts.clientId,
    accounts.clientSecret,
    accounts.redirectUri,
    accounts.customer,
    "allow",
    "review",
    "api.graphQL",
    ...tokens
  ]
})
afterAll(() => sandbox.stop())

const contentTypes = ["application/x-www-form-urlencoded", "application/json", "text/xml", ""]

it.effect.prop(
  "the identity provider and the gateway answer any bytes at every URL",
  { bytes: Schema.Array(Byte), at: Index, type: Index, method: Index },
  ({ bytes, at, type, method }) =>
    answered(pick(urls, at), {
      method: pick(["POST", "PUT", "PATCH", "DELETE"], method),
      headers: bearer(pick(tokens, type), { "content-type": pick(contentTypes, type) }),
      body: Uint8Array.from(bytes)
    })
)

const names = [
  "grant_type",
  "client_id",
  "client_secret",
  "code",
  "redirect_uri",
  "code_verifier",
  "refresh_token",
  "token",
  "transaction",
  "next",
  "decision",
  "folder",
  "email",
  "user",
  "password",
  "scope",
  "state",
  "customer",
  "nonce",
  "ui_locales",
  "code_challenge",
  "code_challenge_method",
  "response_type",
  "query",
  "variables"
]

it.effect.prop(
  "they answer any parameters as a form, as JSON and as a query",
  { pairs: Pairs, at: Index },
  ({ pairs, at }) =>
    Effect.gen(function* () {
      const url = pick(urls, at)
      const given = pairsOf(pairs, names, values)
      yield* answered(url, { method: "POST", body: new URLSearchParams(given) })
      for (const method of ["POST", "DELETE"]) {
        yield* answered(url, {
          method,
          headers: bearer(pick(tokens, at), { "content-type": "application/json" }),
          body: JSON.stringify(Object.fromEntries(given))
        })
      }
      yield* answered(`${url}?${new URLSearchParams(given).toString()}`, { headers: bearer(pick(tokens, at)) })
    })
)

it.effect.prop(
  "they answer an authorization request with any text in any parameter",
  { name: Index, text: Schema.String },
  ({ name, text }) =>
    Effect.all([
      answered(authorizeUrl(sandbox, { [pick(names, name)]: text })),
      answered(pairingUrl(sandbox, { [pick(names, name)]: text }))
    ])
)
