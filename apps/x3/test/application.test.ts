import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { request as requestPlainly } from "node:http"
import { createServer, get } from "node:https"
import { type AddressInfo, connect } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { createSageAuth } from "@sage-auth/core"
import * as Advice from "@sage-auth/core/advice"
import { startSandbox } from "@sage-auth/sandbox"
import { assert, describe, onTestFinished, test } from "vitest"
import { ownServer } from "../src/deployment/ownServer.ts"
import { localCertificate } from "../src/localCertificate.ts"
import { type Started, start } from "../src/start.ts"
import { deployments, waysOf } from "../src/ways.ts"
import { Browser } from "./Browser.ts"

interface Answer {
  readonly customers: ReadonlyArray<{ readonly code: string; readonly name: string; readonly country: string }>
  readonly after?: string
}

const open = async (environment: Readonly<Record<string, string>> = {}): Promise<Started> => {
  const started = await start({ PORT: "0", ...environment })
  onTestFinished(() => started.close())
  return started
}

/** The cookie of somebody who has signed in for a company. */
const signedIn = async (url: string, company = "acme"): Promise<string> => {
  const answer = await fetch(`${url}/sign-in`, {
    method: "POST",
    body: new URLSearchParams({ company }),
    redirect: "manual"
  })
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";", 1)[0])
    .join("; ")
}

const homeOf = async (url: string): Promise<string> =>
  (await fetch(url, { headers: { cookie: await signedIn(url) } })).text()

const browserAt = async (url: string): Promise<Browser> => {
  const browser = new Browser()
  await browser.click(await browser.visit(url), /Acme/)
  return browser
}

const ask = async (url: string, query: string, company?: string) =>
  fetch(`${url}/customers?${query}`, { headers: { accept: "application/json", cookie: await signedIn(url, company) } })

const read = async (url: string, query: string): Promise<Answer> => {
  const response = await ask(url, query)
  assert.strictEqual(response.status, 200, `${query}: ${response.status}`)
  return (await response.json()) as Answer
}

/** Every combination whose row on the start page has a link to customers. */
const allowedOn = (page: string): ReadonlyArray<string> =>
  [...page.matchAll(/href="\/customers\?([^"]+)"/g)].map(([, query = ""]) => query.replaceAll("&amp;", "&"))

const asGrace = /^Allow as grace@/

const failureOf = async (environment: Readonly<Record<string, string>>): Promise<Error> => {
  const failed: unknown = await start({ PORT: "0", ...environment }).then(
    ({ close }) => close(),
    (error: unknown) => error
  )
  assert.instanceOf(failed, Error)
  return failed
}

const first = { code: "C0001", name: "Northwind Traders", country: "FR" }

describe("on premise", () => {
  test("the same customers come by every interface, with every credential that needs nobody", async () => {
    const { url } = await open()
    const ways = allowedOn(await homeOf(url))
    assert.deepStrictEqual(
      ways.toSorted(),
      [
        "by=graphql&as=basic",
        "by=graphql&as=connected-app",
        ...["rest", "soap"].flatMap((by) =>
          ["basic", "certificate", "oauth2", "oauth2-public", "client-credentials", "token"].map(
            (as) => `by=${by}&as=${as}`
          )
        )
      ].toSorted()
    )
    for (const way of ways.filter((each) => !each.includes("oauth2"))) {
      const { customers } = await read(url, `${way}&limit=3`)
      assert.strictEqual(customers.length, 3, way)
      assert.deepStrictEqual(customers[0], first, way)
    }
  })

  test("pages follow each other until there are no more", async () => {
    const { url } = await open()
    for (const by of ["rest", "graphql"]) {
      const codes: Array<string> = []
      let after: string | undefined
      do {
        const page: Answer = await read(url, `by=${by}&limit=25${after === undefined ? "" : `&after=${after}`}`)
        codes.push(...page.customers.map(({ code }) => code))
        after = page.after
      } while (after !== undefined)
      assert.strictEqual(codes.length, 60, by)
      assert.strictEqual(new Set(codes).size, 60, by)
    }
  })

  test("a browser that asks for customers is sent to consent, and comes back to them", async () => {
    const { url } = await open()
    const program = await ask(url, "by=rest&as=oauth2")
    assert.strictEqual(program.status, 403)
    assert.strictEqual(((await program.json()) as { readonly connectUrl?: string }).connectUrl, "/sage/connect/oauth2")

    const browser = await browserAt(url)
    const wanted = `${url}/customers?by=rest&as=oauth2&limit=2`
    const asked = await browser.visit(wanted)
    assert.match(asked.text, /identity provider/, "who has not consented is sent to the identity provider")
    const customers = await browser.click(asked, asGrace)
    assert.strictEqual(customers.url, wanted, "and comes back to what was asked for")
    assert.deepStrictEqual((JSON.parse(customers.text) as Answer).customers[0], first)
    assert.deepStrictEqual((await read(url, "by=soap&as=oauth2&limit=2")).customers[0], first)

    const home = await browser.visit(url)
    assert.match(home.text, /Disconnect/)
    const disconnected = await browser.click(home, /Disconnect/)
    assert.strictEqual(disconnected.url, `${url}/`)
    assert.notMatch(disconnected.text, /Disconnect/)
    assert.strictEqual((await ask(url, "by=rest&as=oauth2")).status, 403)
  })

  test("a client without a secret is consented to by PKCE alone", async () => {
    const { url } = await open()
    const browser = await browserAt(url)
    const wanted = `${url}/customers?by=rest&as=oauth2-public&limit=2`
    const asked = await browser.visit(wanted)
    const { searchParams } = new URL(asked.url)
    assert.strictEqual(searchParams.get("client_id"), "x3-desktop")
    assert.strictEqual(searchParams.get("code_challenge_method"), "S256")
    const customers = await browser.click(asked, asGrace)
    assert.strictEqual(customers.url, wanted)
    assert.deepStrictEqual((JSON.parse(customers.text) as Answer).customers[0], first)
    assert.strictEqual((await ask(url, "by=rest&as=oauth2")).status, 403, "it is another connection")
  })

  test("each company has consents of its own, and who has not signed in gets nothing", async () => {
    const { url } = await open()
    const browser = await browserAt(url)
    await browser.click(await browser.visit(`${url}/customers?as=oauth2&by=rest`), asGrace)
    assert.strictEqual((await ask(url, "as=oauth2")).status, 200)
    assert.strictEqual((await ask(url, "as=oauth2", "birch")).status, 403)
    for (const address of ["/customers", "/sage/connect/oauth2"]) {
      assert.strictEqual((await fetch(`${url}${address}`, { redirect: "manual" })).status, 401, address)
    }
    await browser.click(await browser.visit(url), /Sign out/)
    assert.match((await browser.visit(url)).text, /Who are you\?/)
  })

  test("another site cannot disconnect", async () => {
    const { url } = await open()
    const browser = await browserAt(url)
    await browser.click(await browser.visit(`${url}/customers?as=oauth2&by=rest`), asGrace)
    const home = await browser.visit(url)
    assert.strictEqual((await browser.click(home, /Disconnect/, "https://evil.example/")).status, 403)
    assert.strictEqual((await ask(url, "as=oauth2")).status, 200)
  })

  test("what does not work is refused with the reason", async () => {
    const { url } = await open()
    for (const [query, status, words] of [
      ["by=graphql&as=oauth2", 400, /connected application/],
      ["by=rest&as=connected-app", 400, /for GraphQL/],
      ["by=ftp", 400, /enum/],
      ["limit=0", 400, /1 to 100/],
      ["limit=ten", 400, /numeric/],
      ["by=soap&after=x", 400, /no pages/],
      ["after=x", 400, /page before/],
      [`after=${Buffer.from("representation=USER.$query").toString("base64url")}`, 400, /page before/],
      ["after=x&after=y", 400, /once/]
    ] as const) {
      const response = await ask(url, query)
      assert.strictEqual(response.status, status, query)
      assert.match(await response.text(), words, query)
    }
  })

  test("it is well, and says so without asking X3", async () => {
    const { url } = await open()
    const response = await fetch(`${url}/health`)
    assert.strictEqual(response.status, 200)
    assert.deepStrictEqual(((await response.json()) as { readonly status: string }).status, "ok")
  })
})

test("X3 Online takes tokens and connected applications, and says why it takes nothing else", async () => {
  const { kind, url } = await open({ X3_DEPLOYMENT: "online" })
  assert.strictEqual(kind, "online")
  const home = await homeOf(url)
  assert.deepStrictEqual(allowedOn(home).toSorted(), [
    "by=graphql&as=connected-app",
    "by=rest&as=client-credentials",
    "by=rest&as=oauth2",
    "by=rest&as=oauth2-public",
    "by=rest&as=token",
    "by=soap&as=client-credentials",
    "by=soap&as=oauth2",
    "by=soap&as=oauth2-public",
    "by=soap&as=token"
  ])
  for (const way of [
    "by=rest&as=token",
    "by=soap&as=token",
    "by=graphql",
    "by=rest&as=client-credentials",
    "by=soap&as=client-credentials"
  ]) {
    assert.deepStrictEqual((await read(url, `${way}&limit=1`)).customers, [first], way)
  }
  const refused = await ask(url, "by=rest&as=basic")
  assert.strictEqual(refused.status, 400)
  assert.match(await refused.text(), /X3 Online takes OAuth2 only/)
  const browser = await browserAt(url)
  const customers = await browser.click(await browser.visit(`${url}/customers?by=soap&as=oauth2&limit=1`), asGrace)
  assert.deepStrictEqual((JSON.parse(customers.text) as Answer).customers, [first])
})

test("in the multi-tenant cloud a pairing opens GraphQL, by a callback that brings no cookie", async () => {
  const { url } = await open({ X3_DEPLOYMENT: "multi-tenant" })
  assert.strictEqual((await ask(url, "by=rest")).status, 400)
  assert.strictEqual((await ask(url, "by=graphql")).status, 403)
  const browser = await browserAt(url)
  const asked = await browser.visit(`${url}/sage/connect/gateway?returnTo=/customers%3Fby%3Dgraphql%26limit%3D1`)
  // the X3 user, in the same browser
  let page = asked
  for (const button of [/^Decide as an X3 user/, /^Sign in as wsadmin/, /^Allow/])
    page = await browser.click(page, button)
  // the page that sends itself off, in a browser without a cookie of this application: it may connect, and see nothing
  const callback = await new Browser().click(page)
  assert.strictEqual(callback.url, `${url}/customers?by=graphql&limit=1`)
  assert.strictEqual(callback.status, 401)
  assert.deepStrictEqual((await read(url, "by=graphql&limit=1")).customers, [first])
  assert.strictEqual((await ask(url, "by=graphql&limit=1", "birch")).status, 403, "it is the pairing of one company")
})

test("every way into X3 that the library has is one of this application's", () => {
  /** what the sample calls them, where it has a name of its own */
  const here: Readonly<Record<string, string>> = { bearer: "token", gateway: "graphql" }
  for (const kind of deployments) {
    const open = Advice.x3Access
      .filter(({ deployment, outcome }) => deployment === kind && (outcome === "works" || outcome === "unproven"))
      .map(({ credential, surface }) => `${here[surface] ?? surface} ${here[credential] ?? credential}`)
    const shown = waysOf(kind).flatMap(({ allowed, as, by }) => (allowed ? [`${by} ${as}`] : []))
    assert.isNotEmpty(open, kind)
    assert.deepStrictEqual(shown.filter((each) => !each.endsWith("oauth2-public")).toSorted(), open.toSorted(), kind)
  }
})

const namesOf = (environment: Readonly<Record<string, string>>) =>
  Object.keys(ownServer(environment, "on-premise", "https://app.example/sage/callback").connections)

describe("the environment", () => {
  test("a missing credential is named, and no value of one is shown", async () => {
    const server = { X3_BASE_URL: "https://x3.acme.example:8124", X3_USER: "integration" }
    assert.include((await failureOf(server)).message, "X3_PASSWORD")
    const provider = {
      X3_BASE_URL: "https://x3.acme.example:8124",
      X3_IDP_TOKEN_URL: "https://login.acme.example/token",
      X3_IDP_AUTHORIZE_URL: "https://login.acme.example/authorize",
      X3_IDP_CLIENT_ID: "customers",
      X3_IDP_CLIENT_SECRET: "hush-hush-secret"
    }
    const { message } = await failureOf(provider)
    assert.include(message, "SAGE_AUTH_KEY")
    assert.notInclude(message, "hush-hush-secret")
    const { X3_IDP_CLIENT_ID: _id, X3_IDP_CLIENT_SECRET: _secret, ...nameless } = provider
    assert.include((await failureOf(nameless)).message, "X3_IDP_CLIENT_ID")
  })

  test("a client without a secret is configured beside or in place of the one that has a secret", () => {
    const provider = {
      X3_BASE_URL: "https://x3.acme.example:8124",
      X3_IDP_TOKEN_URL: "https://login.acme.example/token",
      X3_IDP_AUTHORIZE_URL: "https://login.acme.example/authorize",
      X3_IDP_PUBLIC_CLIENT_ID: "desktop",
      SAGE_AUTH_KEY: "some-key",
      SESSION_KEY: "some-session-key"
    }
    assert.deepStrictEqual(namesOf(provider), ["oauth2Public"])
    const beside = { ...provider, X3_IDP_CLIENT_ID: "customers", X3_IDP_CLIENT_SECRET: "hush" }
    assert.deepStrictEqual(namesOf(beside), ["oauth2Public", "oauth2"])
  })

  test("a server without a credential, plain http and an unknown deployment are refused", async () => {
    assert.include((await failureOf({ X3_BASE_URL: "https://x3.acme.example:8124" })).message, "no credential")
    const plain = { X3_BASE_URL: "http://x3.acme.example:8124", X3_USER: "a", X3_PASSWORD: "b", SESSION_KEY: "c" }
    assert.include((await failureOf(plain)).message, "trusted-network")
    assert.include((await failureOf({ X3_DEPLOYMENT: "cloud" })).message, "multi-tenant")
  })

  test("what is configured is offered, and the rest says what it needs", async () => {
    const { real, url } = await open({
      X3_BASE_URL: "https://x3.acme.example:8124",
      X3_USER: "integration",
      X3_PASSWORD: "hush-hush-secret",
      SESSION_KEY: "some-session-key"
    })
    assert.isTrue(real)
    const home = await homeOf(url)
    assert.deepStrictEqual(allowedOn(home), ["by=rest&as=basic", "by=soap&as=basic"])
    assert.include(home, "Set X3_TLS_BASE_URL, X3_PFX, X3_PFX_PASSPHRASE.")
    assert.notInclude(home, "hush-hush-secret")
    const unconfigured = await ask(url, "by=rest&as=certificate")
    assert.strictEqual(unconfigured.status, 404)
    assert.match(await unconfigured.text(), /X3_PFX/)
  })
})

/** An X3 on this machine that is not the application's own, and what every deployment of it needs. */
const openServer = async () => {
  const sandbox = await startSandbox()
  const folder = mkdtempSync(path.join(tmpdir(), "sage-auth-x3-"))
  onTestFinished(async () => {
    await sandbox.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const file = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path.join(folder, name), content, { mode: 0o600 })
    return path.join(folder, name)
  }
  const { app, endpoint } = sandbox.accounts["x3-graphql"]
  const web = sandbox.accounts["x3-web-services"]
  const common = {
    SESSION_KEY: "some-session-key",
    X3_CA: file("ca.pem", sandbox.ca),
    X3_POOL: web.pool,
    X3_CUSTOMER_OBJECT: "WSBPC",
    X3_GRAPHQL_ENDPOINT: endpoint,
    X3_APP_ID: app.clientId,
    X3_APP_SECRET: app.clientSecret,
    X3_APP_USER: app.user
  }
  return { sandbox, web, file, common }
}

/** An address over TLS at which the sandbox's identity provider answers, and the authority of its certificate. */
const overTls = async (tokenUrl: string) => {
  const folder = mkdtempSync(path.join(tmpdir(), "sage-auth-x3-"))
  const pair = await localCertificate("localhost", folder)
  const server = createServer(pair, (request, response) => {
    const { headers, method } = request
    const passed = requestPlainly(tokenUrl, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(passed)
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  return { url: `https://localhost:${port}/token`, ca: pair.cert }
}

describe("a server that the environment names", () => {
  test("is asked by client credentials, and told of as it answers where it maps such tokens to no user", async () => {
    const { common, file, sandbox, web } = await openServer()
    const { clientId, clientSecret, scope, tokenUrl } = web.oauth2
    const provider = await overTls(tokenUrl)
    const { url } = await open({
      ...common,
      X3_CA: file("both.pem", sandbox.ca + provider.ca),
      X3_DEPLOYMENT: "online",
      X3_BASE_URL: sandbox.urls["x3-web-services"].online,
      X3_GRAPHQL_URL: sandbox.urls["x3-graphql"].online,
      X3_IDP_TOKEN_URL: provider.url,
      X3_SERVICE_CLIENT_ID: clientId,
      X3_SERVICE_CLIENT_SECRET: clientSecret,
      X3_SERVICE_SCOPE: scope
    })
    const home = await homeOf(url)
    assert.include(allowedOn(home), "by=rest&as=client-credentials")
    assert.include(home, "No page of Sage&#39;s shows client credentials for X3.")
    assert.include(home, "Set X3_BASE_URL, X3_IDP_AUTHORIZE_URL", "no human can consent without a page to go to")
    for (const by of ["rest", "soap"]) {
      const refused = await ask(url, `by=${by}&as=client-credentials&limit=1`)
      assert.isAtLeast(refused.status, 400, by)
      assert.notInclude(await refused.text(), clientSecret)
    }
    sandbox.x3.configure({ clientCredentialsUser: web.basic.user })
    for (const by of ["rest", "soap"]) {
      assert.deepStrictEqual((await read(url, `by=${by}&as=client-credentials&limit=1`)).customers, [first], by)
    }
    const grants = sandbox.requests().flatMap(({ grantType }) => grantType ?? [])
    assert.deepStrictEqual([...new Set(grants)], ["client_credentials"])
  })

  test("is read on premise by user and password, certificate and connected application", async () => {
    const { common, file, sandbox, web } = await openServer()
    const { onPremise, tls } = sandbox.urls["x3-web-services"]
    const { url } = await open({
      ...common,
      X3_BASE_URL: onPremise,
      X3_ALLOW_PLAIN_HTTP: "trusted-network",
      X3_USER: web.basic.user,
      X3_PASSWORD: web.basic.password,
      X3_TLS_BASE_URL: tls,
      X3_PFX: file("integration.pfx", web.certificate.pfx),
      X3_PFX_PASSPHRASE: web.certificate.passphrase,
      X3_GRAPHQL_URL: sandbox.urls["x3-graphql"].api
    })
    const ways = allowedOn(await homeOf(url))
    assert.strictEqual(ways.length, 6)
    for (const way of ways) assert.deepStrictEqual((await read(url, `${way}&limit=1`)).customers, [first], way)
  })

  test("is read online by the token in a file, which is read again when it was replaced", async () => {
    const { common, file, sandbox } = await openServer()
    const sso = createSageAuth({ connections: { sso: sandbox.connections().erpSso } })
    onTestFinished(() => sso.close())
    const client = sso.client("sso")
    const { cookie, url: asked } = await client.authorize({ returnTo: "/" })
    await sso.completeAuthorization({ url: await sandbox.approve(asked), cookie })
    const token = async () => String((await client.headers())["authorization"]).replace("Bearer ", "")
    const { url } = await open({
      ...common,
      X3_DEPLOYMENT: "online",
      X3_BASE_URL: sandbox.urls["x3-web-services"].online,
      X3_TOKEN_FILE: file("token", `${await token()}\n`),
      X3_GRAPHQL_URL: sandbox.urls["x3-graphql"].online
    })
    for (const way of ["by=rest&as=token", "by=soap&as=token", "by=graphql&as=connected-app"]) {
      assert.deepStrictEqual((await read(url, `${way}&limit=1`)).customers, [first], way)
    }
    sandbox.x3.expireAccessTokens()
    await client.refresh()
    file("token", await token())
    assert.deepStrictEqual((await read(url, "by=rest&as=token&limit=1")).customers, [first])
  })
})

test("the certificate for a local name is made once and works", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "sage-auth-x3-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const pair = await localCertificate("localhost", folder)
  assert.deepStrictEqual(await localCertificate("localhost", folder), pair)
  const server = createServer(pair, (_request, response) => response.end("here"))
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  const status = await new Promise((resolve, reject) => {
    get(`https://localhost:${port}`, { ca: pair.cert, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on("error", reject)
  })
  assert.strictEqual(status, 200)
  await localCertificate("../etc", folder).then(
    () => assert.fail("a path is no host name"),
    (error: Error) => assert.include(error.message, "HOST_NAME")
  )
})

test("it listens at 127.0.0.1, and at no other address of the machine", async () => {
  const { url } = await open()
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  // the whole of 127.0.0.0/8 is this machine: a server that listens everywhere would answer here
  const socket = connect(Number(new URL(url).port), "127.0.0.2")
  onTestFinished(() => void socket.destroy())
  const refused = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(false)).once("error", () => resolve(true))
  })
  assert.isTrue(refused)
})
