import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type CatalogueId, createSageAuth, generateKey, isSageAuthError } from "@sage-auth/core"
import { Effect, type Scope } from "effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { Canaries, caged, Watch, wrongsIn } from "../../src/canary.ts"
import { type OAuthCage, type OAuthCageOptions, oauthCage, readBesideSqlite } from "../../src/oauth/cage.ts"
import { oauthFields } from "../../src/oauth/quoting.ts"
import { withParameters } from "../../src/oauth/world.ts"
import { eachFault, eachRefusal, type FaultyStep, kindsAt, Quoting, type Step } from "../../src/quoting.ts"
import { fastRetry, noRetry, openSandbox, retryOnce } from "../../src/world.ts"

type Flow = (cage: OAuthCage) => Effect.Effect<unknown, unknown, Scope.Scope>

const textOf = (init: RequestInit | undefined): string => (typeof init?.body === "string" ? init.body : "")

const refusing = (secret: string) => (): never => {
  throw Object.assign(new Error(`the vault said ${secret}`), { secret, response: { body: secret } })
}

const vendor = "objects/accounts-payable/vendor"

/** Every secret that a flow showed, and how it ended where that was not expected. */
const wrongs = async (
  ends: "success" | "any" | ReadonlyArray<CatalogueId>,
  flow: Flow,
  options: OAuthCageOptions = {},
  configured?: string
): Promise<ReadonlyArray<unknown>> => {
  const report = await caged((cage) => {
    if (configured !== undefined) cage.canaries.add("configured secret", configured)
    return oauthCage(options, (opened) => Effect.asVoid(flow(opened)))(cage)
  })
  return wrongsIn(report, ends)
}

const reads = (
  client: {
    fetch(path: string): Effect.Effect<Response, unknown>
  },
  path = vendor
) => Effect.flatMap(client.fetch(path), (response) => Effect.promise(() => response.text()))

const advance = ({ sandbox }: OAuthCage, by: string) => Effect.promise(() => sandbox.clock.advance(by as "1 hour"))

const flows: Readonly<Record<string, Flow>> = {
  "Business Cloud Accounting": (cage) =>
    Effect.gen(function* () {
      const books = cage.sage.client("books")
      yield* cage.consent("books")
      yield* reads(books, "contacts")
      yield* advance(cage, "10 minutes")
      yield* reads(books, "contacts")
      cage.sandbox.businessCloud.expireAccessTokens()
      yield* reads(books, "contacts")
      cage.watch.note("businesses", yield* books.businesses())
      cage.watch.note("status", yield* books.status())
      yield* books.refresh()
      cage.watch.note("disconnected", yield* books.disconnect())
    }),
  "Intacct's authorization code": (cage) =>
    Effect.gen(function* () {
      const payables = cage.sage.client("payables")
      yield* cage.consent("payables")
      yield* reads(payables)
      yield* reads(payables.entity("E1"))
      yield* reads(payables.entity("E2", { token: true }))
      cage.sandbox.intacctRest.rejectAccessTokens()
      yield* reads(payables)
      yield* payables.session()
      yield* advance(cage, "2 hours")
      yield* reads(payables)
      cage.watch.note("status", yield* payables.status())
      cage.watch.note("meter", yield* payables.meter())
      cage.watch.note("disconnected", yield* payables.disconnect({ revoke: true }))
    }),
  "Intacct's client credentials": (cage) =>
    Effect.gen(function* () {
      const vendors = cage.sage.client("vendors")
      yield* reads(vendors)
      yield* reads(vendors.entity("E1", { token: true }))
      yield* vendors.session()
      yield* advance(cage, "2 hours")
      yield* reads(vendors)
      cage.watch.note("status", yield* vendors.status())
      yield* vendors.disconnect({ revoke: true })
    }),
  "Intacct's client credentials for a session": (cage) =>
    Effect.gen(function* () {
      yield* reads(cage.sage.client("bridge"))
      cage.sandbox.intacct.endSessions()
      cage.sandbox.intacctRest.endGrants()
      yield* reads(cage.sage.client("bridge"))
    }),
  "keep-alive and a new key": (cage) =>
    Effect.gen(function* () {
      yield* cage.consent("books")
      yield* cage.consent("payables")
      yield* advance(cage, "8 days")
      cage.watch.note("pass", yield* cage.sage.keepAlive)
      cage.watch.note("resealed", yield* cage.sage.reseal)
    })
}

describe("no secret is shown by a flow that works", () => {
  it("with options that are functions, in JSON, and of a public client", async () => {
    assert.deepStrictEqual(
      await wrongs(
        "success",
        (cage) =>
          Effect.gen(function* () {
            yield* reads(cage.sage.client("vendors", { tenant: "acme" }))
            yield* cage.consent("payables", "acme")
            yield* reads(cage.sage.client("payables", { tenant: "acme" }))
          }),
        {
          vendors: () => ({ tokenBody: "json" }),
          payables: ({ accounts }) => ({ ...accounts["intacct-rest"].publicClient, clientSecret: undefined })
        }
      ),
      []
    )
  })
})

describe("no secret is shown by a flow that works, or is on the disk in plain text", () => {
  it("of a grant store in SQLite, while it is used and after every flow", async () => {
    const directory = await mkdtemp(join(tmpdir(), "sage-auth-canary-"))
    onTestFinished(() => rm(directory, { recursive: true }))
    const files: Array<string> = []
    let tenants = false
    const watched = (cage: OAuthCage) =>
      Effect.promise(async () => {
        for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile()) continue
          const file = entry.name
          const bytes = await readBesideSqlite(join(entry.parentPath, file))
          files.push(file)
          // what is no secret is there to be found
          tenants ||= bytes.includes("under way") || bytes.includes("stays")
          for (const encoding of ["latin1", "utf8"] as const) {
            // the log and the file while they are in use
            assert.deepStrictEqual(cage.canaries.excerpts(bytes.toString(encoding)), [], file)
          }
        }
      })
    assert.deepStrictEqual(
      await wrongs(
        "success",
        (cage) =>
          Effect.gen(function* () {
            for (const [name, flow] of Object.entries(flows)) {
              cage.watch.during = name
              yield* Effect.scoped(flow(cage))
            }
            cage.watch.during = "what stays"
            // one that is still there, and one under way
            yield* cage.consent("books", "stays")
            yield* reads(cage.sage.client("books", { tenant: "stays" }), "contacts")
            yield* cage.begin("payables", "under way")
            yield* watched(cage)
          }),
        { settings: { store: `sqlite:${join(directory, "grants.db")}` } }
      ),
      []
    )
    assert.isTrue(tenants)
    assert.include(files, "grants.db")
    assert.isTrue(
      files.some((file) => file.endsWith("-wal")),
      files.join(" ")
    )
  })
})

describe("no secret is shown by a callback that is refused", () => {
  const callbacks: Readonly<
    Record<
      string,
      readonly [CatalogueId, (cage: OAuthCage, connection: "books" | "payables") => Effect.Effect<unknown, unknown>]
    >
  > = {
    "with another state": [
      "client.callback-rejected",
      ({ begin, sage }, connection) =>
        Effect.flatMap(begin(connection), ({ cookie, url }) =>
          sage.completeAuthorization({ cookie, url: withParameters(url, { state: "x".repeat(43) }) })
        )
    ],
    "with its code twice": [
      "client.callback-rejected",
      ({ begin, sage }, connection) =>
        Effect.flatMap(begin(connection), ({ cookie, url }) =>
          sage.completeAuthorization({ cookie, url: `${url}&${new URL(url).search.slice(1)}` })
        )
    ],
    "that comes twice": [
      "client.callback-rejected",
      ({ begin, sage }, connection) =>
        Effect.flatMap(begin(connection), (callback) =>
          Effect.andThen(sage.completeAuthorization(callback), sage.completeAuthorization(callback))
        )
    ],
    "that comes too late": [
      "client.callback-rejected",
      (cage, connection) =>
        Effect.flatMap(cage.begin(connection), (callback) =>
          Effect.andThen(advance(cage, "1 hour"), cage.sage.completeAuthorization(callback))
        )
    ],
    "of another tenant": [
      "client.callback-rejected",
      ({ begin, sage }, connection) =>
        Effect.flatMap(begin(connection, "acme"), (callback) =>
          sage.completeAuthorization({ ...callback, tenant: "other" })
        )
    ],
    "with half a cookie": [
      "client.callback-rejected",
      ({ begin, sage }, connection) =>
        Effect.flatMap(begin(connection), ({ cookie, url }) =>
          sage.completeAuthorization({ url, cookie: cookie.slice(0, -3) })
        )
    ],
    "with the cookie of another connection": [
      "client.callback-rejected",
      ({ begin, sage }, connection) =>
        Effect.gen(function* () {
          const { url } = yield* begin(connection)
          const { cookie } = yield* begin(connection === "books" ? "payables" : "books")
          return yield* sage.completeAuthorization({ url, cookie })
        })
    ],
    "with words that quote the code": [
      "client.callback-rejected",
      ({ begin, sage }, connection) =>
        Effect.flatMap(begin(connection), ({ cookie, url }) => {
          const code = new URL(url).searchParams.get("code") ?? ""
          return sage.completeAuthorization({
            cookie,
            url: withParameters(url, { error: code, error_description: code, reason: code })
          })
        })
    ]
  }
  it.each(["books", "payables"] as const)("whatever one of %s is refused for", async (connection) => {
    const refused = Object.entries(callbacks).map(
      ([name, [id, flow]]) => [name, [id, (cage: OAuthCage) => flow(cage, connection)]] as const
    )
    let met: ReadonlyArray<unknown> = ["nothing ran"]
    const flow: Flow = (cage) =>
      Effect.map(eachRefusal(cage, Object.fromEntries(refused)), (found) => {
        met = found
      })
    assert.deepStrictEqual([...(await wrongs("success", flow)), ...met], [])
  })
})

const consented =
  (name: "books" | "payables"): Step<OAuthCage>["act"] =>
  ({ consent }, tenant) =>
    consent(name, tenant)

/** a grant that serves until a server has ended it */
const connected =
  (name: "books" | "payables"): Step<OAuthCage>["act"] =>
  ({ consent, sage }) =>
    Effect.flatMap(sage.client(name).status(), ({ state }) => (state === "connected" ? Effect.void : consent(name)))

// neighbours differ as little as possible: each meets half of the kinds of faults
const steps: Readonly<Record<string, FaultyStep<OAuthCage>>> = {
  "the exchange of a code of Business Cloud": {
    part: "/token",
    on: ["business-cloud", "authorization_code"],
    act: consented("books")
  },
  "a refresh of Business Cloud": {
    part: "/token",
    on: ["business-cloud", "refresh_token"],
    before: consented("books"),
    act: ({ sage }, tenant) => sage.client("books", { tenant }).refresh()
  },
  "the exchange of a code of Intacct": {
    part: "/token",
    on: ["intacct-rest", "authorization_code"],
    act: consented("payables")
  },
  "a refresh of Intacct": {
    part: "/token",
    on: ["intacct-rest", "refresh_token"],
    before: consented("payables"),
    act: ({ sage }, tenant) => sage.client("payables", { tenant }).refresh()
  },
  // what was refused before is sent again because somebody asks
  "client credentials": {
    part: "/token",
    on: ["intacct-rest", "client_credentials"],
    act: ({ sage }) => sage.client("vendors").refresh()
  },
  "client credentials for a session": {
    part: "/token",
    on: ["intacct-rest", "client_credentials"],
    act: ({ sage }) => sage.client("bridge").refresh()
  },
  "a revocation of Business Cloud": {
    part: "/revoke",
    on: ["business-cloud", "revoke"],
    before: connected("books"),
    act: ({ sage, watch }) => Effect.map(sage.client("books").disconnect(), (done) => watch.note("disconnected", done))
  },
  "a revocation of Intacct": {
    part: "/revoke",
    on: ["intacct-rest", "revoke"],
    before: connected("payables"),
    act: ({ sage, watch }) =>
      Effect.map(sage.client("payables").disconnect({ revoke: true }), (done) => watch.note("disconnected", done))
  },
  "the list of businesses": {
    part: "/businesses",
    on: ["business-cloud", "businesses"],
    before: connected("books"),
    act: ({ sage }) => sage.client("books").businesses()
  },
  "a call of Business Cloud": {
    part: "/contacts",
    on: ["business-cloud", "contacts"],
    before: connected("books"),
    act: ({ sage }) => reads(sage.client("books"), "contacts")
  },
  "a session": {
    part: "/session/id",
    on: ["intacct-rest", "services/core/session/id"],
    act: ({ sage }) => sage.client("vendors").session()
  },
  "a call of Intacct": { part: vendor, on: ["intacct-rest", vendor], act: ({ sage }) => reads(sage.client("vendors")) }
}

describe("no secret is shown by a server or a proxy that quotes what it was sent", () => {
  it.each(Object.keys(steps))("at %s", async (name) => {
    const { part, ...step } = steps[name]!
    const quoting = new Quoting(oauthFields, Object.keys(steps).indexOf(name))
    const tamper: OAuthCageOptions["tamper"] = ({ secrets, url }) =>
      url.includes(part) ? quoting.answer(secrets) : undefined
    const report = await wrongs("success", (cage) => quoting.run(cage, step), { tamper, settings: { retry: noRetry } })
    assert.deepStrictEqual([...report, ...quoting.wrongs], [])
  })

  it("is not helped by a fetch that fails with everything it knows", async () => {
    assert.deepStrictEqual(
      await wrongs(
        "any",
        (cage) =>
          Effect.gen(function* () {
            yield* cage.consent("books")
            return yield* cage.sage.client("books").refresh()
          }),
        {
          settings: {
            fetch: async (input, init) => {
              throw Object.assign(new TypeError(`cannot send ${textOf(init)}`), {
                request: init,
                url: input,
                cause: { headers: init?.headers, body: init?.body, code: textOf(init) }
              })
            }
          }
        }
      ),
      []
    )
  })
})

describe("no secret is shown whatever goes wrong on the way", () => {
  it.each([...Object.keys(steps).entries()])("of step %i, %s, once and for good", async (step, name) => {
    let met: ReadonlyArray<unknown> = ["nothing ran"]
    const flow: Flow = (cage) =>
      Effect.map(eachFault(cage, kindsAt(step), steps[name]!), (found) => {
        met = found
      })
    assert.deepStrictEqual([...(await wrongs("success", flow, { settings: { retry: retryOnce } })), ...met], [])
  })
})

describe("no secret is shown by a grant that is over", () => {
  it.each(["books", "payables"] as const)("of %s", async (connection) => {
    assert.deepStrictEqual(
      await wrongs([connection === "books" ? "business-cloud.grant-ended" : "intacct-rest.grant-ended"], (cage) =>
        Effect.gen(function* () {
          yield* cage.consent(connection)
          const control = connection === "books" ? cage.sandbox.businessCloud : cage.sandbox.intacctRest
          control.endGrants()
          return yield* cage.sage.client(connection).refresh()
        })
      ),
      []
    )
  })

  it("nor by a client that is refused", async () => {
    assert.deepStrictEqual(
      await wrongs(["intacct-rest.client-not-authorized"], (cage) =>
        Effect.suspend(() => {
          const { clientId } = cage.sandbox.accounts["intacct-rest"].client
          cage.sandbox.intacctRest.setClientSecret(clientId, cage.secrets.wrong)
          return cage.sage.client("vendors").headers()
        })
      ),
      []
    )
  })
})

describe("no secret is shown by a configuration that cannot work", () => {
  const secret = "c0nfigured&s3cret<as>a%canary"
  const wrong: Readonly<Record<string, OAuthCageOptions>> = {
    "a secret with a control character": { books: () => ({ clientSecret: `${secret}\u0000` }) },
    "a secret in the place of another option": { books: () => ({ scope: secret as "readonly" }) },
    "a secret under a wrong name": { vendors: () => ({ clientSecrets: secret }) as object },
    "a secret as an object": { payables: () => ({ clientSecret: { value: secret } as never }) },
    "a secret in an address": {
      books: () => ({ redirectUri: `https://user:${encodeURIComponent(secret)}@app.example/#x` })
    },
    "a session id beside a username": { vendors: () => ({ sessionId: secret }) },
    "a secret of the other credential system": {
      payables: () => ({ sender: { id: "a", password: secret } }) as object
    },
    "a key that is none": { settings: { keys: [secret] } },
    "a function that throws": { vendors: () => ({ clientSecret: refusing(secret) }) },
    "a function that rejects": { vendors: () => ({ clientSecret: async () => refusing(secret)() }) },
    "a function that answers nonsense": { vendors: () => ({ clientSecret: () => ({ secret }) as never }) }
  }
  it.each(Object.keys(wrong))("%s", async (name) => {
    assert.deepStrictEqual(
      await wrongs(["client.misconfigured"], (cage) => cage.sage.client("vendors").headers(), wrong[name], secret),
      []
    )
  })
})

it("no secret is printed by the promise clients or what they reject with", async () => {
  const canaries = new Canaries()
  const watch = new Watch(canaries)
  const sandbox = await openSandbox()
  const connections = sandbox.connections()
  const key = canaries.add("key", generateKey())
  for (const name of ["business-cloud", "intacct-rest"] as const) {
    canaries.add(`client secret of ${name}`, sandbox.accounts[name].client.clientSecret)
  }
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
  const { cookie, url } = await sage.client("books").authorize({ returnTo: "/" })
  const callback = await sandbox.approve(url)
  canaries.add("cookie", cookie.split(".")[2] ?? "")
  canaries.add("code", new URL(callback).searchParams.get("code") ?? "")
  await rejects(sage.completeAuthorization({ url: `${callback}x`, cookie }))
  await sage.completeAuthorization({ url: callback, cookie })
  await rejects(sage.completeAuthorization({ url: callback, cookie }))
  for (const client of [sage.client("books"), sage.client("vendors")]) {
    const { authorization = "" } = await client.headers()
    canaries.add(`access token of ${client.connection}`, authorization.slice("Bearer ".length))
  }
  sandbox.intacctRest.setClientSecret(sandbox.accounts["intacct-rest"].client.clientId, "another")
  sandbox.businessCloud.endGrants()
  await rejects(sage.client("vendors").refresh())
  await rejects(sage.client("books").refresh())
  const clients = [sage.client("vendors"), sage.client("vendors").entity("E1"), sage.client("books").business("b")]
  for (const value of [sage, connections, ...clients]) watch.note("client", value)
  assert.deepStrictEqual(watch.sightings(), [])
})
