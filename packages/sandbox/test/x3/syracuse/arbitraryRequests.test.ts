import { assert, it } from "@effect/vitest"
import { startSandbox } from "@sage-auth/sandbox"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { afterAll, beforeAll } from "vitest"
import { Byte, Index, pick } from "../../arbitrary.ts"
import {
  type AnySandbox,
  basic,
  bearer,
  customers,
  graphql,
  type Init,
  jwt,
  send,
  soap,
  soapXml,
  webServices
} from "./support.ts"

let sandbox: AnySandbox

beforeAll(async () => {
  sandbox = await startSandbox({ clock: "manual" })
})
afterAll(() => sandbox.stop())

const failed = "The sandbox failed to answer this request.\n"

const answered = (path: string, init: Init = {}): Effect.Effect<void> =>
  Effect.promise(async () => {
    const { onPremise, basic: login } = webServices(sandbox)
    const answer = await send(sandbox, `${onPremise}${path}`, {
      ...init,
      headers: { authorization: basic(login), "x-xtrem-endpoint": "SEED", ...init.headers }
    })
    assert.notStrictEqual(answer.text, failed)
  })

const paths = [
  `/api1/${customers}`,
  "/api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$create",
  "/api1/x3/erp/SEED/BPCUSTOMER('C0001')?representation=BPCUSTOMER.$edit",
  "/api1/syracuse/collaboration/syracuse/soapClassicPools(alias%20eq%20'WSSEED')/$service/start",
  "/sdata/x3/erp/SEED/SORDER?representation=SORDER.$query",
  "/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC",
  "/soap-wsdl/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC?wsdl",
  "/xtrem/api",
  "/auth/login",
  "/auth"
]

const methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]

const types = ["application/json", "text/xml", "application/x-www-form-urlencoded", ""]

it.effect.prop(
  "answers any bytes at every URL",
  { bytes: Schema.Array(Byte), at: Index, method: Index, type: Index },
  ({ bytes, at, method, type }) =>
    answered(pick(paths, at), {
      method: pick(methods, method),
      headers: { "content-type": pick(types, type) },
      body: Uint8Array.from(bytes)
    })
)

it.effect.prop(
  "answers any path and query",
  { path: Schema.String, query: Schema.String, at: Index },
  ({ path, query, at }) =>
    answered(
      `${pick(["/api1/", "/api1/x3/erp/SEED/BPCUSTOMER(", "/api1/syracuse/collaboration/syracuse/users(", "/sdata/", "/auth/"], at)}${encodeURI(path.replace(/\p{Surrogate}/gu, ""))}?representation=BPCUSTOMER.$query&${encodeURI(query.replace(/\p{Surrogate}/gu, ""))}`
    )
)

const words = [
  "BPCNUM",
  "OSTAUZ",
  "eq",
  "gt",
  "like",
  "between",
  "and",
  "or",
  "not",
  "in",
  "(",
  ")",
  ",",
  "'C%'",
  "'",
  "5",
  "@2026-01-01@",
  "left",
  "length",
  "$x"
]

it.effect.prop(
  "answers any condition, order, count and page",
  { picks: Schema.Array(Index), at: Index },
  ({ picks, at }) =>
    answered(
      `/api1/${customers}&${pick(["where", "orderBy", "count", "key"], at)}=${encodeURIComponent(picks.map((index) => pick(words, index)).join(" "))}`
    )
)

it.effect.prop("stores what JSON can say, or refuses it", { value: Schema.Json, at: Index }, ({ value, at }) =>
  answered("/api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$create", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ BPCNUM: "X", [pick(["BPCNUM", "BPCNAM", "OSTAUZ", "CREDAT", "__proto__"], at)]: value })
  })
)

it.effect.prop(
  "answers a right SOAP call with any text in any place",
  { text: Schema.String, at: Index },
  ({ text, at }) =>
    Effect.promise(async () => {
      const right = soapXml(sandbox, { operation: "query", keys: { BPCNUM: "C0001" }, fields: { BPCNAM: "x" } })
      const place = at % right.length
      const answer = await soap(sandbox, right.slice(0, place) + text + right.slice(place))
      assert.notStrictEqual(answer.text, failed)
      assert.oneOf(answer.status, [200, 500])
    })
)

it.effect.prop("gives back in SOAP what was stored, character by character", { text: Schema.String }, ({ text }) =>
  Effect.promise(async () => {
    const { onPremise, basic: login } = webServices(sandbox)
    const headers = { authorization: basic(login), "content-type": "application/json" }
    const url = `${onPremise}/api1/x3/erp/SEED/BPCUSTOMER('C0005')?representation=BPCUSTOMER.$edit`
    const stored = await send(sandbox, url, { method: "PUT", headers, body: JSON.stringify({ BPCNAM: text }) })
    const answer = await soap(sandbox, { operation: "read", keys: { BPCNUM: "C0005" } })
    const expected = stored.at("BPCNAM") ?? (await send(sandbox, url, { headers })).at("BPCNAM")
    const { BPC0_1: got } = answer.result as { readonly BPC0_1: { readonly BPCNAM: string } }
    assert.strictEqual(got.BPCNAM, expected)
  })
)

it.effect.prop(
  "answers any GraphQL, filter and order",
  { text: Schema.String, picks: Schema.Array(Index), at: Index },
  ({ text, picks, at }) =>
    Effect.promise(async () => {
      const words = ["{", "}", "code", ":", "'C0001'", '"x"', "_in", "[", "]", ",", "1", "-1", "$", text]
      const given = picks.map((index) => pick(words, index)).join(" ")
      const query = `query($text: String) { x3MasterData { customer { query(${pick(["filter", "orderBy", "after", "before"], at)}: $text) { totalCount } } } }`
      const answer = await graphql(sandbox, at % 2 === 0 ? { query, variables: { text: given } } : { query: given })
      assert.oneOf(answer.status, [200, 400])
    })
)

it.effect.prop(
  "refuses every token that nobody made",
  { text: Schema.String, claims: Schema.Json },
  ({ text, claims }) =>
    Effect.promise(async () => {
      const made = jwt(sandbox, { iss: claims, sub: claims, aud: claims, iat: claims, exp: claims })
      for (const token of [
        Buffer.from(text).toString("base64url"),
        `${made}.x`,
        made,
        made.replace(/\.[^.]*$/, `.${text.length}`)
      ]) {
        const answer = await graphql(sandbox, { query: "{ __typename }" }, { authorization: bearer(token) })
        assert.strictEqual(answer.status, 401)
      }
    })
)
