import { mkdtemp, readFile, rm } from "node:fs/promises"
import { get } from "node:https"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import path from "node:path"
import { ConsoleLogger, Logger } from "@nestjs/common"
import type { Sandbox } from "@sage-auth/sandbox"
import { assert, onTestFinished, test, vi } from "vitest"
import { intacctDeployment } from "../src/deployment/intacct.ts"
import { type Started, start } from "../src/start.ts"
import { Visitor } from "./Visitor.ts"

interface Open {
  readonly url: string
  readonly sandbox: Sandbox
  readonly accounts: Sandbox["accounts"]["intacct-rest"]
  /** somebody who has signed in for a company */
  readonly visitor: (company?: "acme" | "birch") => Promise<Visitor>
}

const open = async (): Promise<Open> => {
  // Nest has one log for a process, which an application of another test file may have switched off
  Logger.overrideLogger(new ConsoleLogger())
  const { close, sandbox, url } = await start({ PORT: "0" })
  onTestFinished(close)
  if (sandbox === undefined) throw new Error("without credentials it runs against a sandbox")
  return {
    url,
    sandbox,
    accounts: sandbox.accounts["intacct-rest"],
    visitor: async (company) => {
      const visitor = new Visitor(url)
      if (company !== undefined) await visitor.signIn(company)
      return visitor
    }
  }
}

const cellsOf = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/<td>([^<]*)<\/td>/g)].map(([, cell = ""]) => cell)

/** What is logged as an error, kept from the terminal. */
const errorsLogged = (): ReadonlyArray<string> => {
  const logged: Array<string> = []
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    logged.push(String(text))
    return true
  })
  onTestFinished(() => spy.mockRestore())
  return logged
}

/** ends what never comes, and nothing that a busy machine is slow at */
const patience = { timeout: 100_000 }

const tokensAsked = (sandbox: Sandbox): number => sandbox.requests({ surface: "intacct-rest", step: "token" }).length

test("vendors are read in the background with client credentials, for each company its own", async () => {
  const { sandbox, visitor } = await open()
  const [acme, birch] = await Promise.all([visitor("acme"), visitor("birch")])
  const [ofAcme, ofBirch] = [await acme.visit("/vendors"), await birch.visit("/vendors")]
  assert.match(ofAcme.text, /Vendors of Acme Holdings/)
  assert.match(ofBirch.text, /Vendors of Birch Partners/)
  assert.isAbove(cellsOf(ofAcme.text).length, 100)
  assert.isAbove(cellsOf(ofBirch.text).length, 100)
  assert.notDeepEqual(cellsOf(ofAcme.text), cellsOf(ofBirch.text))
  assert.strictEqual(tokensAsked(sandbox), 2, "one token for each company")

  const before = sandbox.requests().length
  assert.strictEqual((await acme.visit("/vendors")).text, ofAcme.text)
  assert.lengthOf(sandbox.requests(), before, "what was read in the background asks Intacct nothing")
})

test("each company consents with its own user and sees its own bills alone", async () => {
  const { accounts, url, visitor } = await open()
  const [acme, birch] = await Promise.all([visitor("acme"), visitor("birch")])

  const asked = await acme.visit("/payables")
  assert.match(asked.text, /Sign in to Sage Intacct/, "who has not consented is sent to consent")
  const ofAcme = await acme.consentAs(asked, accounts.user)
  assert.strictEqual(ofAcme.url, `${url}/payables`, "and comes back to the page that was asked for")
  assert.match(ofAcme.text, /Bills of Acme Holdings/)
  assert.isAbove(cellsOf(ofAcme.text).length, 0)

  assert.match((await birch.visit("/")).text, /somebody who consented: <strong>disconnected<\/strong>/)
  const ofBirch = await birch.consentAs(await birch.visit("/payables"), accounts.second)
  assert.match(ofBirch.text, /Bills of Birch Partners/)
  assert.isAbove(cellsOf(ofBirch.text).length, 0)
  assert.notDeepEqual(cellsOf(ofBirch.text), cellsOf(ofAcme.text))

  for (let round = 0; round < 5; round++) {
    const [again, other] = await Promise.all([acme.visit("/payables"), birch.visit("/payables")])
    assert.strictEqual(again.text, ofAcme.text)
    assert.strictEqual(other.text, ofBirch.text)
  }
})

test("a callback that another company's visitor brings is refused, and connects nobody", async () => {
  const { accounts, sandbox, url, visitor } = await open()
  const [acme, birch] = await Promise.all([visitor("acme"), visitor("birch")])
  const asked = await acme.visit("/payables")
  const stolen = await sandbox.approve(asked.url, { login: accounts.user })
  const refused = await birch.visit(stolen)
  assert.strictEqual(refused.status, 400)
  assert.isTrue(refused.url.startsWith(`${url}/sage/callback/payables`))
  for (const visitor of [acme, birch]) {
    assert.match((await visitor.visit("/")).text, /somebody who consented: <strong>disconnected<\/strong>/)
  }
})

test("vendors of an entity are read by a header with the same token, and by a token of the entity's own", async () => {
  const { sandbox, visitor } = await open()
  const acme = await visitor("acme")
  const all = cellsOf((await acme.visit("/vendors")).text)
  const tokens = tokensAsked(sandbox)

  const byHeader = await acme.visit("/vendors?entity=E1&by=header")
  assert.match(byHeader.text, /Vendors of Acme Holdings, East Region/)
  assert.isAbove(cellsOf(byHeader.text).length, 0)
  assert.isBelow(cellsOf(byHeader.text).length, all.length)
  assert.strictEqual(tokensAsked(sandbox), tokens)

  const byToken = await acme.visit("/vendors?entity=E1&by=token")
  assert.deepEqual(cellsOf(byToken.text), cellsOf(byHeader.text))
  assert.strictEqual(tokensAsked(sandbox), tokens + 1)

  const other = await acme.visit("/vendors?entity=E2")
  assert.notDeepEqual(cellsOf(other.text), cellsOf(byHeader.text))
  const unknown = await acme.visit("/vendors?entity=E9")
  assert.strictEqual(unknown.status, 404)
  assert.strictEqual((await acme.visit("/vendors?entity=E1&by=magic")).status, 400)
})

test("a token that expires is replaced, and its visitor does not notice", async () => {
  const { accounts, sandbox, visitor } = await open()
  const acme = await visitor("acme")
  const bills = await acme.consentAs(await acme.visit("/payables"), accounts.user)
  await acme.visit("/vendors")
  assert.isAbove(sandbox.intacctRest.expireAccessTokens(), 1)
  const tokens = tokensAsked(sandbox)

  assert.strictEqual((await acme.visit("/payables")).text, bills.text)
  assert.strictEqual(tokensAsked(sandbox), tokens + 1, "the grant was renewed")
  assert.strictEqual((await acme.visit("/vendors?entity=E1")).status, 200)
  assert.strictEqual(tokensAsked(sandbox), tokens + 2, "and client credentials were exchanged again")
})

test("health tells of a grant that ended, and who comes back is asked to consent again", async () => {
  const { accounts, sandbox, visitor } = await open()
  const acme = await visitor("acme")
  const bills = await acme.consentAs(await acme.visit("/payables"), accounts.user)
  const anybody = await visitor()
  assert.deepEqual(await anybody.json("/health"), {
    status: 200,
    body: {
      status: "ok",
      info: { sage: { status: "up", state: "up", problems: [] } },
      error: {},
      details: { sage: { status: "up", state: "up", problems: [] } }
    }
  })

  sandbox.intacctRest.endGrants({ companyId: accounts.user.companyId })
  const asked = await acme.visit("/payables")
  assert.match(asked.text, /Sign in to Sage Intacct/)
  await vi.waitFor(async () => {
    const { body, status } = await anybody.json("/health")
    assert.strictEqual(status, 200, "one tenant of many is in trouble: nobody restarts the application for that")
    const { details } = body as { readonly details: { readonly sage: unknown } }
    const problems = [{ problem: "reauthorization-required", connection: "payables", tenants: 1 }]
    assert.deepEqual(details.sage, { status: "degraded", state: "degraded", problems })
  }, patience)
  assert.strictEqual((await acme.consentAs(asked, accounts.user)).text, bills.text)
})

test("status shows the connections, the pool and the meter of the visitor's company, and no secret", async () => {
  const { accounts, sandbox, visitor } = await open()
  const acme = await visitor("acme")
  await acme.consentAs(await acme.visit("/payables"), accounts.user)
  await acme.visit("/vendors")
  const { body, status } = await acme.json("/status")
  assert.strictEqual(status, 200)
  const { meter, payables, pool, vendors } = body as {
    readonly vendors: { readonly state: string; readonly credentialExpiresAt: string }
    readonly payables: { readonly state: string; readonly grantExpiresAt: string }
    readonly pool: Readonly<Record<string, unknown>>
    readonly meter: { readonly company: string; readonly used: number }
  }
  assert.strictEqual(vendors.state, "connected")
  assert.strictEqual(payables.state, "connected")
  assert.isAbove(Date.parse(payables.grantExpiresAt), Date.parse(vendors.credentialExpiresAt))
  assert.deepEqual(pool, { pool: "acmeholdings", permits: 2, inUse: 0, waiting: 0 })
  assert.strictEqual(meter.company, "acmeholdings")
  const { billable } = sandbox.intacct.transactions(accounts.user.companyId)
  assert.isAbove(billable, 0)
  assert.strictEqual(meter.used, billable, "as Intacct itself counts")

  const home = await acme.visit("/")
  assert.match(home.text, /Company acmeholdings: 0 of 2 connections in use/)
  for (const secret of [accounts.client.clientSecret, accounts.user.password]) {
    assert.notInclude(JSON.stringify(body) + home.text, secret)
  }
})

test("disconnecting forgets the consent, and who has not signed in gets nothing", async () => {
  const { accounts, sandbox, visitor } = await open()
  await Promise.all((["acme", "birch"] as const).map(async (company) => (await visitor(company)).visit("/vendors")))
  const before = sandbox.requests().length
  const nobody = await visitor()
  assert.match((await nobody.visit("/")).text, /Who are you\?/)
  for (const address of ["/vendors", "/payables", "/status", "/sage/connect/payables"]) {
    assert.strictEqual((await nobody.visit(address)).status, 401, address)
  }
  assert.match((await nobody.visit("/payables")).text, /Who are you\?/)
  assert.strictEqual((await nobody.json("/status")).status, 401)
  await nobody.signIn("nobody's")
  assert.strictEqual((await nobody.visit("/vendors")).status, 401)
  assert.lengthOf(sandbox.requests(), before, "and Intacct is asked nothing for it")

  const acme = await visitor("acme")
  await acme.consentAs(await acme.visit("/payables"), accounts.user)
  await acme.post("/sage/disconnect/payables")
  assert.match((await acme.visit("/")).text, /somebody who consented: <strong>disconnected<\/strong>/)
  await acme.post("/sign-out")
  assert.match((await acme.visit("/")).text, /Who are you\?/)
})

test("a company that Intacct refuses is told the remedy and keeps what was read; the other one is not hit", async () => {
  const { accounts, sandbox, visitor } = await open()
  const birch = await visitor("birch")
  await birch.visit("/vendors")
  sandbox.intacctRest.withdrawClient(accounts.client.clientId, accounts.second.companyId, accounts.second.userId)
  sandbox.intacctRest.endGrants({ companyId: accounts.second.companyId })
  const logged = errorsLogged()
  const refused = await birch.visit("/vendors?entity=E1")
  assert.strictEqual(refused.status, 502)
  assert.notMatch(refused.text, /Authorized Client Applications/, "the page is for people: the remedy is not theirs")
  assert.match(logged.join("\n"), /Authorized Client Applications/, "and so does the log, for an operator")
  assert.notInclude(logged.join("\n") + refused.text, accounts.client.clientSecret)
  assert.strictEqual((await birch.visit("/vendors")).status, 200, "the list of before is still there")
  const acme = await visitor("acme")
  assert.strictEqual((await acme.visit("/vendors?entity=E1")).status, 200, "nobody else is hit")
})

const overTls = (url: string, ca: string): Promise<{ readonly status: number; readonly text: string }> =>
  new Promise((resolve, reject) => {
    get(url, { ca, headers: { accept: "text/html" } }, (response) => {
      const chunks: Array<string> = []
      response.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk))
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text: chunks.join("") }))
    }).on("error", reject)
  })

test("with a host name it serves https, with a certificate of its own that it keeps", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "sample-intacct-rest-"))
  onTestFinished(() => rm(folder, { recursive: true }))
  const certificates = new Set<string>()
  for (const _ of [1, 2]) {
    const { close, url }: Started = await start({ PORT: "0", HOST_NAME: "localhost" }, folder)
    try {
      assert.match(url, /^https:\/\/localhost:\d+$/)
      const ca = await readFile(path.join(folder, "localhost.cert.pem"), "utf8")
      certificates.add(ca)
      assert.match((await overTls(`${url}/`, ca)).text, /Who are you\?/)
    } finally {
      await close()
    }
  }
  assert.strictEqual(certificates.size, 1, "a browser asks once whether it may be trusted")
})

const failureOf = async (environment: Readonly<Record<string, string>>): Promise<Error> => {
  const failed: unknown = await start({ PORT: "0", ...environment }).then(
    ({ close }) => close(),
    (error: unknown) => error
  )
  assert.instanceOf(failed, Error)
  return failed
}

test("every missing credential is named at once, and no value of one is shown", async () => {
  const failed = await failureOf({ INTACCT_CLIENT_ID: "some-client", INTACCT_CLIENT_SECRET: "hush-hush-secret" })
  for (const name of ["INTACCT_USERNAME_ACME", "INTACCT_USERNAME_BIRCH", "SAGE_AUTH_KEY", "SESSION_KEY"]) {
    assert.include(failed.message, name)
  }
  assert.notInclude(failed.message, "INTACCT_CLIENT_SECRET")
  assert.notInclude(failed.message, "hush-hush-secret")
  assert.notInclude(failed.message, "some-client")
})

test("a credential that cannot be one is named when it starts, and its value is not shown", async () => {
  const logged = errorsLogged()
  const failed = await failureOf({
    INTACCT_CLIENT_ID: "some-client",
    INTACCT_CLIENT_SECRET: "hush-hush-secret",
    INTACCT_USERNAME_ACME: "gateway@acme",
    INTACCT_USERNAME_BIRCH: "gateway@birch",
    SAGE_AUTH_KEY: "hush-hush-key",
    SESSION_KEY: "hush-hush-session"
  })
  assert.include(failed.message, "keys")
  assert.notInclude(failed.message + logged.join("\n"), "hush-hush")
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

test("a client without a secret is consented to by PKCE alone, beside the one that has a secret", async () => {
  const { accounts, sandbox, url, visitor } = await open()
  const acme = await visitor("acme")
  const asked = await acme.visit("/public-payables")
  const { searchParams } = new URL(asked.url)
  assert.strictEqual(searchParams.get("client_id"), accounts.publicClient.clientId)
  assert.strictEqual(searchParams.get("code_challenge_method"), "S256")
  const bills = await acme.consentAs(asked, accounts.user)
  assert.strictEqual(bills.url, `${url}/public-payables`)
  assert.match(bills.text, /Bills of Acme Holdings/)
  assert.isAbove(cellsOf(bills.text).length, 0)

  // renewed without a secret, too
  sandbox.intacctRest.expireAccessTokens()
  assert.strictEqual((await acme.visit("/public-payables")).text, bills.text)
  // and another connection than that of the client with a secret
  assert.match((await acme.visit("/payables")).text, /Sign in to Sage Intacct/)
})

test("an XML session opens REST, and a token opens XML, for each company its own", async () => {
  const { sandbox, visitor } = await open()
  const [acme, birch, nobody] = await Promise.all([visitor("acme"), visitor("birch"), visitor()])
  const home = await acme.visit("/")
  for (const address of ["/public-payables", "/bridge"]) assert.include(home.text, `href="${address}"`)
  const ofAcme = await acme.json("/bridge")
  assert.deepEqual(ofAcme, { status: 200, body: { vendorsByXmlSession: 160, customersByRestSession: 160 } })
  assert.strictEqual((await birch.json("/bridge")).status, 200)
  const sessions = sandbox.requests({ surface: "intacct-xml", step: "getAPISession" })
  assert.lengthOf(sessions, 2, "a session of the XML connection for each company")
  assert.strictEqual((await nobody.json("/bridge")).status, 401)
})

test("the connections are those that the environment configures, and half of a credential is named", () => {
  const needed = {
    INTACCT_CLIENT_ID: "some-client",
    INTACCT_CLIENT_SECRET: "hush-hush-secret",
    INTACCT_USERNAME_ACME: "gateway@acme",
    INTACCT_USERNAME_BIRCH: "gateway@birch",
    SAGE_AUTH_KEY: "some-key",
    SESSION_KEY: "some-session-key"
  }
  const namesWith = (more: Readonly<Record<string, string>>) =>
    Object.keys(intacctDeployment({ ...needed, ...more }, "https://app.example/sage/callback")?.connections ?? {})
  const bridge = {
    INTACCT_SENDER_ID: "some-sender",
    INTACCT_SENDER_PASSWORD: "hush-hush-sender",
    INTACCT_PASSWORD_ACME: "hush-hush-acme"
  }
  assert.deepEqual(namesWith({}), ["vendors", "payables"])
  assert.deepEqual(namesWith({ INTACCT_PUBLIC_CLIENT_ID: "mobile" }), ["vendors", "payables", "publicPayables"])
  assert.deepEqual(namesWith({ ...bridge, INTACCT_PASSWORD_BIRCH: "hush" }), [
    "vendors",
    "payables",
    "ledger",
    "bridge"
  ])
  assert.throws(() => namesWith(bridge), /^missing: INTACCT_PASSWORD_BIRCH\. See/)
})
