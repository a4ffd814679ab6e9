import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type CatalogueId, createSageAuth, generateKey, isSageAuthError } from "@sage-auth/core"
import type { SandboxOptions } from "@sage-auth/sandbox"
import { Effect, type Scope } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { Canaries, caged, Watch, wrongsIn } from "../../src/canary.ts"
import { readBesideSqlite } from "../../src/oauth/cage.ts"
import { withParameters } from "../../src/oauth/world.ts"
import { eachFault, eachRefusal, everyKind, type FaultyStep, kindsAt, Quoting, type Step } from "../../src/quoting.ts"
import { fastRetry, noRetry, openSandbox, retryOnce } from "../../src/world.ts"
import { type X3Cage, type X3CageOptions, x3Cage } from "../../src/x3/cage.ts"
import { x3Fields } from "../../src/x3/quoting.ts"

type Flow = (cage: X3Cage) => Effect.Effect<unknown, unknown, Scope.Scope>

const wrongs = async (
  ends: Parameters<typeof wrongsIn>[1],
  flow: Flow,
  options: X3CageOptions = {},
  configured?: string
): Promise<ReadonlyArray<unknown>> => {
  const report = await caged((cage) => {
    if (configured !== undefined) cage.canaries.add("configured secret", configured)
    return x3Cage(options, (opened) => Effect.asVoid(flow(opened)))(cage)
  })
  return wrongsIn(report, ends)
}

const customers = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=1"

const reads = (
  client: { fetch(path: string, init?: RequestInit): Effect.Effect<Response, unknown> },
  path = customers
) => Effect.flatMap(client.fetch(path), (response) => Effect.promise(() => response.text()))

const query = "{ x3MasterData { customer { query(first: 1) { edges { node { code } } } } } }"

const call = { pool: "WSSEED", operation: "query", publicName: "WSBPC", listSize: 1 } as const

const advance = ({ sandbox }: X3Cage, by: "10 minutes" | "1 hour" | "2 hours" | "25 hours" | "8 days") =>
  Effect.promise(() => sandbox.clock.advance(by))

type WebServices = "erp" | "erpTls" | "erpPair" | "erpSso" | "erpMachine" | "erpOwn"

/** everything that a client of web services can, the token or certificate itself left out */
const webServices = (cage: X3Cage, name: WebServices) =>
  Effect.gen(function* () {
    const client = cage.sage.client(name)
    yield* reads(client)
    yield* client.soap(call)
    cage.sandbox.x3.expireAccessTokens()
    yield* reads(client)
    yield* advance(cage, "2 hours")
    yield* client.soap(call)
    yield* client.refresh()
    cage.watch.note("status", yield* client.status())
    cage.watch.note("disconnected", yield* client.disconnect({ revoke: true }))
  })

/** what is told of while it fails is looked at, and then goes on */
const noted = <A>(cage: X3Cage, effect: Effect.Effect<A, unknown>) =>
  Effect.tapError(effect, (error) => Effect.sync(() => cage.watch.note("error", error)))

const mapped = { clientCredentialsUser: "wsadmin" }

const flows: Readonly<Record<string, readonly [flow: Flow, sandbox?: SandboxOptions["x3"]]>> = {
  "user and password": [(cage) => webServices(cage, "erp")],
  "a certificate in PKCS #12": [
    (cage) =>
      Effect.gen(function* () {
        // handed over to other libraries, and so not shown
        yield* cage.sage.client("erpTls").tls()
        yield* webServices(cage, "erpTls")
      })
  ],
  "a certificate and its key": [(cage) => webServices(cage, "erpPair")],
  "x3.oauth2": [(cage) => Effect.andThen(cage.consent("erpSso"), webServices(cage, "erpSso"))],
  "x3.clientCredentials": [(cage) => webServices(cage, "erpMachine"), mapped],
  "x3.bearer": [(cage) => webServices(cage, "erpOwn")],
  "a connected application": [
    (cage) =>
      Effect.gen(function* () {
        const graph = cage.sage.client("graph")
        yield* graph.query(query)
        yield* advance(cage, "10 minutes")
        yield* graph.query(query)
        yield* graph.refresh()
        cage.watch.note("status", yield* graph.status())
        yield* cage.sage.client("graphBasic").query(query)
        cage.watch.note("disconnected", yield* graph.disconnect())
      })
  ],
  "a pairing": [
    (cage) =>
      Effect.gen(function* () {
        const gateway = cage.sage.client("gateway")
        yield* Effect.flatMap(cage.begin("gateway", { decide: false }), (callback) =>
          cage.sage.completeAuthorization(callback)
        )
        // nobody has accepted it yet
        yield* Effect.exit(noted(cage, gateway.headers()))
        yield* Effect.exit(noted(cage, gateway.refresh()))
        cage.watch.note("status", yield* gateway.status())
        yield* Effect.promise(() => cage.sandbox.x3.acceptPairing())
        yield* gateway.refresh()
        cage.watch.note("folders", yield* gateway.folders())
        yield* reads(gateway, "folders")
        yield* advance(cage, "10 minutes")
        yield* reads(gateway, "folders")
        cage.watch.note("disconnected", yield* gateway.disconnect({ revoke: true }))
      }),
    { gateway: { callbackOrder: "before-acceptance" } }
  ],
  "keep-alive and a new key": [
    (cage) =>
      Effect.gen(function* () {
        yield* cage.consent("erpSso")
        yield* cage.consent("gateway")
        yield* advance(cage, "8 days")
        cage.watch.note("pass", yield* cage.sage.keepAlive)
        cage.watch.note("resealed", yield* cage.sage.reseal)
        yield* reads(cage.sage.client("gateway"), "folders")
      })
  ]
}

describe("no secret of X3 is shown by a flow that works, or is on the disk in plain text", () => {
  it("of a grant store in SQLite, while it is used and after every flow", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sage-auth-canary-"))
    onTestFinished(() => rm(directory, { recursive: true }))
    const tenants = new Set<string>()
    const watched = (cage: X3Cage) =>
      Effect.promise(async () => {
        for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile()) continue
          const bytes = await readBesideSqlite(join(entry.parentPath, entry.name))
          // what is no secret is there to be found
          for (const tenant of ["stays", "waits"]) if (bytes.includes(tenant)) tenants.add(tenant)
          for (const encoding of ["latin1", "utf8"] as const) {
            assert.deepStrictEqual(cage.canaries.excerpts(bytes.toString(encoding)), [], entry.name)
          }
        }
      })
    assert.deepStrictEqual(
      await wrongs(
        "success",
        (cage) =>
          Effect.gen(function* () {
            for (const [name, [flow, options]] of Object.entries(flows)) {
              cage.watch.during = name
              if (options !== undefined) cage.sandbox.x3.configure(options)
              yield* Effect.scoped(flow(cage))
            }
            cage.watch.during = "what stays"
            // a grant that is still there, a pairing whose code is kept until somebody accepts, and one without callback
            yield* cage.consent("erpSso", "stays")
            cage.sandbox.x3.configure({ gateway: { callbackOrder: "before-acceptance" } })
            const callback = yield* cage.begin("gateway", { decide: false, tenant: "waits" })
            yield* cage.sage.completeAuthorization(callback)
            yield* cage.begin("gateway", { decide: false, tenant: "under way" })
            yield* watched(cage)
          }),
        { settings: { store: `sqlite:${join(directory, "grants.db")}` } }
      ),
      []
    )
    assert.deepStrictEqual([...tenants].toSorted(), ["stays", "waits"])
  })
})

describe("no secret of X3 is shown by a credential that is refused", () => {
  const refusals: Readonly<Record<string, readonly [CatalogueId, X3CageOptions | undefined, Flow]>> = {
    "user and password": [
      "x3-web-services.basic-rejected",
      undefined,
      (cage) => {
        cage.sandbox.x3.setPassword("zoë", cage.secrets.wrong)
        return cage.sage.client("erp").soap(call)
      }
    ],
    "user and password, held back": [
      "client.credential-blocked",
      undefined,
      (cage) => {
        cage.sandbox.x3.setPassword("zoë", cage.secrets.wrong)
        return Effect.andThen(reads(cage.sage.client("erp")), reads(cage.sage.client("erp")))
      }
    ],
    "a certificate that nobody is mapped to": [
      "x3-web-services.certificate-unmapped",
      { sandbox: { session: { auth: ["basic"] } } },
      (cage) => cage.sage.client("erpTls").soap(call)
    ],
    "a consent that is over": [
      "x3-web-services.grant-ended",
      undefined,
      (cage) =>
        Effect.flatMap(cage.consent("erpSso"), () => {
          cage.sandbox.x3.identityProvider.endGrants()
          return cage.sage.client("erpSso").refresh()
        })
    ],
    "a token of client credentials": [
      "x3-web-services.bearer-rejected",
      undefined,
      (cage) => cage.sage.client("erpMachine").soap(call)
    ],
    "the client at the identity provider": [
      "x3-web-services.client-rejected",
      undefined,
      (cage) => {
        const { clientId } = cage.sandbox.accounts["x3-web-services"].oauth2
        cage.sandbox.x3.identityProvider.setClientSecret(clientId, cage.secrets.wrong)
        return cage.sage.client("erpMachine").headers()
      }
    ],
    "a supplied token": [
      "x3-web-services.bearer-rejected",
      { sandbox: { session: { auth: ["basic"] } } },
      (cage) => cage.sage.client("erpOwn").soap(call)
    ],
    "a connected application": [
      "x3-graphql.error-50",
      { app: { clientSecret: "an0ther&secret<of>the%application" } },
      (cage) => {
        cage.learn("another secret", "an0ther&secret<of>the%application")
        return cage.sage.client("graph").query(query)
      }
    ],
    "the client at the gateway": [
      "x3-gateway.client-unknown",
      undefined,
      (cage) => {
        cage.sandbox.x3.gateway.setClientSecret(cage.sandbox.accounts["x3-gateway"].clientId, cage.secrets.wrong)
        return Effect.andThen(cage.consent("gateway"), cage.sage.client("gateway").headers())
      }
    ],
    "a pairing that is over": [
      "x3-gateway.grant-ended",
      undefined,
      (cage) =>
        Effect.flatMap(cage.consent("gateway"), () => {
          cage.sandbox.x3.endPairings()
          return cage.sage.client("gateway").refresh()
        })
    ]
  }
  it.each(Object.keys(refusals))("%s", async (name) => {
    const [id, options, flow] = refusals[name]!
    const certificates = name.startsWith("a certificate")
    assert.deepStrictEqual(await wrongs([id], flow, { certificates, ...options }), [])
  })
})

const body = (callback: { readonly body?: string | undefined }, change: Readonly<Record<string, string>>) => {
  const changed = new URLSearchParams(callback.body)
  for (const [name, value] of Object.entries(change)) changed.set(name, value)
  return changed.toString()
}

describe("no secret of X3 is shown by a callback that is refused", () => {
  const callbacks: Readonly<Record<string, Flow>> = {
    "x3.oauth2, with another state": ({ begin, sage }) =>
      Effect.flatMap(begin("erpSso"), (callback) =>
        sage.completeAuthorization({ ...callback, url: withParameters(callback.url, { state: "x".repeat(43) }) })
      ),
    "x3.oauth2, with words that quote the code": ({ begin, sage }) =>
      Effect.flatMap(begin("erpSso"), (callback) => {
        const code = new URL(callback.url).searchParams.get("code") ?? ""
        const quoting = { error: code, error_description: code, error_uri: code }
        return sage.completeAuthorization({ ...callback, url: withParameters(callback.url, quoting) })
      }),
    "the gateway, with another state": ({ begin, sage }) =>
      Effect.flatMap(begin("gateway"), (callback) =>
        sage.completeAuthorization({ ...callback, body: body(callback, { state: "x".repeat(43) }) })
      ),
    "the gateway, twice": ({ begin, sage }) =>
      Effect.flatMap(begin("gateway"), (callback) =>
        Effect.andThen(sage.completeAuthorization(callback), sage.completeAuthorization(callback))
      ),
    "the gateway, with an endpoint that is nobody's and has the code in it": ({ begin, sage }) =>
      Effect.flatMap(begin("gateway"), (callback) => {
        const code = new URLSearchParams(callback.body).get("authorizationCode") ?? ""
        // what a host cannot hold is left out, and what it can is written by the browser in small letters
        const endpoint = `https://${code.replaceAll(/[^a-z0-9]/gi, "-").slice(0, 60)}.example/${code}`
        return sage.completeAuthorization({ ...callback, body: body(callback, { endpoint }) })
      }),
    "the gateway, with words that quote the code": ({ begin, sage }) =>
      Effect.flatMap(begin("gateway"), (callback) => {
        const code = new URLSearchParams(callback.body).get("authorizationCode") ?? ""
        const quoting = { error: code, error_description: code, message: code }
        return sage.completeAuthorization({ ...callback, body: body(callback, quoting) })
      })
  }
  it("whatever it is refused for", async () => {
    const refused = Object.entries(callbacks).map(([name, flow]) => [name, ["client.callback-rejected", flow]] as const)
    let met: ReadonlyArray<unknown> = ["nothing ran"]
    const flow: Flow = (cage) =>
      Effect.map(eachRefusal(cage, Object.fromEntries(refused)), (found) => {
        met = found
      })
    assert.deepStrictEqual([...(await wrongs("success", flow, { certificates: false })), ...met], [])
  })
})

const consented =
  (name: "erpSso" | "gateway"): Step<X3Cage>["act"] =>
  ({ consent }, tenant) =>
    consent(name, tenant)

/** a grant that serves until a server has ended it */
const connected =
  (name: "erpSso" | "gateway"): Step<X3Cage>["act"] =>
  ({ consent, sage }) =>
    Effect.flatMap(sage.client(name).status(), ({ state }) => (state === "connected" ? Effect.void : consent(name)))

/** asks for what was refused before to be sent again */
const again = (client: { refresh(): Effect.Effect<void, unknown> }) => Effect.ignore(client.refresh())

const web = "x3-web-services"

// neighbours differ as little as possible: each meets half of the kinds of faults
const steps: Readonly<Record<string, FaultyStep<X3Cage>>> = {
  "a REST call with user and password": {
    part: "/api1/",
    on: [web, "api1"],
    before: ({ sage }) => again(sage.client("erp")),
    act: ({ sage }) => reads(sage.client("erp"))
  },
  "a SOAP call with user and password": {
    part: "/soap-generic/",
    on: [web, "soap"],
    before: ({ sage }) => again(sage.client("erp")),
    act: ({ sage }) => sage.client("erp").soap(call)
  },
  "a SOAP call with a token": {
    part: "/soap-generic/",
    on: [web, "soap"],
    before: connected("erpSso"),
    act: ({ sage }) => sage.client("erpSso").soap(call)
  },
  "a SOAP call with a supplied token": {
    part: "/soap-generic/",
    on: [web, "soap"],
    before: ({ sage }) => again(sage.client("erpOwn")),
    act: ({ sage }) => sage.client("erpOwn").soap(call)
  },
  "a call with a certificate": {
    part: "/soap-generic/",
    on: [web, "soap"],
    before: ({ sage }) => again(sage.client("erpTls")),
    act: ({ sage }) => sage.client("erpTls").soap(call)
  },
  "the exchange of a code": {
    part: "/x3-idp/",
    on: [web, "token"],
    act: consented("erpSso")
  },
  "a refresh": {
    part: "/x3-idp/",
    on: [web, "token"],
    before: consented("erpSso"),
    act: ({ sage }, tenant) => sage.client("erpSso", { tenant }).refresh()
  },
  "client credentials": {
    part: "/x3-idp/",
    on: [web, "token"],
    act: ({ sage }) => sage.client("erpMachine").refresh()
  },
  "a revocation": {
    part: "/revoke",
    on: [web, "revoke"],
    before: connected("erpSso"),
    act: ({ sage, watch }) =>
      Effect.map(sage.client("erpSso").disconnect({ revoke: true }), (done) => watch.note("disconnected", done))
  },
  "a query of a connected application": {
    part: "/xtrem/api",
    on: ["x3-graphql", "graphql"],
    before: ({ sage }) => again(sage.client("graph")),
    act: ({ sage }) => sage.client("graph").query(query)
  },
  "a query with user and password": {
    part: "/xtrem/api",
    on: ["x3-graphql", "graphql"],
    before: ({ sage }) => again(sage.client("graphBasic")),
    act: ({ sage }) => sage.client("graphBasic").query(query)
  },
  // kept for a day where it could be read, and for a minute where not
  "the document of a region": {
    part: "/v1",
    on: ["x3-gateway", "root"],
    before: (cage) => advance(cage, "25 hours"),
    act: (cage, tenant) => consented("gateway")(cage, tenant)
  },
  "the exchange of a pairing": {
    part: "/v1/token",
    on: ["x3-gateway", "token"],
    act: (cage, tenant) =>
      Effect.andThen(consented("gateway")(cage, tenant), cage.sage.client("gateway", { tenant }).headers())
  },
  "a refresh of a pairing": {
    part: "/v1/token",
    on: ["x3-gateway", "token"],
    before: consented("gateway"),
    act: ({ sage }, tenant) => sage.client("gateway", { tenant }).refresh()
  },
  "the deletion of a pairing": {
    part: "/v1/token",
    on: ["x3-gateway", "revoke"],
    before: connected("gateway"),
    act: ({ sage, watch }) =>
      Effect.map(sage.client("gateway").disconnect({ revoke: true }), (done) => watch.note("disconnected", done))
  },
  "the folders": {
    part: "/folders",
    on: ["x3-gateway", "api"],
    before: connected("gateway"),
    act: ({ sage }) => sage.client("gateway").folders()
  }
}

describe("no secret of X3 is shown by a server or a proxy that quotes what it was sent", () => {
  // a call with a certificate sends no secret that could be quoted: its own is proved in the handshake
  it.each(Object.keys(steps).filter((name) => name !== "a call with a certificate"))("at %s", async (name) => {
    const { part, ...step } = steps[name]!
    const quoting = new Quoting(x3Fields, Object.keys(steps).indexOf(name))
    const tamper: X3CageOptions["tamper"] = ({ secrets, url }) =>
      url.includes(part) ? quoting.answer(secrets) : undefined
    const options: X3CageOptions = { certificates: false, tamper, settings: { retry: noRetry } }
    const report = await wrongs("success", (cage) => quoting.run(cage, step), options)
    assert.deepStrictEqual([...report, ...quoting.wrongs], [])
  })

  it("is not helped by a fetch that fails with everything it knows", async () => {
    for (const flow of [
      (cage) => cage.sage.client("erp").soap(call),
      (cage) => cage.sage.client("erpMachine").headers(),
      (cage) => cage.sage.client("graph").query(query),
      (cage) => cage.sage.client("erpOwn").soap(call)
    ] satisfies ReadonlyArray<Flow>) {
      const settings: X3CageOptions["settings"] = {
        fetch: async (input, init) => {
          const said = `${JSON.stringify([...new Headers(init?.headers)])} ${typeof init?.body === "string" ? init.body : ""}`
          throw Object.assign(new TypeError(`cannot send ${said}`), {
            request: init,
            url: input,
            cause: { headers: init?.headers, body: init?.body, code: said }
          })
        }
      }
      assert.deepStrictEqual(await wrongs("any", flow, { certificates: false, settings }), [])
    }
  })
})

describe("no secret of X3 is shown whatever goes wrong on the way", () => {
  // a call with a supplied token differs in nothing but where its token is from
  const faulty = Object.keys(steps).filter((name) => name !== "a SOAP call with a supplied token")
  it.each([...faulty.entries()])("of step %i, %s, once and for good", async (step, name) => {
    // connections with a certificate are made by themselves; each that breaks is asked for a second to say why
    const certificates = name === "a call with a certificate"
    const kinds = certificates ? everyKind : kindsAt(step)
    const options: X3CageOptions = { certificates, settings: { retry: retryOnce } }
    let met: ReadonlyArray<unknown> = ["nothing ran"]
    const flow: Flow = (cage) =>
      Effect.map(eachFault(cage, kinds, steps[name]!), (found) => {
        met = found
      })
    assert.deepStrictEqual([...(await wrongs("success", flow, options)), ...met], [])
  })
})

const asked = (certificates: boolean) => (cage: X3Cage) =>
  Effect.all([
    cage.sage.client("erp").headers(),
    certificates ? cage.sage.client("erpTls").headers() : Effect.void,
    cage.sage.client("erpMachine").headers(),
    cage.sage.client("erpOwn").headers(),
    cage.sage.client("graph").headers()
  ])

describe("no secret of X3 is shown by a configuration that cannot work", () => {
  const secret = "c0nfigured&s3cret<as>a%canary"
  const throwing = (): never => {
    throw Object.assign(new Error(`the vault said ${secret}`), { secret, response: { body: secret } })
  }
  const wrong: Readonly<Record<string, X3CageOptions>> = {
    "a password with a control character": { basic: { password: `${secret}\u0000` } },
    "a password in the login": { basic: { user: `zoë:${secret}` } },
    "a password under a wrong name": { basic: { passwort: secret } },
    "a password beside auth": { erp: { password: secret } },
    "a password in the address": { erp: { baseUrl: `https://zoë:${encodeURIComponent(secret)}@x3.example` } },
    "a wrong passphrase": { certificate: { passphrase: secret } },
    "a passphrase that is an object": { certificate: { passphrase: { value: secret } } },
    "a key in place of PKCS #12": { certificate: { pfx: Buffer.from(secret) } },
    "a file that is not there": { certificate: { pfx: new URL(`file:///nowhere/${encodeURIComponent(secret)}`) } },
    "an authority that is none": { certificate: { ca: secret } },
    "a secret of the identity provider that is none": { oauth2: { clientSecret: { secret } } },
    "a secret as a parameter": { oauth2: { parameters: { client_secret: { secret } } } },
    "a secret in a redirect": { oauth2: { redirectUri: `https://user:${encodeURIComponent(secret)}@app.example/#x` } },
    "a function for the machine's secret that throws": { clientCredentials: { clientSecret: throwing } },
    "a function for the machine's secret that rejects": { clientCredentials: { clientSecret: async () => throwing() } },
    "a supplier that throws": { bearer: () => throwing },
    "a supplier that rejects": { bearer: () => async () => throwing() },
    "a supplier that gives a header with a line break": { bearer: () => () => `${secret}\r\nx-more: ${secret}` },
    "a supplier that gives an object": { bearer: () => () => ({ access_token: secret }) },
    "a supplier that is none": { bearer: () => secret },
    "a secret of the connected application beside it": { graph: { clientSecret: secret } },
    "a secret of the connected application that is none": { app: { clientSecret: { secret } } },
    "a connected application that is a function and throws": { graph: { app: throwing } },
    "a secret of the gateway in its root": {
      gateway: { rootUrl: `https://api.example/v1?secret=${encodeURIComponent(secret)}` }
    },
    "a secret of the gateway as its scope": { gateway: { scope: `${secret}"` } }
  }
  it.each(Object.keys(wrong))("%s", async (name) => {
    const certificates = "certificate" in wrong[name]!
    const options = { certificates, ...wrong[name] }
    assert.deepStrictEqual(await wrongs(["client.misconfigured"], asked(certificates), options, secret), [])
  })
})

it("no secret of X3 is printed by the promise clients or what they reject with", async () => {
  const canaries = new Canaries()
  const watch = new Watch(canaries)
  const sandbox = await openSandbox()
  const connections = sandbox.connections()
  const { accounts } = sandbox
  const key = canaries.add("key", generateKey())
  canaries.add("password", accounts["x3-web-services"].basic.password)
  canaries.add("passphrase", accounts["x3-web-services"].certificate.passphrase)
  canaries.add("secret at the identity provider", accounts["x3-web-services"].oauth2.clientSecret)
  canaries.add("secret of the connected app", accounts["x3-graphql"].app.clientSecret)
  canaries.add("secret at the gateway", accounts["x3-gateway"].clientSecret)
  const sage = createSageAuth({ connections, keys: [key], clock: sandbox.clock, retry: fastRetry })
  onTestFinished(() => sage.close())
  const rejects = async (promise: Promise<unknown>) => {
    const error: unknown = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown
    )
    assert.isTrue(isSageAuthError(error))
    watch.note("error", error)
  }
  const { cookie, url } = await sage.client("erpSso").authorize({ returnTo: "/" })
  const callback = await sandbox.approve(url)
  canaries.add("code", new URL(callback).searchParams.get("code") ?? "")
  await rejects(sage.completeAuthorization({ url: `${callback}x`, cookie }))
  await sage.completeAuthorization({ url: callback, cookie })
  await rejects(sage.completeAuthorization({ url: callback, cookie }))
  const paired = await sandbox.x3.pairingCallback((await sage.client("gateway").authorize({ returnTo: "/" })).url)
  canaries.add("authorization code", new URLSearchParams(paired.body).get("authorizationCode") ?? "")
  await sage.completeAuthorization({ url: paired.url, body: paired.body })
  await rejects(sage.completeAuthorization({ url: paired.url, body: paired.body }))
  for (const name of ["erp", "erpSso", "graph", "gateway"] as const) {
    const { authorization = "" } = await sage.client(name).headers()
    canaries.add(`authorization of ${name}`, authorization.replace(/^\w+ /, ""))
  }
  sandbox.x3.configure({ session: { auth: [] } })
  sandbox.x3.identityProvider.endGrants()
  sandbox.x3.endPairings()
  sandbox.x3.removeConnectedApp(accounts["x3-graphql"].app.clientId)
  await rejects(sage.client("erp").soap(call))
  await rejects(sage.client("erpTls").soap(call))
  await rejects(sage.client("erpSso").refresh())
  await rejects(sage.client("gateway").refresh())
  await rejects(sage.client("graph").query(query))
  const clients = (["erp", "erpTls", "erpSso", "erpCloud", "graph", "gateway"] as const).map((name) =>
    sage.client(name)
  )
  for (const value of [sage, connections, ...clients]) watch.note("client", value)
  assert.deepStrictEqual(watch.sightings(), [])
})
