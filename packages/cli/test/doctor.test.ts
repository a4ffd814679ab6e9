import { readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { setTimeout } from "node:timers/promises"
import { businessCloud, createSageAuth, generateKey, intacctRest, intacctXml, x3 } from "@sage-auth/core"
import { afterEach, describe, expect, it } from "vitest"
import type { Report } from "../src/doctor/examine.ts"
import { regenerate, withChecks } from "./doctorDocs.ts"
import { notWell, startWorld, type World } from "./doctorWorld.ts"

let world: World | undefined
afterEach(async () => {
  await world?.stop()
  world = undefined
})

const interactive = ["payables", "books", "erpSso", "erpCloud", "gateway"]

const day = 86_400_000

/** What cannot be looked at where a connection has nothing of the kind. */
const skippedBy: Readonly<Record<string, ReadonlyArray<string>>> = {
  ledger: ["tls"],
  vendors: ["tls", "grant", "refresh-token", "entities"],
  west: ["tls", "grant", "refresh-token"],
  bridge: ["tls", "grant", "refresh-token", "company", "entities"],
  payables: ["tls", "company", "authorized-client", "entities"],
  books: ["tls"],
  erp: ["tls", "certificate", "certificate-port", "client", "keys", "grant", "refresh-token", "token", "bearer"],
  erpTls: ["client", "keys", "grant", "refresh-token", "token", "bearer", "pools"],
  erpSso: ["tls", "certificate", "certificate-port", "login", "pools"],
  erpCloud: ["certificate", "certificate-port", "login", "pools"],
  graph: ["tls"],
  gateway: ["tls"]
}

describe("a store and a coordination that say who works with them", () => {
  it("are shown with their place, their processes, the pools, and who holds which lease", async () => {
    world = await startWorld()
    const key = { surface: "business-cloud", connection: "books", tenant: "acme" } as const
    const rows = { rows: [], next: undefined }
    world.config = {
      ...world.config,
      store: {
        grants: { read: async () => undefined, compareAndSet: async () => undefined, list: async () => rows },
        once: { put: async () => true, read: async () => undefined, take: async () => undefined },
        inspect: async () => ({
          place: "the database app at db:5432, as app",
          processes: 2,
          leases: [
            { key, owner: "x 1b4e28ba-2fa1-11d2-883f-0016d3cca427.4711.web-1", sent: true },
            { key: { ...key, tenant: "birch" }, owner: "of an older release", sent: false }
          ]
        })
      },
      coordination: {
        acquire: async () => ({ release: () => {} }),
        state: async () => ({ limit: 0, inUse: 0, waiting: 0 }),
        inspect: async () => ({
          place: "the database app at db:5432, as app",
          processes: 1,
          pools: 1,
          inUse: 2,
          waiting: 5
        })
      }
    }
    const { out } = await world.doctor("ledger", "--json")
    const { application } = JSON.parse(out) as Report
    const evidence = Object.fromEntries(application.map((check) => [check.id, check.evidence]))
    expect(evidence["store"]).toBe(
      "the database app at db:5432, as app, opens. 2 processes renew at present. Leases: books of acme by process 4711 on host web-1, which may have sent the refresh token; books of birch by another process."
    )
    expect(evidence["coordination"]).toBe(
      "the database app at db:5432, as app, answers. 1 process uses 1 pool at present: 2 permits are out, 5 calls wait."
    )
  })
})

describe("a sandbox in which all is well", () => {
  it("has nothing that is not, on any surface, and everything there is was looked at", async () => {
    world = await startWorld()
    const { entities } = world.sandbox.accounts["intacct-xml"]
    xml(({ sender }) => ({ sender: { ...sender, licenseExpires: "2099-06-30" }, entities }))(world)
    rest(({ restricted }) => ({ username: `${restricted.username}|${restricted.entityId}` }), "west")(world)
    erp(({ sandbox }) => ({ pools: { [sandbox.accounts["x3-web-services"].pool]: 2 } }))(world)
    writeFileSync(
      join(world.folder, "nodelocal.js"),
      'exports.config = { session: { auth: ["basic", "oauth2", "bearer", "certificate"] } }\n'
    )
    for (const connection of interactive) await world.consent(connection)
    const ran = await world.doctor("--deep", "--json", "--nodelocal", "nodelocal.js")
    expect(notWell(ran)).toEqual([])
    expect(ran.status).toBe(0)
    const { connections } = JSON.parse(ran.out) as Report
    const skipped = connections.map(({ checks, connection }) => [
      connection,
      checks.filter(({ result }) => result === "skipped").map(({ id }) => id.split(".").at(-1))
    ])
    // what is at an address and not at a name has none to resolve
    const named = Object.entries(skippedBy).map(([name, ids]) => [
      name,
      name.match(/erpTls|erpCloud/) ? ids : ["names", ...ids]
    ])
    expect(Object.fromEntries(skipped)).toEqual(Object.fromEntries(named))
  })

  it("has nothing that is not, by any other way in", async () => {
    world = await startWorld({ x3: { clientCredentialsUser: "wsadmin" }, businessCloud: { threeHeaders: true } })
    const { accounts, ca, urls } = world.sandbox
    const web = accounts["x3-web-services"]
    const { clientId, clientSecret, tokenUrl } = web.oauth2
    const books = accounts["business-cloud"]
    const rest = accounts["intacct-rest"]
    const environment = "sandbox"
    const baseUrl = urls["x3-web-services"].onPremise
    const credentials = x3.clientCredentials({ tokenUrl, clientId, clientSecret })
    const bearer = async () => {
      const sage = createSageAuth({ connections: { token: x3.onPremise({ baseUrl, auth: credentials, environment }) } })
      const { authorization = "" } = await sage.client("token").headers()
      await sage.close()
      return authorization.replace("Bearer ", "")
    }
    const { cert, encryptedKey, passphrase } = web.certificate
    world.config = {
      ...world.config,
      connections: {
        ...world.config.connections,
        once: intacctXml({
          sender: accounts["intacct-xml"].sender,
          login: () => Promise.resolve(accounts["intacct-xml"].login),
          authentication: "login",
          environment,
          urls: urls["intacct-xml"]
        }),
        console: intacctXml({
          sender: accounts["intacct-xml"].sender,
          login: accounts["intacct-xml"].console,
          environment,
          urls: urls["intacct-xml"]
        }),
        public: intacctRest.authorizationCode({
          clientId: rest.publicClient.clientId,
          redirectUri: `${rest.publicClient.redirectUri}/public`,
          environment,
          urls: urls["intacct-rest"]
        }),
        unusual: intacctRest.clientCredentials({
          clientId: rest.client.clientId,
          clientSecret: rest.client.clientSecret,
          username: `${rest.unusual.username}|${rest.unusual.entityId}`,
          environment,
          urls: urls["intacct-rest"]
        }),
        books: businessCloud({
          clientId: books.client.clientId,
          clientSecret: books.client.clientSecret,
          redirectUri: books.client.redirectUri,
          business: books.user.businesses[0].id,
          ...books.v3,
          environment,
          urls: urls["business-cloud"]
        }),
        program: x3.onPremise({ baseUrl, auth: credentials, environment }),
        supplied: x3.onPremise({ baseUrl, auth: x3.bearer(bearer), environment }),
        pem: x3.onPremise({
          baseUrl: urls["x3-web-services"].tls,
          auth: x3.certificate({ cert, key: encryptedKey, passphrase }),
          ca,
          environment
        }),
        graphBasic: x3.graphql({
          url: urls["x3-graphql"].api,
          endpoint: accounts["x3-graphql"].endpoint,
          auth: x3.basic(accounts["x3-graphql"].basic),
          deployment: "on-premise",
          environment
        })
      }
    }
    world.sandbox.registerRedirectUri(`${rest.publicClient.redirectUri}/public`)
    world.sandbox.intacctRest.registerRedirectUri(rest.publicClient.clientId, `${rest.publicClient.redirectUri}/public`)
    for (const connection of ["public", "books"]) await world.consent(connection)
    for (const name of ["once", "console", "public", "unusual", "books", "program", "supplied", "pem", "graphBasic"]) {
      const ran = await world.doctor(name, "--deep", "--json")
      expect({ name, named: notWell(ran), status: ran.status }).toEqual({ name, named: [], status: 0 })
    }
  })

  it("is told how old its refresh token is, and on which day it would die unused", async () => {
    world = await startWorld()
    await world.consent("books")
    await world.sandbox.clock.advance(3 * day)
    const ran = await world.doctor("books", "--json")
    const { connections } = JSON.parse(ran.out) as Report
    const found = connections[0]?.checks.find(({ id }) => id === "business-cloud.refresh-token")
    expect(JSON.stringify(found)).toMatch(
      /It was issued on \d{4}-\d\d-\d\d, 3 days ago\. It would die unused on \d{4}-\d\d-\d\d, in 28 days\./
    )
  })

  it("is not billed for what is asked without --deep", async () => {
    world = await startWorld()
    await world.consent("payables")
    await world.doctor()
    expect(world.sandbox.intacct.transactions("AcmeHoldings")).toMatchObject({ billable: 0 })
    const asked = world.sandbox.requests({ surface: "intacct-rest" }).map(({ path }) => path.replace("/ia/api/v1", ""))
    expect([...new Set(asked)].toSorted()).toEqual(["/oauth2/authorize", "/oauth2/token", "/services/core/session/id"])
  })
})

it("the page of the command line lists every check", () => {
  const page = readFileSync(new URL("../../../docs/cli.md", import.meta.url), "utf8")
  expect(page, `regenerate it: ${regenerate}`).toBe(withChecks(page))
})

/** A port of this machine that nobody listens on. */
const closedPort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer()
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => resolve(port))
    })
  })

interface Case {
  /** what is broken */
  readonly broken: string
  /** the connection that is looked at */
  readonly connection: string
  /** breaks it, after consents were given */
  readonly by: (world: World) => unknown
  /** what is named, and nothing else */
  readonly named: string
  readonly args?: ReadonlyArray<string>
}

const xml = (change: (accounts: World["sandbox"]["accounts"]["intacct-xml"]) => object) => (world: World) => {
  const { accounts, urls } = world.sandbox
  const { login, sender } = accounts["intacct-xml"]
  put(
    world,
    "ledger",
    intacctXml({
      sender,
      login,
      environment: "sandbox",
      urls: urls["intacct-xml"],
      ...change(accounts["intacct-xml"])
    } as never)
  )
}

const rest =
  (change: (accounts: World["sandbox"]["accounts"]["intacct-rest"]) => object, name = "vendors") =>
  (world: World) => {
    const { accounts, urls } = world.sandbox
    const { client, user } = accounts["intacct-rest"]
    const { clientId, clientSecret } = client
    const options = {
      clientId,
      clientSecret,
      username: user.username,
      environment: "sandbox",
      urls: urls["intacct-rest"]
    }
    put(world, name, intacctRest.clientCredentials({ ...options, ...change(accounts["intacct-rest"]) } as never))
  }

const erp = (change: (world: World) => object) => (world: World) => {
  const { accounts, urls } = world.sandbox
  const auth = x3.basic(accounts["x3-web-services"].basic)
  put(
    world,
    "erp",
    x3.onPremise({
      baseUrl: urls["x3-web-services"].onPremise,
      auth,
      environment: "sandbox",
      ...change(world)
    } as never)
  )
}

const erpTls = (change: (world: World) => object) => (world: World) => {
  const { accounts, ca, urls } = world.sandbox
  const { passphrase, pfx } = accounts["x3-web-services"].certificate
  const auth = x3.certificate({ pfx, passphrase, ca })
  const options = { baseUrl: urls["x3-web-services"].tls, auth, environment: "sandbox" }
  put(world, "erpTls", x3.onPremise({ ...options, ...change(world) } as never))
}

/** the connection by a certificate that is issued for it */
const withCertificate =
  (options: Parameters<World["sandbox"]["x3"]["issueCertificate"]>[0]) =>
  async (world: World): Promise<void> => {
    const { ca, x3: control } = world.sandbox
    const { passphrase, pfx } = await control.issueCertificate(options)
    erpTls(() => ({ auth: x3.certificate({ pfx, passphrase, ca }) }))(world)
  }

const graph = (change: (world: World) => object) => (world: World) => {
  const { accounts, urls } = world.sandbox
  const { app, endpoint } = accounts["x3-graphql"]
  put(
    world,
    "graph",
    x3.graphql({ url: urls["x3-graphql"].api, endpoint, app, environment: "sandbox", ...change(world) } as never)
  )
}

const gateway = (change: (world: World) => object) => (world: World) => {
  const { accounts, urls } = world.sandbox
  const { clientId, clientSecret, customer, redirectUri, scope } = accounts["x3-gateway"]
  const options = { rootUrl: urls["x3-gateway"].root, clientId, clientSecret, customer, redirectUri, scope }
  put(world, "gateway", x3.gateway({ ...options, environment: "sandbox", ...change(world) }))
}

const put = (world: World, name: string, connection: object): void => {
  world.config = { ...world.config, connections: { ...world.config.connections, [name]: connection as never } }
}

const cases: ReadonlyArray<Case> = [
  // the application
  {
    broken: "an option is wrong",
    connection: "ledger",
    by: (world) => (world.config = { ...world.config, deadline: "soon" }),
    named: "configuration"
  },
  {
    broken: "the store cannot be opened",
    connection: "ledger",
    by: (world) => (world.config = { ...world.config, store: `sqlite:${world.folder}` }),
    named: "store"
  },
  {
    broken: "grants are in memory",
    connection: "erpSso",
    by: async (world) => {
      world.opened = createSageAuth({ ...world.config, store: "memory:" })
      await world.consent("erpSso")
    },
    named: "store"
  },
  {
    broken: "the coordination is away",
    connection: "erp",
    by: (world) =>
      (world.config = {
        ...world.config,
        coordination: {
          acquire: () => Promise.reject(new Error("away")),
          state: () => Promise.reject(Object.assign(new Error("away"), { code: "ECONNREFUSED" }))
        }
      }),
    named: "coordination"
  },
  {
    broken: "the store was sealed with another key",
    connection: "books",
    by: (world) => (world.config = { ...world.config, keys: [generateKey()] }),
    named: "business-cloud.keys"
  },
  {
    broken: "the store was sealed with another key, for client credentials",
    connection: "vendors",
    by: async (world) => {
      await world.doctor("vendors")
      world.config = { ...world.config, keys: [generateKey()] }
    },
    named: "intacct-rest.keys"
  },
  // the network
  {
    broken: "a function of the tenant throws",
    connection: "ledger",
    by: xml(() => ({
      login: () => {
        throw new Error("no such tenant")
      }
    })),
    named: "options"
  },
  {
    broken: "the host does not exist",
    connection: "ledger",
    by: xml(() => ({ urls: { xml: "http://sage-auth.invalid/ia/xml/xmlgw.phtml" } })),
    named: "names"
  },
  {
    broken: "nobody listens on the port",
    connection: "ledger",
    by: async (world) => {
      const port = await closedPort()
      xml(() => ({ urls: { xml: `http://127.0.0.1:${port}/ia/xml/xmlgw.phtml` } }))(world)
    },
    named: "ports"
  },
  {
    broken: "the authority is not trusted",
    connection: "erpCloud",
    by: (world) => {
      const { accounts, urls } = world.sandbox
      const { identityProvider: _, ...web } = accounts["x3-web-services"]
      const { onlineRedirectUri, ...oauth2 } = web.oauth2
      const auth = x3.oauth2({ ...oauth2, redirectUri: onlineRedirectUri })
      put(world, "erpCloud", x3.online({ baseUrl: urls["x3-web-services"].online, auth, environment: "sandbox" }))
    },
    named: "tls"
  },
  {
    broken: "the port speaks no TLS",
    connection: "erpTls",
    by: erpTls(({ sandbox }) => ({ baseUrl: sandbox.urls["x3-web-services"].onPremise.replace("http:", "https:") })),
    named: "tls"
  },
  ...["ledger", "vendors", "graph", "erp"].map(
    (connection): Case => ({
      broken: `the clock is 10 minutes late, for ${connection}`,
      connection,
      by: (world) => (world.config = { ...world.config, clock: { now: () => world.sandbox.clock.now() - 600_000 } }),
      named: "clock"
    })
  ),
  {
    broken: "the clock is 10 minutes early",
    connection: "graph",
    by: (world) => (world.config = { ...world.config, clock: { now: () => world.sandbox.clock.now() + 600_000 } }),
    named: "clock"
  },
  // Intacct's XML API
  {
    broken: "the licence has ended",
    connection: "ledger",
    by: xml(({ sender }) => ({ sender: { ...sender, licenseExpires: "2020-06-30" } })),
    named: "intacct-xml.licence"
  },
  {
    broken: "the licence ends soon",
    connection: "ledger",
    by: (world) =>
      xml(({ sender }) => ({
        sender: { ...sender, licenseExpires: new Date(world.sandbox.clock.now() + 20 * day).toISOString().slice(0, 10) }
      }))(world),
    named: "intacct-xml.licence"
  },
  {
    broken: "the sender's password is wrong",
    connection: "ledger",
    by: xml(({ sender }) => ({ sender: { ...sender, password: "wrong-s3cr3t-canary" } })),
    named: "intacct-xml.sender"
  },
  {
    broken: "the sender id is in another case",
    connection: "ledger",
    by: xml(({ sender }) => ({ sender: { ...sender, id: sender.id.toUpperCase() } })),
    named: "intacct-xml.sender"
  },
  {
    broken: "the company does not exist",
    connection: "ledger",
    by: xml(({ login }) => ({ login: { ...login, companyId: "Nowhere" } })),
    named: "intacct-xml.company"
  },
  {
    broken: "the company has expired",
    connection: "ledger",
    by: xml(({ expired }) => ({ login: expired })),
    named: "intacct-xml.company"
  },
  {
    broken: "the company has not authorised the sender",
    connection: "ledger",
    by: xml(({ unauthorised }) => ({ login: unauthorised })),
    named: "intacct-xml.authorization"
  },
  {
    broken: "the user's password is wrong",
    connection: "ledger",
    by: xml(({ login }) => ({ login: { ...login, password: "wrong-s3cr3t-canary" } })),
    named: "intacct-xml.login"
  },
  {
    broken: "the user's entity is not theirs",
    connection: "ledger",
    by: xml(({ login }) => ({ login: { ...login, entityId: "E9" } })),
    named: "intacct-xml.login"
  },
  {
    broken: "the gateway is away",
    connection: "ledger",
    by: ({ sandbox }) => sandbox.fault("intacct-xml", { on: "getAPISession", kind: "truncate", times: 20 }),
    named: "intacct-xml.session"
  },
  {
    broken: "an entity cannot be seen",
    connection: "ledger",
    by: xml(({ restricted }) => {
      const { entityId, ...login } = restricted
      return { login, entities: [entityId, "E1"] }
    }),
    named: "intacct-xml.entities",
    args: ["--deep"]
  },
  // Intacct's REST API
  {
    broken: "the client's secret is wrong",
    connection: "vendors",
    by: rest(() => ({ clientSecret: "wrong-s3cr3t-canary" })),
    named: "intacct-rest.client"
  },
  {
    broken: "the client does not exist",
    connection: "vendors",
    by: rest(() => ({ clientId: "nobody.sandbox_sender.app.sage.com" })),
    named: "intacct-rest.client"
  },
  {
    broken: "the company does not exist",
    connection: "vendors",
    by: rest(() => ({ username: "xml_gateway@Nowhere" })),
    named: "intacct-rest.company"
  },
  {
    broken: "the client is not among the Authorized Client Applications",
    connection: "vendors",
    by: rest(({ unknownToCompanies: { clientId, clientSecret } }) => ({ clientId, clientSecret })),
    named: "intacct-rest.authorized-client"
  },
  {
    broken: "the user is in another case",
    connection: "vendors",
    by: rest(({ user }) => ({ username: user.username.replace("xml_gateway", "XML_Gateway") })),
    named: "intacct-rest.authorized-client"
  },
  {
    broken: "the session to borrow cannot be had",
    connection: "bridge",
    by: xml(({ login }) => ({ login: { ...login, password: "wrong-s3cr3t-canary" } })),
    named: "intacct-rest.token"
  },
  {
    broken: "the API answers with half of a body",
    connection: "vendors",
    by: ({ sandbox }) => sandbox.fault("intacct-rest", { on: "services/core/session/id", kind: "truncate", times: 50 }),
    named: "intacct-rest.api"
  },
  {
    broken: "nobody consented",
    connection: "payables",
    by: async (world) => (world.config = { ...world.config, store: `sqlite:${world.folder}/other.db` }),
    named: "intacct-rest.grant"
  },
  {
    broken: "the refresh token is about to die",
    connection: "payables",
    by: ({ sandbox }) => sandbox.clock.advance(85 * day),
    named: "intacct-rest.refresh-token"
  },
  {
    broken: "the refresh token was ended",
    connection: "payables",
    by: async ({ sandbox }) => {
      sandbox.intacctRest.endGrants()
      await sandbox.clock.advance("13 hours")
    },
    named: "intacct-rest.token"
  },
  {
    broken: "the entity of the username cannot be seen",
    connection: "vendors",
    by: rest(({ restricted }) => ({ username: `${restricted.username}|E1` })),
    named: "intacct-rest.entities",
    args: ["--deep"]
  },
  // Business Cloud Accounting
  {
    broken: "the client's secret is wrong",
    connection: "books",
    by: ({ sandbox }) =>
      sandbox.businessCloud.setClientSecret(sandbox.accounts["business-cloud"].client.clientId, "another-s3cr3t"),
    named: "business-cloud.client"
  },
  {
    broken: "the refresh token is about to die",
    connection: "books",
    by: ({ sandbox }) => sandbox.clock.advance(28 * day),
    named: "business-cloud.refresh-token"
  },
  {
    broken: "the user took the consent back",
    connection: "books",
    by: async ({ sandbox }) => {
      sandbox.businessCloud.endGrants()
      await sandbox.clock.advance("6 minutes")
    },
    named: "business-cloud.token"
  },
  {
    broken: "the server wants three headers",
    connection: "books",
    by: ({ sandbox }) => sandbox.businessCloud.configure({ threeHeaders: true }),
    named: "business-cloud.headers"
  },
  {
    broken: "the business is unknown",
    connection: "books",
    by: (world) => {
      const { accounts, urls } = world.sandbox
      const { clientId, clientSecret, redirectUri } = accounts["business-cloud"].client
      put(
        world,
        "books",
        businessCloud({
          clientId,
          clientSecret,
          redirectUri,
          business: "0123456789abcdef0123456789abcdef",
          environment: "sandbox",
          urls: urls["business-cloud"]
        })
      )
    },
    named: "business-cloud.business"
  },
  {
    broken: "the subscription has lapsed",
    connection: "books",
    by: ({ sandbox }) => {
      for (const { id } of sandbox.accounts["business-cloud"].user.businesses)
        sandbox.businessCloud.setSubscription(id, false)
    },
    named: "business-cloud.subscription"
  },
  // X3's web services
  {
    broken: "the password is wrong",
    connection: "erp",
    by: erp(({ sandbox }) => ({
      auth: x3.basic({ user: sandbox.accounts["x3-web-services"].basic.user, password: "wrong-s3cr3t-canary" })
    })),
    named: "x3-web-services.login"
  },
  {
    broken: "nodelocal.js lacks basic",
    connection: "erp",
    by: ({ sandbox }) => sandbox.x3.configure({ session: { auth: ["oauth2", "bearer"] } }),
    named: "x3-web-services.login"
  },
  {
    broken: "nodelocal.js lacks bearer",
    connection: "erpSso",
    by: ({ sandbox }) => sandbox.x3.configure({ session: { auth: ["basic", "oauth2"] } }),
    named: "x3-web-services.bearer"
  },
  {
    broken: "the host has no web service children",
    connection: "erp",
    by: (world) => {
      world.sandbox.x3.configure({ webServiceProcesses: 0 })
      erp(() => ({ pools: { [world.sandbox.accounts["x3-web-services"].pool]: 2 } }))(world)
    },
    named: "x3-web-services.pools"
  },
  {
    broken: "the alias of a pool is in another case",
    connection: "erp",
    by: erp(({ sandbox }) => ({ pools: { [sandbox.accounts["x3-web-services"].pool.toLowerCase()]: 2 } })),
    named: "x3-web-services.pools"
  },
  {
    broken: "a pool is stopped",
    connection: "erp",
    by: (world) => {
      const { pool } = world.sandbox.accounts["x3-web-services"]
      world.sandbox.x3.setPool(pool, { state: "stopped" })
      erp(() => ({ pools: { [pool]: 2 } }))(world)
    },
    named: "x3-web-services.pools"
  },
  {
    broken: "the certificate ends soon",
    connection: "erpTls",
    by: withCertificate({ commonName: "wscert", notAfter: new Date(Date.now() + 10 * day) }),
    named: "x3-web-services.certificate"
  },
  {
    broken: "the certificate goes to a port that asks for none",
    connection: "erpTls",
    by: erpTls(({ sandbox }) => ({ baseUrl: sandbox.urls["x3-web-services"].online })),
    named: "x3-web-services.certificate-port"
  },
  {
    broken: "the certificate's common name is no login",
    connection: "erpTls",
    by: withCertificate({ commonName: "nobody" }),
    named: "x3-web-services.login"
  },
  {
    broken: "the identity provider does not know the client's secret",
    connection: "erpSso",
    by: ({ sandbox }) =>
      sandbox.x3.identityProvider.setClientSecret(
        sandbox.accounts["x3-web-services"].oauth2.clientId,
        "another-s3cr3t"
      ),
    named: "x3-web-services.client"
  },
  {
    broken: "nodelocal.js, as a file, lacks bearer",
    connection: "erpSso",
    by: (world) => writeFileSync(join(world.folder, "nodelocal.js"), 'session: { auth: ["basic", "oauth2"] }'),
    named: "x3-web-services.nodelocal",
    args: ["--nodelocal", "nodelocal.js"]
  },
  {
    broken: "the card's nodelocal.js",
    connection: "erpSso",
    by: (world) => writeFileSync(join(world.folder, "nodelocal.js"), 'session: { auth: "oauth2", timeout: 600 }'),
    named: "x3-web-services.nodelocal",
    args: ["--nodelocal", "nodelocal.js"]
  },
  // X3's GraphQL
  {
    broken: "the connected application was deleted",
    connection: "graph",
    by: ({ sandbox }) => sandbox.x3.removeConnectedApp(sandbox.accounts["x3-graphql"].app.clientId),
    named: "x3-graphql.app"
  },
  {
    broken: "the secret is wrong",
    connection: "graph",
    by: graph(({ sandbox }) => ({
      app: { ...sandbox.accounts["x3-graphql"].app, clientSecret: "wrong-s3cr3t-canary" }
    })),
    named: "x3-graphql.secret"
  },
  {
    broken: "the audience is another",
    connection: "graph",
    by: graph(() => ({ audience: "https://x3.example/xtrem/api" })),
    named: "x3-graphql.audience"
  },
  {
    broken: "the user is not the allowed one",
    connection: "graph",
    by: graph(({ sandbox }) => ({ app: { ...sandbox.accounts["x3-graphql"].app, user: "somebody" } })),
    named: "x3-graphql.user"
  },
  {
    broken: "there is no GraphQL",
    connection: "graph",
    by: ({ sandbox }) => sandbox.x3.configure({ xtremApi: false }),
    named: "x3-graphql.api"
  },
  // X3's gateway
  {
    broken: "the client's secret is wrong",
    connection: "gateway",
    by: gateway(() => ({ clientSecret: "wrong-s3cr3t-canary" })),
    named: "x3-gateway.client"
  },
  {
    broken: "the root of the region is another",
    connection: "gateway",
    by: gateway(({ sandbox }) => ({ rootUrl: `${sandbox.urls["x3-gateway"].root}/nowhere` })),
    named: "x3-gateway.client"
  },
  {
    broken: "the pairing was ended",
    connection: "gateway",
    by: async ({ sandbox }) => {
      sandbox.x3.endPairings()
      await sandbox.clock.advance("6 minutes")
    },
    named: "x3-gateway.token"
  },
  {
    broken: "the refresh token is about to die",
    connection: "gateway",
    by: ({ sandbox }) => sandbox.clock.advance(26 * day),
    named: "x3-gateway.refresh-token"
  },
  {
    broken: "nobody accepted a pairing",
    connection: "gateway",
    by: async (world) => (world.config = { ...world.config, store: `sqlite:${world.folder}/other.db` }),
    named: "x3-gateway.grant"
  }
]

describe("a sandbox that is broken", () => {
  it.each(cases)("is named: $broken ($connection)", async ({ args = [], by, connection, named }) => {
    world = await startWorld()
    if (interactive.includes(connection)) await world.consent(connection)
    await by(world)
    const ran = await world.doctor(connection, "--json", ...args)
    expect({ named: notWell(ran), err: ran.err }).toMatchObject({ named: [named] })
    expect(ran.out + ran.err).not.toContain("s3cr3t")
  })
})

describe("a server that answers something else", () => {
  const surfaces = {
    ledger: "intacct-xml",
    vendors: "intacct-rest",
    books: "business-cloud",
    erp: "x3-web-services",
    graph: "x3-graphql",
    gateway: "x3-gateway"
  } as const
  const kinds = ["drop-request", "html-502", "rate-limited", "short-body", "wrong-content-type", "unavailable"] as const
  const pairs = Object.entries(surfaces).flatMap(([connection, surface]) =>
    kinds.map((kind) => ({ connection, surface, kind }))
  )

  it.each(pairs)("$kind by $surface is told apart from what is wrong with the configuration", async (pair) => {
    const { connection, kind, surface } = pair
    world = await startWorld()
    if (interactive.includes(connection)) await world.consent(connection)
    world.sandbox.fault(surface, { on: "*", kind, times: 1000 })
    const running = world.doctor(connection, "--json")
    // a client that may try again waits until the deadline of each check, by the sandbox's clock; the trial of a code
    // waits in real time, ends its tries by that clock, and needs no processor meanwhile
    const ended = new AbortController()
    const end = () => ended.abort()
    running.then(end, end)
    if (kind === "rate-limited" || kind === "unavailable") {
      while (!ended.signal.aborted) {
        await world.sandbox.clock.advance("10 seconds")
        await setTimeout(10)
      }
    }
    const ran = await running
    const named = notWell(ran)
    expect(ran.status === 7).toBe(named.length > 0)
    // one thing is wrong, and it is none of the credentials
    expect(named).toEqual(named.filter((id) => id.startsWith(`${surface}.`)).slice(0, 1))
    const { connections } = JSON.parse(ran.out) as Report
    const found = connections[0]?.checks.find(({ id }) => id === named[0])
    const ids = found !== undefined && "error" in found ? [found.error?.id] : []
    for (const id of ids) expect(id).not.toMatch(/-rejected$|not-authorized|grant-ended|license|never-authorized/)
  })
})
