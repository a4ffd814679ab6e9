import { execFile } from "node:child_process"
import { join } from "node:path"
import process from "node:process"
import { promisify } from "node:util"
import { createSageAuth, intacctRest, isSageAuthError, x3 } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch, ProxyAgent } from "undici"
import { assert, beforeAll, describe, inject, it, onTestFinished } from "vitest"
import { openProxy } from "../src/proxy/openProxy.ts"

const run = promisify(execFile)

let sandbox: Sandbox<"manual">

beforeAll(async () => {
  sandbox = await startSandbox({ clock: "manual" })
  return () => sandbox.stop()
})

const optionsOf = () => {
  const { client, user } = sandbox.accounts["intacct-rest"]
  const { clientId, clientSecret } = client
  const { username } = user
  return { clientId, clientSecret, username, environment: "sandbox", urls: sandbox.urls["intacct-rest"] } as const
}

/** as the documentation has it: the dispatcher of one undici is for the fetch of the same */
const throughOf = (dispatcher: Dispatcher): typeof fetch =>
  ((url: string, init?: object) => undiciFetch(url, { ...init, dispatcher })) as unknown as typeof fetch

const openThrough = (dispatcher: Dispatcher) => {
  const sage = createSageAuth({
    connections: { vendors: intacctRest.clientCredentials(optionsOf()) },
    clock: sandbox.clock,
    retry: { transient: { first: 0, times: 0, within: "1 second" } },
    fetch: throughOf(dispatcher)
  })
  onTestFinished(async () => {
    await sage.close()
    await dispatcher.close()
  })
  return sage.client("vendors")
}

const vendor = "objects/accounts-payable/vendor"
const apiHost = () => new URL(sandbox.urls["intacct-rest"].api).host

describe("a fetch through a proxy", () => {
  it("carries tokens and calls through undici's ProxyAgent", async () => {
    const proxy = await openProxy()
    const client = openThrough(new ProxyAgent({ uri: proxy.url, token: "Basic dTpw" }))
    assert.strictEqual((await client.fetch(vendor)).status, 200)
    assert.include(proxy.passed, apiHost())
    assert.deepStrictEqual([...new Set(proxy.authorizations)], ["Basic dTpw"])
  })

  it("goes around it where undici's EnvHttpProxyAgent is told to", async () => {
    const proxy = await openProxy()
    const client = openThrough(new EnvHttpProxyAgent({ httpProxy: proxy.url }))
    assert.strictEqual((await client.fetch(vendor)).status, 200)
    assert.isAbove(proxy.passed.length, 0)
    const before = proxy.passed.length
    const around = openThrough(new EnvHttpProxyAgent({ httpProxy: proxy.url, noProxy: "127.0.0.1" }))
    assert.strictEqual((await around.fetch(vendor)).status, 200)
    assert.strictEqual(proxy.passed.length, before)
  })

  it("that the proxy refuses fails as a service that cannot be reached, and tells nobody the proxy's password", async () => {
    const proxy = await openProxy(true)
    const address = new URL(proxy.url)
    address.username = "worker"
    address.password = "pr0xy-s3cret"
    const failed = await openThrough(new ProxyAgent(address.href))
      .fetch(vendor)
      .catch((error: unknown) => error)
    assert.isTrue(isSageAuthError(failed))
    const shown = `${String(failed)} ${JSON.stringify(failed)} ${(failed as Error).stack}`
    assert.notInclude(shown, "pr0xy-s3cret")
    assert.notInclude(shown, Buffer.from("worker:pr0xy-s3cret").toString("base64"))
    assert.strictEqual((failed as { readonly reason: { readonly _tag: string } }).reason._tag, "ServiceUnavailable")
    assert.strictEqual(proxy.passed.length, 0)
  })

  it("is not that of a connection with authorities of its own, which goes its own way", async () => {
    const proxy = await openProxy()
    const dispatcher = new ProxyAgent(proxy.url)
    let used = 0
    const through = throughOf(dispatcher)
    const { online } = sandbox.urls["x3-web-services"]
    const auth = x3.bearer(() => "a-token")
    const sage = createSageAuth({
      connections: { erp: x3.online({ baseUrl: online, auth, ca: sandbox.ca, environment: "sandbox" }) },
      clock: sandbox.clock,
      fetch: (...input) => {
        used++
        return through(...input)
      }
    })
    onTestFinished(() => dispatcher.close())
    onTestFinished(() => sage.close())
    const before = sandbox.requests({ surface: "x3-web-services" }).length
    await sage
      .client("erp")
      .fetch("api1/x3/erp/SEED/BPCUSTOMER")
      .catch(() => {})
    assert.isAbove(sandbox.requests({ surface: "x3-web-services" }).length, before)
    assert.deepStrictEqual([used, proxy.passed.length], [0, 0])
  })
})

/** What a process of its own comes to, which has nothing of this one's environment. */
const outcomeWith = async (env: Readonly<Record<string, string>>) => {
  const { stdout } = await run(process.execPath, [join(inject("children"), "throughProxy.mjs")], {
    env: { PATH: process.env["PATH"] ?? "", GIVEN: JSON.stringify(optionsOf()), ...env }
  })
  return stdout.trim()
}

describe("the platform's fetch", () => {
  it("goes through the proxy of the environment with NODE_USE_ENV_PROXY, and only with it", async () => {
    const proxy = await openProxy()
    assert.strictEqual(await outcomeWith({ HTTP_PROXY: proxy.url }), "200")
    assert.deepStrictEqual(proxy.passed, [])
    assert.strictEqual(await outcomeWith({ HTTP_PROXY: proxy.url, NODE_USE_ENV_PROXY: "1" }), "200")
    assert.include(proxy.passed, apiHost())
  })
})
