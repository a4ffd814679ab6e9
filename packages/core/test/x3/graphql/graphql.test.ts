import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import jsonwebtoken from "jsonwebtoken"
import { assert, describe, it, onTestFinished } from "vitest"
import type { ApplicationClock } from "../../../src/application/clock.ts"
import { createSageAuth } from "../../../src/createSageAuth.ts"
import { isSageAuthError, type SageAuthError } from "../../../src/errors/SageAuthError.ts"
import type { SageEvent } from "../../../src/telemetry/SageEvent.ts"
import { basic } from "../../../src/x3/auth.ts"
import { graphql } from "../../../src/x3/graphql/graphql.ts"
import type { GraphQLOptions } from "../../../src/x3/graphql/options.ts"
import { settled } from "../../application/probe.ts"

const app = { clientId: "9a2c", clientSecret: "s3cret of the app", user: "integration" }
const start = Date.UTC(2026, 10, 21)
const minute = 60_000

interface Asked {
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Answered {
  readonly status: number
  readonly type?: string
  readonly body: string
}

const data = (value: unknown): Answered => ({
  status: 200,
  type: "application/json",
  body: JSON.stringify({ data: value })
})

/** A server that checks tokens as a connected application's record says, with `jsonwebtoken`. */
const openServer = async (answer: (asked: Asked, now: () => number) => Answered | undefined = () => undefined) => {
  const requests: Array<Asked> = []
  const clock = { now: start }
  const server = createServer((request, response) => {
    let body = ""
    request.setEncoding("utf8")
    request.on("data", (chunk: string) => (body += chunk))
    request.on("end", () => {
      const asked = { url: request.url, headers: request.headers, body }
      requests.push(asked)
      const { body: text, status, type = "text/plain" } = answer(asked, () => clock.now) ?? checked(asked)
      response.writeHead(status, { "content-type": type })
      response.end(text)
    })
  })
  const checked = ({ headers }: Asked): Answered => {
    const token = headers.authorization?.replace("Bearer ", "") ?? ""
    try {
      const claims = jsonwebtoken.verify(token, app.clientSecret, { clockTimestamp: clock.now / 1000, maxAge: "10m" })
      return data(claims)
    } catch {
      return { status: 401, body: "Error 50: Invalid token" }
    }
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/xtrem/api`
  return { url, requests, clock }
}

type Differs = Partial<Record<keyof GraphQLOptions, unknown>>

const openGraph = (url: string, clock: { now: number }, differs: Differs = {}) => {
  const applicationClock: ApplicationClock = { now: () => clock.now }
  const sage = createSageAuth({
    connections: {
      graph: graphql({ url, endpoint: "REPOSX3", app, environment: "sandbox", ...differs } as unknown as GraphQLOptions)
    },
    clock: applicationClock
  })
  onTestFinished(() => sage.close())
  const events: Array<SageEvent> = []
  const iterator = sage.events()
  void (async () => {
    for await (const event of iterator) events.push(event)
  })()
  return { graph: sage.client("graph"), sage, events }
}

const failureOf = async (promise: Promise<unknown>): Promise<SageAuthError> => {
  try {
    await promise
  } catch (thrown) {
    if (isSageAuthError(thrown)) return thrown
    throw thrown
  }
  throw new Error("it succeeded, where it had to fail")
}

const login = (differs: Differs = {}): Differs => ({
  app: undefined,
  deployment: "on-premise",
  auth: basic({ user: "jürgen", password: "pässword" }),
  ...differs
})

describe("a query", () => {
  it.each([[undefined], [5], [" "], [{ query: "{ x }" }], ["{ x }", "x"], ["{ x }", [1]], ["{ x }", 5]])(
    "that is none is not sent: %j",
    async (...input) => {
      const { clock, requests, url } = await openServer()
      const { graph } = openGraph(url, clock)
      const failed = await failureOf(graph.query(...(input as [string])))
      assert.strictEqual(failed.reason._tag, "Misconfigured")
      assert.isEmpty(requests)
    }
  )

  it("may take longer than its connection's other calls, where it says so", async () => {
    const { clock, url } = await openServer()
    const { graph } = openGraph(url, clock, { deadline: 1 })
    assert.strictEqual((await failureOf(graph.query("{ x }"))).reason._tag, "DeadlineExceeded")
    const { errors } = await graph.query("{ x }", undefined, { deadline: "20 seconds" })
    assert.deepStrictEqual(errors, [])
  })

  it("whose caller leaves reads no further", async () => {
    const stalling = createServer()
    const hungUp = new Promise<void>((resolve) => {
      stalling.on("request", (request, response) => {
        request.resume()
        response.writeHead(200, { "content-type": "application/json" })
        response.write('{"data":')
        response.once("close", resolve)
      })
    })
    await new Promise<void>((resolve) => stalling.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => stalling.closeAllConnections())
    onTestFinished(() => void stalling.close())
    const { port } = stalling.address() as AddressInfo
    const { graph } = openGraph(`http://127.0.0.1:${port}/xtrem/api`, { now: start })
    const failed = await failureOf(graph.query("{ x }", undefined, { deadline: 300 }))
    assert.strictEqual(failed.reason._tag, "DeadlineExceeded")
    await hungUp
  })

  it("asks a function for the credential once, even where that fails", async () => {
    const { clock, url } = await openServer()
    let asked = 0
    const { graph } = openGraph(url, clock, {
      app: () => {
        asked++
        throw new Error("the vault is away")
      }
    })
    assert.strictEqual((await failureOf(graph.query("{ x }"))).reason._tag, "Misconfigured")
    assert.strictEqual(asked, 1)
  })

  it("goes to the API itself, with a token, the endpoint and its variables", async () => {
    const { clock, requests, url } = await openServer()
    const { graph } = openGraph(url, clock)
    const { data: claims, errors } = await graph.query("query Q($a: Int) { x(a: $a) }", { a: 1 })
    assert.deepStrictEqual(errors, [])
    assert.deepInclude(claims as object, { iss: app.clientId, sub: app.user, aud: url })
    const [asked] = requests
    assert.strictEqual(asked?.url, "/xtrem/api")
    assert.strictEqual(asked?.headers["x-xtrem-endpoint"], "REPOSX3")
    assert.strictEqual(asked?.headers["content-type"], "application/json")
    assert.deepStrictEqual(JSON.parse(asked?.body ?? ""), {
      query: "query Q($a: Int) { x(a: $a) }",
      variables: { a: 1 }
    })
  })

  it("uses one token until shortly before its end, and then another one", async () => {
    const { clock, requests, url } = await openServer()
    const { graph } = openGraph(url, clock)
    const used = () => new Set(requests.map(({ headers }) => headers.authorization)).size
    for (const _ of [1, 2, 3]) await graph.query("{ x }")
    clock.now += 2 * minute
    await graph.query("{ x }")
    assert.strictEqual(used(), 1)
    clock.now += 3 * minute
    await graph.query("{ x }")
    assert.strictEqual(used(), 2)
  })

  it("is repeated once with a new token after one was refused, and then says which field is wrong", async () => {
    const { clock, requests, url } = await openServer(() => ({ status: 401, body: "Error 45: Invalid token" }))
    const { events, graph } = openGraph(url, clock)
    const failure = await failureOf(graph.query("{ x }"))
    assert.strictEqual(failure.id, "x3-graphql.error-45")
    assert.include(failure.remedy, "`url`")
    assert.strictEqual(requests.length, 2)
    await failureOf(graph.query("{ x }"))
    await settled()
    // once per incident, and nothing is held back: nobody is locked out
    assert.strictEqual(requests.length, 4)
    assert.deepStrictEqual(
      events.filter(({ type }) => type === "credential-rejected").map((event) => "what" in event && event.what),
      ["client"]
    )
    assert.strictEqual((await graph.status()).state, "reauthorization-required")
  })

  it("that finds the token over by the server's clock is served by a new one", async () => {
    let refusals = 1
    const { clock, requests, url } = await openServer(() =>
      refusals-- > 0 ? { status: 401, body: "Error 50: Invalid token" } : undefined
    )
    const { events, graph } = openGraph(url, clock)
    await graph.query("{ x }")
    await settled()
    assert.strictEqual(requests.length, 2)
    assert.deepStrictEqual(
      events.filter(({ type }) => type === "credential-rejected"),
      []
    )
  })

  it("asks for the application of each tenant, and again after a refusal", async () => {
    const { clock, requests, url } = await openServer()
    const asked: Array<string> = []
    let { clientSecret } = { clientSecret: "of yesterday" }
    const { graph, sage } = openGraph(url, clock, {
      app: async (tenant: string) => {
        asked.push(tenant)
        const given = { ...app, clientSecret }
        ;({ clientSecret } = app)
        return given
      },
      endpoint: (tenant: string) => tenant.toUpperCase()
    })
    await sage.client("graph", { tenant: "acme" }).query("{ x }")
    assert.deepStrictEqual(asked, ["acme", "acme"])
    await graph.query("{ x }")
    assert.deepStrictEqual(
      requests.map(({ headers }) => headers["x-xtrem-endpoint"]),
      ["ACME", "ACME", "DEFAULT"]
    )
  })

  it.each([
    ["", ""],
    ["xtrem", "xtrem"],
    [undefined, "https://x3.acme.example:8124/xtrem/api/"]
  ])("is for the audience %j where that is configured", async (audience, expected) => {
    const { clock, requests, url } = await openServer(() => data({}))
    const registered = "https://x3.acme.example:8124/xtrem/api/"
    const { graph } = openGraph(registered, clock, { audience, urls: { api: url } })
    await graph.query("{ x }")
    const token = requests[0]?.headers.authorization?.slice("Bearer ".length) ?? ""
    assert.strictEqual((jsonwebtoken.decode(token) as { readonly aud: string }).aud, expected)
  })

  it("fails before sending what JSON cannot hold", async () => {
    const { clock, requests, url } = await openServer()
    const { graph } = openGraph(url, clock)
    assert.strictEqual((await failureOf(graph.query("{ x }", { a: 1n }))).reason._tag, "Misconfigured")
    assert.strictEqual(requests.length, 0)
  })

  it("quotes no token and no secret", async () => {
    const { clock, url } = await openServer(({ headers }) => ({
      status: 200,
      type: "application/json",
      body: JSON.stringify({ errors: [{ message: `${headers.authorization} ${app.clientSecret}` }] })
    }))
    const { graph } = openGraph(url, clock)
    const failure = await failureOf(graph.query("{ x }"))
    assert.notInclude(failure.message, app.clientSecret)
    assert.notMatch(failure.message, /eyJ/)
  })
})

describe("fetch", () => {
  it("hands over what came after the second refusal", async () => {
    const { clock, requests, url } = await openServer(() => ({ status: 401, body: "Error 41: Invalid token" }))
    const { graph } = openGraph(url, clock)
    const response = await graph.fetch("", { method: "POST", body: "{}" })
    assert.strictEqual(response.status, 401)
    assert.strictEqual(await response.text(), "Error 41: Invalid token")
    assert.strictEqual(requests.length, 2)
  })

  it("takes the address itself, and no other host", async () => {
    const { clock, requests, url } = await openServer()
    const { graph } = openGraph(url, clock)
    assert.strictEqual((await graph.fetch(url)).status, 200)
    assert.strictEqual(requests[0]?.url, "/xtrem/api")
    assert.strictEqual((await failureOf(graph.fetch("https://evil.example/"))).id, "client.host-refused")
  })

  it("keeps its headers for other clients, in one object for each token", async () => {
    const { clock, url } = await openServer()
    const { graph } = openGraph(url, clock)
    const headers = await graph.headers()
    assert.strictEqual(await graph.headers(), headers)
    assert.isFrozen(headers)
    assert.deepStrictEqual(Object.keys(headers).toSorted(), ["accept", "authorization", "x-xtrem-endpoint"])
    await graph.refresh()
    assert.notStrictEqual(await graph.headers(), headers)
  })
})

describe("user and password", () => {
  const authorized = `Basic ${Buffer.from("jürgen:pässword").toString("base64")}`

  it("travel in UTF-8, beside the endpoint", async () => {
    const { clock, requests, url } = await openServer(() => data({}))
    const { graph } = openGraph(url, clock, login())
    await graph.query("{ x }")
    assert.strictEqual(requests[0]?.headers.authorization, authorized)
    assert.strictEqual(requests[0]?.headers["x-xtrem-endpoint"], "REPOSX3")
  })

  it("that were refused are not sent again before 15 minutes have passed or somebody asks", async () => {
    let good = false
    const { clock, requests, url } = await openServer(() =>
      good ? data({}) : { status: 401, body: "Authentication failed..." }
    )
    const { events, graph } = openGraph(url, clock, login())
    assert.strictEqual((await failureOf(graph.query("{ x }"))).id, "x3-graphql.basic-rejected")
    assert.strictEqual(requests.length, 1)
    assert.strictEqual((await failureOf(graph.query("{ x }"))).id, "client.credential-blocked")
    assert.strictEqual(requests.length, 1)
    assert.strictEqual((await graph.status()).state, "reauthorization-required")
    clock.now += 15 * minute
    assert.strictEqual((await failureOf(graph.query("{ x }"))).id, "x3-graphql.basic-rejected")
    assert.strictEqual(requests.length, 2)
    good = true
    await graph.refresh()
    await graph.query("{ x }")
    await settled()
    assert.strictEqual((await graph.status()).state, "connected")
    assert.deepStrictEqual(
      events.map(({ type }) => type).filter((type) => type === "credential-rejected" || type === "recovered"),
      ["credential-rejected", "recovered"]
    )
  })
})

describe("a server without GraphQL", () => {
  it.each([
    [404, "text/html", "<html><body>Not found</body></html>"],
    [302, "text/plain", ""],
    [200, "text/html", "<!doctype html><html><title>Sign in</title></html>"]
  ])("that answers %i with %s is told by the release that it needs", async (status, type, body) => {
    const { clock, url } = await openServer(() => ({ status, type, body }))
    const { graph } = openGraph(url, clock)
    const failure = await failureOf(graph.query("{ x }"))
    assert.strictEqual(failure.id, "x3-graphql.services-missing")
    assert.include(failure.message, "2021 R2")
  })
})

describe("plain http", () => {
  it("on a trusted network is advised against, once", async () => {
    const { clock, url } = await openServer()
    const trusting = { environment: undefined, deployment: "on-premise", allowPlainHttp: "trusted-network" }
    const { events, graph } = openGraph(url, clock, trusting)
    await graph.query("{ x }")
    await graph.refresh()
    await settled()
    assert.deepStrictEqual(
      events.flatMap((event) => (event.type === "advice" ? [event.subject] : [])),
      ["plain-http"]
    )
  })
})

describe("a connection that was ended", () => {
  it("says so until it is used again", async () => {
    const { clock, url } = await openServer()
    const { graph } = openGraph(url, clock)
    await graph.query("{ x }")
    assert.strictEqual((await graph.status()).state, "connected")
    assert.deepStrictEqual(await graph.disconnect(), { revoked: false })
    assert.strictEqual((await graph.status()).state, "disconnected")
    await graph.query("{ x }")
    assert.strictEqual((await graph.status()).state, "connected")
  })
})
