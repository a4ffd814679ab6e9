import { createSageAuth, type SageAuthError, type X3OnPremiseOptions, x3, type X3Auth } from "@sage-auth/core"
import type { Sandbox, SandboxOptions } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { until } from "../../src/settle.ts"
import { fastRetry, logEvents, openSandbox } from "../../src/world.ts"

type AnySandbox = Sandbox<"manual">

/** The sandbox's own connections, and an application that lives by its clock. */
const openWorld = async (options: SandboxOptions["x3"] = {}) => {
  const sandbox = await openSandbox({ x3: options })
  const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock, retry: fastRetry })
  onTestFinished(() => sage.close())
  return { sandbox, sage, events: logEvents(sage.events()) }
}

/** One connection on premise with options of the test's. */
const openErp = <const A extends X3Auth>(
  sandbox: AnySandbox,
  auth: A,
  options: Partial<Omit<X3OnPremiseOptions, "auth" | "environment" | "urls">> = {}
) => {
  const baseUrl = sandbox.urls["x3-web-services"].onPremise
  const sage = createSageAuth({
    connections: { erp: x3.onPremise({ baseUrl, auth, environment: "sandbox", ...options }) },
    clock: sandbox.clock,
    retry: fastRetry
  })
  onTestFinished(() => sage.close())
  return { sage, erp: sage.client("erp"), events: logEvents(sage.events()) }
}

const customers = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=20"
const nobody = "api1/x3/erp/SEED/BPCUSTOMER('NOBODY')?representation=BPCUSTOMER.$details"

const calls = (sandbox: AnySandbox) => sandbox.requests({ surface: "x3-web-services" })

const soapCall = (pool: string) => ({ pool, operation: "query", publicName: "WSBPC", objectKeys: {} }) as const

type Consented = "erpSso" | "erpCloud"

const consent = async ({ sage, sandbox }: Awaited<ReturnType<typeof openWorld>>, name: Consented) => {
  const { cookie, url } = await sage.client(name).authorize({ returnTo: "/" })
  return sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
}

describe("customers of X3", () => {
  it.each(["erp", "erpTls", "erpSso", "erpCloud"] as const)("are read by REST with %s", async (name) => {
    const world = await openWorld()
    if (name === "erpSso" || name === "erpCloud") await consent(world, name)
    const response = await world.sage.client(name).fetch(customers)
    assert.strictEqual(response.status, 200)
    assert.deepStrictEqual(response.headers.getSetCookie(), [])
    const body = (await response.json()) as { readonly $resources: ReadonlyArray<unknown> }
    assert.isNotEmpty(body.$resources)
    const status = await world.sage.client(name).status()
    assert.strictEqual(status.state, "connected")
  })

  it.each(["erp", "erpTls", "erpSso", "erpCloud"] as const)("are listed by SOAP with %s", async (name) => {
    const world = await openWorld()
    if (name === "erpSso" || name === "erpCloud") await consent(world, name)
    const { pool } = world.sandbox.accounts["x3-web-services"]
    const { messages, result, status, technicalInfos } = await world.sage.client(name).soap(soapCall(pool))
    assert.strictEqual(status, 1)
    assert.isArray(result)
    assert.isNotEmpty(result)
    assert.deepStrictEqual(messages, [])
    assert.isNumber(technicalInfos["totalDuration"])
  })

  it("that do not exist are a failure in spite of the status, with the answer at hand", async () => {
    const { sage } = await openWorld()
    const error = await failureOf(sage.client("erp").fetch(nobody))
    assert.strictEqual(error.reason._tag, "FunctionFailed")
    assert.strictEqual(error.id, "x3-web-services.diagnoses")
    assert.strictEqual(error.response?.ok, true)
    assert.property(await error.response?.json(), "$diagnoses")
  })
})

describe("a user and password", () => {
  it("beyond ASCII get in", async () => {
    const sandbox = await openSandbox()
    const { erp } = openErp(sandbox, x3.basic(sandbox.accounts["x3-web-services"].accented))
    assert.strictEqual((await erp.fetch(customers)).status, 200)
  })

  it("that are wrong arrive once, by REST and by SOAP", async () => {
    const sandbox = await openSandbox()
    const { basic, pool } = sandbox.accounts["x3-web-services"]
    const { erp, events } = openErp(sandbox, x3.basic({ ...basic, password: "wr0ng-Passw0rd" }))
    assert.strictEqual((await erp.fetch(customers)).status, 401)
    assert.strictEqual((await failureOf(erp.fetch(customers))).id, "client.credential-blocked")
    assert.strictEqual((await failureOf(erp.soap(soapCall(pool)))).id, "client.credential-blocked")
    assert.lengthOf(calls(sandbox), 1)
    assert.lengthOf(await events.of("credential-rejected"), 1)
    assert.notInclude(JSON.stringify(await events.seen()), "wr0ng")
  })

  it("are told that session.auth does not list them", async () => {
    const sandbox = await openSandbox({ x3: { session: { auth: ["oauth2", "bearer"] } } })
    const { basic, pool } = sandbox.accounts["x3-web-services"]
    const { erp } = openErp(sandbox, x3.basic(basic))
    const error = await failureOf(erp.soap(soapCall(pool)))
    assert.strictEqual(error.id, "x3-web-services.basic-rejected")
    assert.include(error.remedy, "session.auth")
  })
})

describe("a token of the identity provider's", () => {
  it("that X3 rejects is renewed once, and the call sent again", async () => {
    const world = await openWorld()
    await consent(world, "erpSso")
    const erp = world.sage.client("erpSso")
    assert.strictEqual((await erp.fetch(customers)).status, 200)
    world.sandbox.x3.expireAccessTokens()
    assert.strictEqual((await erp.fetch(customers)).status, 200)
    const refreshes = calls(world.sandbox).filter(({ step, status }) => step === "token" && status === 200)
    assert.lengthOf(refreshes, 2)
  })

  it("is refused where session.auth lacks bearer, which oauth2 alone does not bring", async () => {
    const world = await openWorld({ session: { auth: ["basic", "oauth2"] } })
    await consent(world, "erpSso")
    const { pool } = world.sandbox.accounts["x3-web-services"]
    const error = await failureOf(world.sage.client("erpSso").soap(soapCall(pool)))
    assert.strictEqual(error.id, "x3-web-services.bearer-rejected")
    assert.include(error.remedy, '"bearer"')
  })

  it("is revoked with the connection", async () => {
    const world = await openWorld()
    await consent(world, "erpSso")
    assert.deepStrictEqual(await world.sage.client("erpSso").disconnect(), { revoked: true })
    const error = await failureOf(world.sage.client("erpSso").fetch(customers))
    assert.strictEqual(error.reason._tag, "ReauthorizationRequired")
  })

  it("without a user behind it is refused, unless the server maps it", async () => {
    const sandbox = await openSandbox()
    const { oauth2, identityProvider, basic } = sandbox.accounts["x3-web-services"]
    const { clientId, clientSecret } = identityProvider.client
    const { erp } = openErp(sandbox, x3.clientCredentials({ tokenUrl: oauth2.tokenUrl, clientId, clientSecret }))
    assert.strictEqual((await erp.fetch(customers)).status, 401)
    sandbox.x3.configure({ clientCredentialsUser: basic.user })
    assert.strictEqual((await erp.fetch(customers)).status, 200)
  })
})

describe("a SOAP pool", () => {
  it("that is misspelt or stopped, and a host without processes, are told apart from credentials", async () => {
    const { sage, sandbox } = await openWorld()
    const { pool } = sandbox.accounts["x3-web-services"]
    const erp = sage.client("erp")
    assert.strictEqual((await failureOf(erp.soap(soapCall(pool.toLowerCase())))).id, "x3-web-services.pool-unknown")
    sandbox.x3.setPool(pool, { state: "stopped" })
    assert.strictEqual((await failureOf(erp.soap(soapCall(pool)))).id, "x3-web-services.pool-unknown")
    sandbox.x3.configure({ webServiceProcesses: 0 })
    const before = calls(sandbox).length
    const error = await failureOf(erp.soap(soapCall(pool)))
    assert.strictEqual(error.id, "x3-web-services.no-web-services")
    assert.strictEqual(calls(sandbox).length, before + 1)
  })

  it.each([200, 500, 503] as const)("that is full is tried again, said with status %i", async (status) => {
    const sandbox = await openSandbox({
      x3: { queueTimeoutAnswer: { status, message: "Queue timeout: all channels are busy" } }
    })
    const { basic, pool } = sandbox.accounts["x3-web-services"]
    sandbox.x3.setPool(pool, { size: 1, queueTimeout: 1000 })
    sandbox.x3.configure({ latency: "1 minute" })
    const { erp } = openErp(sandbox, x3.basic(basic), { deadline: "1 hour" })
    const both = Promise.allSettled([erp.soap(soapCall(pool)), erp.soap(soapCall(pool))])
    let settled = false
    void both.then(() => (settled = true))
    await until("both ended", () => {
      if (!settled) void sandbox.clock.advance("1 second")
      return settled
    })
    // one had the channel; the other was refused, and tried again until it had one or the schedule ended
    assert.isAbove(calls(sandbox).length, 2)
    const outcomes = (await both).map((each) =>
      each.status === "fulfilled" ? each.value.status : (each.reason as SageAuthError).id
    )
    assert.include(outcomes, 1)
    for (const outcome of outcomes) assert.include([1, "x3-web-services.channels-busy"], outcome)
  })
})
