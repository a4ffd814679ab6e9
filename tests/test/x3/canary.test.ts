import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type CatalogueId, createSageAuth, generateKey, isSageAuthError } from "@sage-auth/core"
import type { FaultKind, SandboxOptions } from "@sage-auth/sandbox"
import { Effect, type Scope } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { Canaries, caged, Watch, wrongsIn } from "../../src/canary.ts"
import { readBesideSqlite } from "../../src/oauth/cage.ts"
import { onlyAt } from "../../src/oauth/quoting.ts"
import { withParameters } from "../../src/oauth/world.ts"
import { fastRetry, openSandbox } from "../../src/world.ts"
import { type X3Cage, type X3CageOptions, x3Cage } from "../../src/x3/cage.ts"
import { x3QuotingTampers } from "../../src/x3/quoting.ts"

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

const advance = ({ sandbox }: X3Cage, by: "10 minutes" | "1 hour" | "2 hours" | "8 days") =>
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

describe("no secret of X3 is shown by a flow that works", () => {
  for (const [name, [flow, sandbox]] of Object.entries(flows)) {
    it(`by ${name}`, async () => {
      assert.deepStrictEqual(await wrongs("success", flow, { sandbox }), [])
    })
  }
})

describe("no secret of X3 is on the disk in plain text", () => {
  it.each(Object.keys(flows))("of a grant store in SQLite: %s", async (name) => {
    const directory = await mkdtemp(join(tmpdir(), "sage-auth-canary-"))
    onTestFinished(() => rm(directory, { recursive: true }))
    const [flow, sandbox] = flows[name]!
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
            yield* Effect.scoped(flow(cage))
            // a grant that is still there, a pairing whose code is kept until somebody accepts, and one without callback
            yield* cage.consent("erpSso", "stays")
            cage.sandbox.x3.configure({ gateway: { callbackOrder: "before-acceptance" } })
            const callback = yield* cage.begin("gateway", { decide: false, tenant: "waits" })
            yield* cage.sage.completeAuthorization(callback)
            yield* cage.begin("gateway", { decide: false, tenant: "under way" })
            yield* watched(cage)
          }),
        { sandbox, settings: { store: `sqlite:${join(directory, "grants.db")}` } }
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
    assert.deepStrictEqual(await wrongs([id], flow, options), [])
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
        const endpoint = `https://${code.slice(0, 40).replaceAll(/[^a-z0-9]/gi, "x")}.example/${code}`
        return sage.completeAuthorization({ ...callback, body: body(callback, { endpoint }) })
      }),
    "the gateway, with words that quote the code": ({ begin, sage }) =>
      Effect.flatMap(begin("gateway"), (callback) => {
        const code = new URLSearchParams(callback.body).get("authorizationCode") ?? ""
        const quoting = { error: code, error_description: code, message: code }
        return sage.completeAuthorization({ ...callback, body: body(callback, quoting) })
      })
  }
  it.each(Object.keys(callbacks))("of %s", async (name) => {
    assert.deepStrictEqual(await wrongs(["client.callback-rejected"], callbacks[name]!), [])
  })
})

const gatewayReads: Flow = (cage) =>
  Effect.andThen(cage.consent("gateway"), reads(cage.sage.client("gateway"), "folders"))

describe("no secret of X3 is shown by a server or a proxy that quotes what it was sent", () => {
  const steps: Readonly<
    Record<string, readonly [part: string, spared: number, flow: Flow, sandbox?: SandboxOptions["x3"]]>
  > = {
    "at a REST call with user and password": [
      "/api1/",
      0,
      (cage) => Effect.asVoid(cage.sage.client("erp").fetch(customers))
    ],
    "at a SOAP call with user and password": ["/soap-generic/", 0, (cage) => cage.sage.client("erp").soap(call)],
    "at a SOAP call with a token": [
      "/soap-generic/",
      0,
      (cage) => Effect.andThen(cage.consent("erpSso"), cage.sage.client("erpSso").soap(call))
    ],
    "at a SOAP call with a supplied token": ["/soap-generic/", 0, (cage) => cage.sage.client("erpOwn").soap(call)],
    "at the exchange of a code": ["/x3-idp/", 0, ({ consent }) => consent("erpSso")],
    "at a refresh": [
      "/x3-idp/",
      1,
      ({ consent, sage }) => Effect.andThen(consent("erpSso"), sage.client("erpSso").refresh())
    ],
    "at client credentials": ["/x3-idp/", 0, ({ sage }) => sage.client("erpMachine").headers()],
    "at a revocation": [
      "/revoke",
      0,
      ({ consent, sage }) => Effect.andThen(consent("erpSso"), sage.client("erpSso").disconnect({ revoke: true }))
    ],
    "at a query of a connected application": ["/xtrem/api", 0, ({ sage }) => sage.client("graph").query(query)],
    "at a query with user and password": ["/xtrem/api", 0, ({ sage }) => sage.client("graphBasic").query(query)],
    "at the exchange of a pairing": ["/v1/token", 0, gatewayReads],
    "at a refresh of a pairing": [
      "/v1/token",
      1,
      ({ consent, sage }) => Effect.andThen(consent("gateway"), sage.client("gateway").refresh())
    ],
    "at the deletion of a pairing": [
      "/v1/token",
      1,
      ({ consent, sage }) => Effect.andThen(consent("gateway"), sage.client("gateway").disconnect({ revoke: true }))
    ],
    "at the folders": [
      "/folders",
      0,
      ({ consent, sage }) => Effect.andThen(consent("gateway"), sage.client("gateway").folders())
    ],
    "at the document of a region": ["/x3-gateway/v1", 0, gatewayReads]
  }
  for (const [step, [part, spared, flow]] of Object.entries(steps)) {
    for (const [name, tamper] of x3QuotingTampers) {
      it(`${step}, ${name}`, async () => {
        let tampered = 0
        const counted: typeof tamper = (exchange) => {
          tampered++
          return tamper(exchange)
        }
        assert.deepStrictEqual(await wrongs("any", flow, { tamper: onlyAt(part, counted, spared) }), [])
        assert.isAbove(tampered, 0)
      })
    }
  }

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
      assert.deepStrictEqual(await wrongs("any", flow, { settings }), [])
    }
  })
})

describe("no secret of X3 is shown whatever goes wrong on the way", () => {
  const kinds: ReadonlyArray<FaultKind> = [
    "drop-request",
    "drop-response",
    "truncate",
    "short-body",
    "wrong-content-type",
    "no-content-type",
    "html-502",
    "cloudflare-524",
    "status-503",
    "unavailable",
    "rate-limited",
    "rate-limited-200"
  ]
  const steps = {
    "a REST call": ["x3-web-services", "api1", "user and password"],
    "a SOAP call": ["x3-web-services", "soap", "user and password"],
    "a call with a certificate": ["x3-web-services", "soap", "a certificate in PKCS #12"],
    "a token of the identity provider": ["x3-web-services", "token", "x3.oauth2"],
    "client credentials": ["x3-web-services", "token", "x3.clientCredentials"],
    "a query": ["x3-graphql", "graphql", "a connected application"],
    "a token of the gateway": ["x3-gateway", "token", "a pairing"],
    "a call of the gateway": ["x3-gateway", "api", "a pairing"],
    "the document of a region": ["x3-gateway", "root", "a pairing"]
  } as const
  for (const [step, [surface, on, name]] of Object.entries(steps)) {
    const [flow, sandbox] = flows[name]!
    for (const kind of kinds) {
      it(`${kind} of ${step}, once and for good`, async () => {
        let arrived = 0
        assert.deepStrictEqual(
          await wrongs(
            "any",
            (cage) =>
              Effect.gen(function* () {
                cage.sandbox.fault(surface, { on, kind })
                yield* Effect.exit(Effect.scoped(flow(cage)))
                cage.sandbox.fault(surface, { on, kind, times: Number.POSITIVE_INFINITY })
                return yield* Effect.ensuring(
                  Effect.scoped(flow(cage)),
                  Effect.sync(() => {
                    arrived = cage.sandbox.requests({ surface, step: on }).length
                  })
                )
              }),
            { sandbox }
          ),
          []
        )
        assert.isAbove(arrived, 0, "it met no fault")
      })
    }
  }
})

const asked = (cage: X3Cage) =>
  Effect.all([
    cage.sage.client("erp").headers(),
    cage.sage.client("erpTls").headers(),
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
    assert.deepStrictEqual(await wrongs(["client.misconfigured"], asked, wrong[name], secret), [])
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
