import { inspect as shown } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { createSageAuth, generateKey, intacctXml, type SageAuthError, x3 } from "@sage-auth/core"
import { clientAlone, inspectApplication, inspectConnection, tryCoordination } from "@sage-auth/core/inspect"

let sandbox: Sandbox<"manual">
beforeAll(async () => {
  sandbox = await startSandbox({ clock: "manual" })
})
afterAll(() => sandbox.stop())

const refusing = () => Promise.reject(new Error("nobody acquires here"))

const secretsOf = (value: unknown): ReadonlyArray<string> => {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return []
  return Object.entries(value).flatMap(([name, each]) =>
    typeof each === "string" && /password|secret|passphrase|^key$|subscriptionId|encryptedKey/i.test(name)
      ? [each]
      : secretsOf(each)
  )
}

describe("inspectConnection", () => {
  it("tells what every connection is set to, without a secret", async () => {
    const sage = createSageAuth({ connections: sandbox.connections() })
    const all = await Promise.all(Object.keys(sage.connections).map((name) => inspectConnection(sage, name)))
    const text = shown(all, { depth: 9, showHidden: true, getters: true }) + JSON.stringify(all)
    const secrets = secretsOf(sandbox.accounts)
    assert.isAbove(secrets.length, 20)
    for (const secret of secrets) assert.notInclude(text, secret)
    assert.deepStrictEqual(
      all.map(({ connection, flow, interactive }) => [connection, flow, interactive]),
      [
        ["ledger", "login", false],
        ["vendors", "client-credentials", false],
        ["bridge", "client-credentials", false],
        ["payables", "authorization-code", true],
        ["books", "authorization-code", true],
        ["erp", "basic", false],
        ["erpTls", "certificate", false],
        ["erpSso", "authorization-code", true],
        ["erpCloud", "authorization-code", true],
        ["graph", "connected-application", false],
        ["gateway", "pairing", true]
      ]
    )
    const [ledger, vendors, bridge, , books, erp, erpTls] = all
    assert.deepStrictEqual(ledger?.urls, sandbox.urls["intacct-xml"])
    assert.deepInclude(ledger?.ids, { senderId: "sandbox_sender", companyId: "AcmeHoldings", userId: "xml_gateway" })
    assert.strictEqual(vendors?.ids["username"], "xml_gateway@AcmeHoldings")
    assert.strictEqual(bridge?.session, "ledger")
    assert.strictEqual(books?.redirectUri, sandbox.accounts["business-cloud"].client.redirectUri)
    assert.deepStrictEqual(erp?.ids, { user: "wsadmin" })
    assert.strictEqual(erpTls?.certificate?.commonName, "wscert")
    assert.deepStrictEqual(erpTls?.authorities, [sandbox.ca])
    assert.isTrue(all.every(({ environment, issues }) => environment === "sandbox" && issues.length === 0))
  })

  it("asks functions for the tenant, and never tells what they threw", async () => {
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const environment = "sandbox"
    const sage = createSageAuth({
      connections: {
        ledger: intacctXml({
          sender: () => Promise.reject(new Error("canary-of-the-vault")),
          login: (tenant) => ({ ...login, userId: `${tenant}-user` }),
          environment,
          urls: sandbox.urls["intacct-xml"]
        }),
        fixed: intacctXml({ sender, login, environment, urls: sandbox.urls["intacct-xml"] })
      }
    })
    const found = await inspectConnection(sage, "ledger", "acme")
    assert.strictEqual(found.ids["userId"], "acme-user")
    assert.deepStrictEqual(
      found.issues.map(({ option }) => option),
      ["connections.ledger.sender"]
    )
    assert.notInclude(shown(found, { depth: 9 }), "canary")
  })

  it("refuses a name that is none", async () => {
    const sage = createSageAuth({ connections: sandbox.connections() })
    for (const name of ["nothing", "toString", "__proto__"]) {
      const refused = await inspectConnection(sage, name).catch((error: unknown) => error)
      assert.instanceOf(refused, TypeError)
    }
  })
})

describe("inspectApplication", () => {
  it("tells where grants and pools are, and how many keys there are", () => {
    const connections = sandbox.connections()
    const plain = createSageAuth({ connections })
    assert.deepInclude(inspectApplication(plain), { store: "memory", ownKeys: true, coordination: "memory" })
    const keys = [generateKey(), generateKey()]
    const kept = createSageAuth({
      connections,
      store: "sqlite:/var/lib/app/grants.db",
      keys,
      clock: { now: () => 7 },
      coordination: {
        acquire: () => Promise.reject(new Error()),
        state: () => Promise.reject(new Error("away"))
      }
    })
    const found = inspectApplication(kept)
    assert.deepInclude(found, {
      store: "sqlite",
      storePath: "/var/lib/app/grants.db",
      keys: 2,
      ownKeys: false,
      coordination: "other"
    })
    assert.strictEqual(found.now?.(), 7)
    for (const key of keys) assert.notInclude(shown(found, { depth: 9 }) + shown(kept, { showHidden: true }), key)
  })

  it("refuses what is no application", () => {
    assert.throws(() => inspectApplication({ connections: {} }), TypeError)
  })
})

describe("tryCoordination", () => {
  it("asks it, and passes on what it fails with", async () => {
    const connections = sandbox.connections()
    const asked: Array<string> = []
    const state = (pool: string) => {
      asked.push(pool)
      return Promise.resolve({ limit: 0, inUse: 0, waiting: 0 })
    }
    await tryCoordination(createSageAuth({ connections, coordination: { acquire: refusing, state } }))
    assert.lengthOf(asked, 1)
    await tryCoordination(createSageAuth({ connections }))
  })
})

describe("clientAlone", () => {
  it("gives client credentials a connection whose code the server must refuse", async () => {
    const { bridge, erp, vendors } = sandbox.connections()
    assert.isUndefined(clientAlone(erp))
    assert.isUndefined(clientAlone(x3.basic({ user: "u", password: "p" }) as never))
    for (const connection of [vendors, bridge]) {
      const alone = clientAlone(connection)
      const sage = createSageAuth({ connections: { alone: alone as never }, clock: sandbox.clock, log: false })
      const client = sage.client("alone") as unknown as {
        authorize(options: { returnTo: string }): Promise<{ url: string; cookie: string }>
      }
      const { cookie, url } = await client.authorize({ returnTo: "/" })
      const state = new URL(url).searchParams.get("state") ?? ""
      const callback = `https://sage-auth.invalid/doctor?code=made-up&state=${state}`
      const refused = (await sage
        .completeAuthorization({ url: callback, cookie })
        .catch((error: unknown) => error)) as SageAuthError
      assert.strictEqual(refused.id, "intacct-rest.code-rejected")
    }
  })
})
