import { createRequire } from "node:module"
import { createSageAuth, intacctXml } from "@sage-auth/core"
import { IntacctXml } from "@sage-auth/core/effect"
import { assert, describe, it, onTestFinished } from "vitest"
import { vendors } from "../src/functions.ts"
import { runOfficialSdk, underIntacctsName } from "../src/officialSdk.ts"
import { fastRetry, ledgerOptions, openSandbox } from "../src/world.ts"

// Names of Intacct lead to this machine in this process too, for the session that is handed over.
createRequire(import.meta.url)("../src/intacctOnLoopback.cjs")

const query = { object: "VENDOR", fields: ["RECORDNO", "VENDORID", "NAME"], pageSize: 5 }

describe("the official SDK against the sandbox", () => {
  it("opens a session and reads vendors with it", async () => {
    const sandbox = await openSandbox()
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const answer = await runOfficialSdk({
      config: {
        senderId: sender.id,
        senderPassword: sender.password,
        companyId: login.companyId,
        userId: login.userId,
        userPassword: login.password,
        endpointUrl: underIntacctsName(sandbox.urls["intacct-xml"].xml)
      },
      opensSession: true,
      query
    })
    assert.isUndefined(answer.failed)
    assert.match(answer.session?.["sessionId"] ?? "", /^[\w-]{56}$/)
    assert.strictEqual(answer.session?.["companyId"], login.companyId)
    assert.strictEqual(answer.session?.["userId"], login.userId)
    assert.strictEqual(answer.session?.["entityId"], "")
    assert.match(answer.session?.["endpointUrl"] ?? "", /^http:\/\/sandbox\.intacct\.com:\d+\/pods\//)
    assert.strictEqual(answer.read?.status, "success")
    assert.strictEqual(answer.read?.count, 5)
    assert.strictEqual(answer.read?.totalCount, 160)
    assert.deepStrictEqual(Object.keys(answer.read?.data[0] ?? {}), ["RECORDNO", "VENDORID", "NAME"])
    assert.deepStrictEqual(
      sandbox.requests().map(({ authentication, status, step }) => ({ authentication, status, step })),
      [
        { authentication: "login", status: 200, step: "getAPISession" },
        { authentication: "session", status: 200, step: "readByQuery" }
      ]
    )
    assert.isTrue(sandbox.requests()[1]?.path.startsWith("/pods/"))
  })

  it("works in an entity and sees what the entity sees", async () => {
    const sandbox = await openSandbox()
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const answer = await runOfficialSdk({
      config: {
        senderId: sender.id,
        senderPassword: sender.password,
        companyId: login.companyId,
        entityId: "E1",
        userId: login.userId,
        userPassword: login.password,
        endpointUrl: underIntacctsName(sandbox.urls["intacct-xml"].xml)
      },
      opensSession: true,
      query
    })
    assert.isUndefined(answer.failed)
    assert.strictEqual(answer.session?.["entityId"], "E1")
    assert.strictEqual(answer.read?.totalCount, 80)
  })

  it("is told the documented words for a wrong sender and for a wrong login", async () => {
    const sandbox = await openSandbox()
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const right = {
      senderId: sender.id,
      senderPassword: sender.password,
      companyId: login.companyId,
      userId: login.userId,
      userPassword: login.password,
      endpointUrl: underIntacctsName(sandbox.urls["intacct-xml"].xml)
    }
    const wrongSender = await runOfficialSdk({
      config: { ...right, senderPassword: "wrong" },
      opensSession: true,
      query
    })
    assert.strictEqual(wrongSender.failed?.name, "ResponseException")
    assert.include(wrongSender.failed?.message, "Response control status failure - XL03000006")
    assert.include(wrongSender.failed?.message, "Incorrect Intacct XML Partner ID or password.")
    const wrongLogin = await runOfficialSdk({ config: { ...right, userPassword: "wrong" }, opensSession: true, query })
    assert.strictEqual(wrongLogin.failed?.name, "ResponseException")
    assert.include(wrongLogin.failed?.message, "Response authentication status failure - XL03000006")
    assert.include(wrongLogin.failed?.message, "Sign-in information is incorrect")
  })
})

it("a session of this library is handed over to the official SDK, which opens none of its own", async () => {
  const sandbox = await openSandbox()
  const { sender } = sandbox.accounts["intacct-xml"]
  const sage = createSageAuth({
    connections: {
      ledger: intacctXml(ledgerOptions(sandbox, { urls: { xml: underIntacctsName(sandbox.urls["intacct-xml"].xml) } }))
    },
    clock: sandbox.clock,
    retry: fastRetry
  })
  onTestFinished(() => sage.close())
  const ledger = sage.client("ledger")
  const session = await ledger.session()
  const answer = await runOfficialSdk({
    config: { senderId: sender.id, senderPassword: sender.password, ...IntacctXml.toSdkClientConfig(session) },
    opensSession: false,
    query
  })
  assert.isUndefined(answer.failed)
  assert.strictEqual(answer.session?.["sessionId"], session.sessionId)
  assert.strictEqual(answer.read?.count, 5)
  assert.strictEqual(sandbox.requests({ step: "getAPISession" }).length, 1)

  // both use it side by side
  const [result] = await ledger.execute([vendors(5)])
  const ours = (await result?.data()) as { readonly vendor: ReadonlyArray<Readonly<Record<string, string>>> }
  assert.deepStrictEqual(ours.vendor, answer.read?.data)
  assert.strictEqual(sandbox.requests({ step: "getAPISession" }).length, 1)
})
