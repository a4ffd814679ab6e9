/** Every surface with consents against oidc-provider, a server that nobody here wrote and that is certified to be right. */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { generateKey } from "@sage-auth/core"
import { afterEach, assert, beforeEach, describe, it, onTestFinished, vi } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { fastRetry } from "../../src/world.ts"
import { connect, openApplication, statusOf, visit } from "./application.ts"
import { startCaller } from "./children.ts"
import { confidential, isPublic, machine, type Name, names, publicApp, redirectUriOf } from "./connections.ts"
import { lives, type OidcProvider, openOidcProvider } from "./openOidcProvider.ts"
import { playPages } from "./playPages.ts"

const minute = 60
const day = 24 * 3600

// the server and the application live by the same time, which stands still between these moves
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)

const surfaceIds = {
  books: "business-cloud",
  payables: "intacct-rest",
  kiosk: "intacct-rest",
  erp: "x3-web-services",
  desktop: "x3-web-services"
} as const

const refreshTokens = (server: OidcProvider) =>
  server.refreshes().map(({ parameters }) => parameters.get("refresh_token") ?? "")

const apiStatuses = ({ arrived }: OidcProvider) =>
  arrived.filter(({ path }) => path.startsWith("/api/")).map(({ status }) => status)

/** an SQLite file that two applications share, removed when the test ends */
const aStore = () => {
  const directory = mkdtempSync(join(tmpdir(), "sage-auth-"))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return { store: `sqlite:${join(directory, "grants.db")}` as const, keys: [generateKey()] }
}

/** somebody else who got hold of a refresh token */
const useRefreshToken = ({ urls }: OidcProvider, refreshToken: string, name: Name) =>
  fetch(urls.token, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
      ...(isPublic(name)
        ? { client_id: publicApp.clientId }
        : { client_id: confidential.clientId, client_secret: confidential.clientSecret })
    })
  })

const reset = () => Object.assign(new TypeError("fetch failed"), { cause: { code: "ECONNRESET" } })

/** the platform's fetch, which can lose what belongs to the next refresh: its answer, or itself */
const losing = () => {
  let lose: "answer" | "request" | undefined
  return {
    next: (what: "answer" | "request") => {
      lose = what
    },
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      const lost = typeof init?.body === "string" && init.body.includes("grant_type=refresh_token") ? lose : undefined
      if (lost !== undefined) lose = undefined
      if (lost === "request") throw reset()
      const response = await fetch(input, init)
      if (lost === "answer") throw reset()
      return response
    }
  }
}

describe.each(names)("%s at oidc-provider", (name) => {
  it("is consented to on the server's own pages, with PKCE, and calls with the token it got", async () => {
    const server = await openOidcProvider()
    const { callback, client, complete, url } = await visit(openApplication(server.urls), name)
    assert.strictEqual(new URL(url).searchParams.get("code_challenge_method"), "S256")
    // RFC 9207: this server names itself in the callback
    assert.strictEqual(new URL(callback).searchParams.get("iss"), new URL(server.urls.api).origin)
    assert.deepStrictEqual(await complete(), { connection: name, tenant: "acme", returnTo: "/settings?tab=sage" })
    const { clientId } = isPublic(name) ? publicApp : confidential
    assert.deepStrictEqual(await (await client.fetch("contacts")).json(), { for: clientId })
    const [exchange] = server.arrived
    assert.strictEqual(exchange?.parameters.has("client_secret"), !isPublic(name))
    assert.match(exchange?.parameters.get("code_verifier") ?? "", /^[\w.~-]{43,128}$/)
    const { refreshable, state } = await client.status()
    assert.deepStrictEqual({ refreshable, state }, { refreshable: true, state: "connected" })
  })

  it("is refused with the server's words when the person goes back", async () => {
    const server = await openOidcProvider()
    const { client, complete } = await visit(openApplication(server.urls), name, { deny: true })
    const error = await failureOf(complete())
    assert.strictEqual(error.reason._tag, "CallbackRejected")
    assert.strictEqual(error.code, "access_denied")
    assert.match(error.message, /End-User aborted interaction/)
    assert.deepStrictEqual(server.arrived, [])
    assert.strictEqual((await client.status()).state, "disconnected")
  })

  it("takes a callback once, and in time", async () => {
    const server = await openOidcProvider()
    const application = openApplication(server.urls)
    const late = await visit(application, name)
    pass(lives.code + 1)
    const error = await failureOf(late.complete())
    assert.strictEqual(error.id, `${surfaceIds[name]}.code-rejected`)
    const { client, complete } = await visit(application, name)
    await complete()
    const again = await failureOf(complete())
    assert.strictEqual(again.id, "client.callback-rejected")
    // the code was not sent a second time: this server would have revoked what it was exchanged for
    assert.strictEqual(server.arrived.length, 2)
    assert.strictEqual(await statusOf(client), 200)
  })

  it("rotates when the token has expired, one refresh for all callers", async () => {
    const server = await openOidcProvider()
    const application = openApplication(server.urls)
    const client = await connect(application, name)
    for (let round = 1; round <= 2; round++) {
      pass(lives.accessToken + 1)
      const answers = await Promise.all(Array.from({ length: 10 }, () => statusOf(client)))
      assert.deepStrictEqual(new Set(answers), new Set([200]))
      assert.strictEqual(server.refreshes().length, round)
    }
    assert.strictEqual(new Set(refreshTokens(server)).size, 2)
    assert.strictEqual((await application.events.of("rotation-done")).length, 2)
    // each was used up by its own refresh
    for (const used of refreshTokens(server)) {
      assert.isDefined((await server.provider.RefreshToken.find(used))?.consumed)
    }
  })

  it("renews once and calls again when the server ended the token early", async () => {
    const server = await openOidcProvider()
    const client = await connect(openApplication(server.urls), name)
    const { authorization = "" } = await client.headers()
    assert.strictEqual(await statusOf(client), 200)
    await (await server.provider.AccessToken.find(authorization.slice("Bearer ".length)))?.destroy()
    assert.strictEqual(await statusOf(client), 200)
    assert.deepStrictEqual(apiStatuses(server), [200, 401, 200])
    assert.strictEqual(server.refreshes().length, 1)
  })

  it("says once that the grant was revoked when somebody else used its refresh token, and recovers", async () => {
    const server = await openOidcProvider()
    const application = openApplication(server.urls)
    const client = await connect(application, name)
    await client.refresh()
    assert.strictEqual(await statusOf(client), 200)
    const stolen = refreshTokens(server)[0] ?? ""
    // this one detects the reuse and ends the whole family, access tokens included
    assert.strictEqual((await useRefreshToken(server, stolen, name)).status, 400)
    const errors = await Promise.all(Array.from({ length: 20 }, () => failureOf(client.fetch("contacts"))))
    for (const { reason } of errors) {
      assert(reason._tag === "ReauthorizationRequired")
      assert.strictEqual(reason.cause, "Revoked")
    }
    assert.strictEqual((await application.events.of("reauthorization-required")).length, 1)
    assert.strictEqual((await client.status()).state, "reauthorization-required")
    // ours, the thief's, and the one that told us
    assert.strictEqual(server.refreshes().length, 3)
    await connect(application, name)
    assert.strictEqual(await statusOf(client), 200)
    assert.strictEqual((await application.events.of("recovered")).length, 1)
  })

  it("takes a refresh token for dead that nobody used in time", async () => {
    const server = await openOidcProvider()
    const client = await connect(openApplication(server.urls), name)
    pass(lives.refreshToken + 1)
    const { reason } = await failureOf(client.fetch("contacts"))
    assert.strictEqual(reason._tag, "ReauthorizationRequired")
    // and does not send it again
    await failureOf(client.fetch("contacts"))
    assert.strictEqual(server.refreshes().length, 1)
  })

  it("is forgotten by disconnect, and revoked at the server where that was asked for", async () => {
    const server = await openOidcProvider()
    const client = await connect(openApplication(server.urls), name)
    await client.refresh()
    await client.refresh()
    const current = server.arrived.length
    assert.deepStrictEqual(await client.disconnect({ revoke: true }), { revoked: true })
    const [revocation] = server.arrived.slice(current)
    const revoked = revocation?.parameters.get("token") ?? ""
    assert.notInclude([...refreshTokens(server), ""], revoked)
    assert.isUndefined(await server.provider.RefreshToken.find(revoked))
    const { reason } = await failureOf(client.fetch("contacts"))
    assert(reason._tag === "ReauthorizationRequired")
    assert.strictEqual(reason.cause, "NeverAuthorized")
  })
})

/** a consent at an identity provider that was taken for this issuer, with the callback changed on its way back */
const consentNaming = async (issuer: (own: string) => string, tamper: (callback: URL) => void) => {
  const server = await openOidcProvider()
  const { origin } = new URL(server.urls.api)
  const application = openApplication(server.urls, { issuer: issuer(origin) })
  const client = application.sage.client("erp", { tenant: "acme" })
  const { cookie, url } = await client.authorize({ returnTo: "/" })
  const callback = new URL(await playPages(url, { until: redirectUriOf("erp") }))
  tamper(callback)
  return { server, ended: application.sage.completeAuthorization({ url: callback, cookie }), client }
}

describe("x3.oauth2", () => {
  it("takes the issuer that the identity provider names in its callback, where it was configured", async () => {
    const { client, ended } = await consentNaming(
      (own) => own,
      () => {}
    )
    await ended
    assert.strictEqual(await statusOf(client), 200)
  })

  it.each([
    ["that is another one", (own: string) => `${own}/other`, () => {}],
    [
      "that was changed on the way",
      (own: string) => own,
      ({ searchParams }: URL) => searchParams.set("iss", "https://mix-up.example")
    ]
  ])("refuses a callback of an issuer %s, and sends nobody the code", async (_, issuer, tamper) => {
    const { ended, server } = await consentNaming(issuer, tamper)
    const { reason } = await failureOf(ended)
    assert.strictEqual(reason._tag, "CallbackRejected")
    assert.deepStrictEqual(server.arrived, [])
  })
})

describe("x3.clientCredentials at oidc-provider", () => {
  it("proves its secret in a Basic header, whatever is in it, and renews without a refresh token", async () => {
    const server = await openOidcProvider()
    const { sage } = openApplication(server.urls)
    const client = sage.client("machine", { tenant: "acme" })
    const answers = await Promise.all(Array.from({ length: 20 }, async () => (await client.fetch("contacts")).json()))
    assert.deepStrictEqual(
      answers,
      Array.from(answers, () => ({ for: machine.clientId }))
    )
    pass(lives.clientCredentials + 1)
    assert.strictEqual(await statusOf(client), 200)
    const asked = server.arrived.filter(({ path }) => path === "/token")
    assert.deepStrictEqual(
      asked.map(({ parameters, status }) => [status, Object.fromEntries(parameters)]),
      [1, 2].map(() => [200, { grant_type: "client_credentials", scope: "full_access", audience: "erp" }])
    )
  })

  it("asks for a new token once when the server ended it early", async () => {
    const server = await openOidcProvider()
    const client = openApplication(server.urls).sage.client("machine", { tenant: "acme" })
    assert.strictEqual(await statusOf(client), 200)
    const { authorization = "" } = await client.headers()
    await (await server.provider.ClientCredentials.find(authorization.slice("Bearer ".length)))?.destroy()
    assert.strictEqual(await statusOf(client), 200)
    assert.deepStrictEqual(apiStatuses(server), [200, 401, 200])
  })

  it("says whose credentials were refused, and never what they are", async () => {
    const server = await openOidcProvider()
    const client = openApplication(server.urls, { machineSecret: "another-secret" }).sage.client("machine")
    const error = await failureOf(client.fetch("contacts"))
    assert.strictEqual(error.id, "x3-web-services.client-rejected")
    assert.notInclude(inspect(error, { depth: null }), "another-secret")
  })
})

describe("a lost answer, at a server that ends a family when a refresh token comes twice,", () => {
  it.each(names)("%s: is told as in doubt, after one replay", async (name) => {
    const server = await openOidcProvider()
    const network = losing()
    const application = openApplication(server.urls, { fetch: network.fetch, retry: fastRetry })
    const client = await connect(application, name)
    pass(lives.accessToken + 1)
    network.next("answer")
    const { reason } = await failureOf(client.fetch("contacts"))
    assert(reason._tag === "ReauthorizationRequired")
    assert.strictEqual(reason.cause, "RotationInDoubt")
    assert.strictEqual(server.refreshes().length, 2)
    assert.strictEqual(new Set(refreshTokens(server)).size, 1)
    assert.strictEqual((await application.events.of("rotation-in-doubt")).length, 1)
    assert.strictEqual((await application.events.of("reauthorization-required")).length, 1)
  })

  it.each(names)("%s: is reported without a replay, where that is configured", async (name) => {
    const server = await openOidcProvider()
    const network = losing()
    const application = openApplication(server.urls, { fetch: network.fetch, retry: fastRetry, inDoubt: "report" })
    const client = await connect(application, name)
    pass(lives.accessToken + 1)
    network.next("answer")
    const { reason } = await failureOf(client.fetch("contacts"))
    assert(reason._tag === "ReauthorizationRequired")
    assert.strictEqual(reason.cause, "RotationInDoubt")
    assert.strictEqual(server.refreshes().length, 1)
  })

  it.each(names)("%s: costs nothing when it was the request that got lost", async (name) => {
    const server = await openOidcProvider()
    const network = losing()
    const client = await connect(openApplication(server.urls, { fetch: network.fetch, retry: fastRetry }), name)
    pass(lives.accessToken + 1)
    network.next("request")
    assert.strictEqual(await statusOf(client), 200)
    assert.strictEqual(server.refreshes().length, 1)
  })
})

describe("on one SQLite store", () => {
  it("two applications with 10 callers each cause one refresh and no reuse", async () => {
    const server = await openOidcProvider()
    const shared = aStore()
    const first = openApplication(server.urls, shared)
    const second = openApplication(server.urls, shared)
    for (const name of names) await connect(first, name)
    for (let round = 1; round <= 2; round++) {
      pass(lives.accessToken + 1)
      const answers = await Promise.all(
        [first, second].flatMap(({ sage }) =>
          names.flatMap((name) => {
            const client = sage.client(name, { tenant: "acme" })
            return Array.from({ length: 10 }, () => statusOf(client))
          })
        )
      )
      assert.deepStrictEqual(new Set(answers), new Set([200]))
      assert.strictEqual(server.refreshes().length, round * names.length)
    }
    assert.strictEqual(new Set(refreshTokens(server)).size, 2 * names.length)
  })

  it("two processes with 10 callers each cause one refresh and no reuse", async () => {
    const server = await openOidcProvider()
    const shared = aStore()
    const here = openApplication(server.urls, shared)
    for (const name of names) await connect(here, name)
    // their clocks stand where the token has expired; the server's does not, and nobody compares the two
    const ahead = (lives.accessToken + minute) * 1000
    const settings = { ahead, callers: 10, key: shared.keys[0], names, store: shared.store, urls: server.urls }
    const children = [startCaller(settings), startCaller(settings)]
    assert.deepStrictEqual(await Promise.all(children.map((child) => child.told())), ["ready", "ready"])
    for (const child of children) child.tell("go")
    const answers = await Promise.all(children.map((child) => child.told()))
    assert.deepStrictEqual(answers, Array(2).fill(Array(10 * names.length).fill(200)))
    assert.strictEqual(server.refreshes().length, names.length)
    assert.strictEqual(new Set(refreshTokens(server)).size, names.length)
    // the family is alive, and this process finds what the others stored
    for (const name of names) {
      const client = here.sage.client(name, { tenant: "acme" })
      await client.refresh()
      assert.strictEqual(await statusOf(client), 200)
    }
    assert.strictEqual(server.refreshes().length, 2 * names.length)
  })

  it("grants that nobody uses outlive their refresh tokens by keep-alive", async () => {
    const server = await openOidcProvider()
    const application = openApplication(server.urls, aStore())
    for (const name of names) await connect(application, name)
    for (let week = 1; week <= 6; week++) {
      pass(7 * day)
      const { due, failed, renewed } = await application.sage.keepAlive()
      assert.deepStrictEqual({ due, failed, renewed }, { due: names.length, failed: [], renewed: names.length })
    }
    assert.isAbove(6 * 7 * day, lives.refreshToken)
    for (const name of names) {
      assert.strictEqual(await statusOf(application.sage.client(name, { tenant: "acme" })), 200)
    }
  })
})
