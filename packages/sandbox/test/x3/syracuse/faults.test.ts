import { assert, describe, it } from "vitest"
import { tokenRequest } from "../support.ts"
import {
  accessToken,
  type AnySandbox,
  api,
  basic,
  bearer,
  customer,
  customers,
  graphql,
  jwt,
  send,
  soap,
  start,
  until,
  webServices
} from "./support.ts"

const ask: Readonly<
  Record<string, (sandbox: AnySandbox) => Promise<{ readonly status: number; readonly text: string }>>
> = {
  api1: (sandbox) => api(sandbox, customers),
  soap: (sandbox) => soap(sandbox, { operation: "query" }),
  graphql: (sandbox) => graphql(sandbox, { query: "query Names { __typename }", operationName: "Names" })
}

const surfaceOf = (step: string) => (step === "graphql" ? "x3-graphql" : "x3-web-services")

const outcomes = [
  ["drop-request", "lost"],
  ["drop-response", "lost"],
  ["truncate", "lost"],
  ["short-body", 200],
  ["wrong-content-type", 200],
  ["no-content-type", 200],
  ["html-502", 502],
  ["cloudflare-524", 524],
  ["status-503", 503],
  ["unavailable", 503],
  ["service-offline", 503],
  ["rate-limited", 429],
  ["rate-limited-200", 200]
] as const

describe("a fault", () => {
  it.each(outcomes)("%s hits every step of X3", async (kind, expected) => {
    const sandbox = await start()
    for (const [step, request] of Object.entries(ask)) {
      const right = (await request(sandbox)).text
      sandbox.fault(surfaceOf(step), { on: step, kind })
      const got = await request(sandbox).then(
        ({ status, text }) => ({ status, text }),
        () => ({ status: "lost", text: "" })
      )
      if (kind === "short-body") assert.notStrictEqual(got.text, right, step)
      else assert.strictEqual(got.status, expected, step)
      if (kind === "rate-limited-200") assert.strictEqual(got.text, "Too Many Requests")
      assert.strictEqual((await request(sandbox)).status, 200, step)
    }
  })

  it("can be put on a class, a facet, an operation, a published name, a pool and an operation of GraphQL", async () => {
    const sandbox = await start()
    for (const [on, hit] of [
      ["BPCUSTOMER", ask["api1"]],
      ["$query", ask["api1"]],
      ["query", ask["soap"]],
      ["WSBPC", ask["soap"]],
      ["WSSEED", ask["soap"]],
      ["Names", ask["graphql"]]
    ] as const) {
      const surface = on === "Names" ? "x3-graphql" : "x3-web-services"
      sandbox.fault(surface, { on, kind: "status-503" })
      for (const other of Object.values(ask)) if (other !== hit) assert.strictEqual((await other(sandbox)).status, 200)
      assert.strictEqual((await hit?.(sandbox))?.status, 503, on)
    }
  })

  it("drop-response leaves the work done, drop-request does not", async () => {
    const sandbox = await start()
    for (const [key, kind, status] of [
      ["C0001", "drop-request", undefined],
      ["C0002", "drop-response", "721 : Record does not exist"]
    ] as const) {
      sandbox.fault("x3-web-services", { on: "api1", kind })
      await api(sandbox, customer(key), { method: "DELETE" }).catch(() => "lost")
      assert.strictEqual((await api(sandbox, customer(key))).at("$diagnoses 0 $message"), status)
    }
  })

  it("works over TLS as in the clear", async () => {
    const sandbox = await start()
    const { tls, certificate } = webServices(sandbox)
    sandbox.fault("x3-web-services", { on: "api1", kind: "truncate" })
    const lost = await send(sandbox, `${tls}/api1/${customers}`, { tls: certificate }).catch(() => "lost")
    assert.strictEqual(lost, "lost")
  })
})

describe("the log", () => {
  it("tells the port, the step, and what a request proved itself with", async () => {
    const sandbox = await start()
    const { tls, online, certificate } = webServices(sandbox)
    const token = await accessToken(sandbox)
    const before = sandbox.requests().length
    await api(sandbox, customers)
    await send(sandbox, `${tls}/api1/${customers}`, { tls: certificate })
    await send(sandbox, `${online}/api1/${customers}`, { headers: { authorization: bearer(token) } })
    await soap(sandbox, { operation: "query" })
    await graphql(sandbox, { query: "{ __typename }" })
    await api(sandbox, customers, { headers: { authorization: undefined, cookie: "a=b" } })
    const entries = sandbox.requests().slice(before)
    const sent = entries.map(({ headers }) => ["authorization", "cookie"].filter((name) => headers.includes(name)))
    assert.deepStrictEqual(
      entries.map((each) => [each.surface, each.listener, each.step, each.authentication, each.status].join(" ")),
      [
        "x3-web-services main api1 basic 200",
        "x3-web-services tls api1 certificate 200",
        "x3-web-services online api1 bearer 200",
        "x3-web-services main soap basic 200",
        "x3-graphql main graphql bearer 200",
        "x3-web-services main api1  401"
      ]
    )
    const authorization = ["authorization"]
    assert.deepStrictEqual(sent, [authorization, [], authorization, authorization, authorization, ["cookie"]])
  })

  it("holds no password, secret, token or cookie, wherever somebody puts them", async () => {
    const sandbox = await start()
    const { basic: login, accented, onPremise, certificate, oauth2 } = webServices(sandbox)
    const { app } = sandbox.accounts["x3-graphql"]
    const minted = jwt(sandbox)
    const idpToken = await accessToken(sandbox)
    const owned = String((await tokenRequest(sandbox, { grant_type: "client_credentials" })).at("access_token"))
    sandbox.x3.addUser({ login: "late", password: "late-Pw-77" })
    sandbox.x3.setPassword("late", "later-Pw-78")
    const secrets = [
      login.password,
      accented.password,
      app.clientSecret,
      oauth2.clientSecret,
      minted,
      idpToken,
      owned,
      certificate.key,
      "late-Pw-77",
      "later-Pw-78"
    ]
    for (const secret of secrets) {
      await soap(sandbox, { operation: "save", fields: { BPCNUM: secret }, context: `<password>${secret}</password>` })
      await soap(sandbox, `<x>${secret}</x>`)
      await api(sandbox, `x3/erp/SEED/BPCUSTOMER('${encodeURIComponent(secret)}')?representation=BPCUSTOMER.$details`)
      await api(sandbox, customer("C0001", "$edit"), { method: "PUT", body: JSON.stringify({ BPCNAM: secret }) })
      await graphql(sandbox, { query: `{ a(b: ${JSON.stringify(secret)}) }`, variables: { secret } })
      await send(sandbox, `${onPremise}/auth/login`, {
        method: "POST",
        body: `login=x&password=${encodeURIComponent(secret)}`
      })
      await send(sandbox, `${onPremise}/api1/${customers}`, {
        headers: { authorization: basic({ user: "x", password: secret }) }
      })
    }
    const log = JSON.stringify(sandbox.requests())
    for (const secret of secrets) {
      for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) {
        assert.notInclude(log, form)
      }
    }
  })
})

describe("stop", () => {
  it("closes every port, a handshake that never ends and a call that waits for a channel included", async () => {
    const sandbox = await start({ x3: { pools: { ONE: { size: 1 } } } })
    const { connect } = await import("node:net")
    const { tls, online, onPremise } = webServices(sandbox)
    const silent = connect(Number(new URL(tls).port), "localhost")
    const closed = new Promise((resolve) => silent.once("close", resolve))
    silent.on("error", () => {})
    await new Promise((resolve) => silent.once("connect", resolve))
    sandbox.fault("x3-web-services", { on: "ONE", kind: "hang" })
    const calls = [1, 2].map(() => soap(sandbox, { operation: "query", pool: "ONE" }).catch(() => "gone"))
    await until(() => sandbox.requests({ step: "soap" }).length === 2)
    await sandbox.stop()
    assert.deepStrictEqual(await Promise.all(calls), ["gone", "gone"])
    await closed
    for (const url of [tls, online, onPremise]) {
      assert.strictEqual(
        await send(sandbox, url).then(String, (error: { code?: string }) => error.code),
        "ECONNREFUSED"
      )
    }
  })
})
