import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createSageAuth, intacctXml, isSageAuthError, type SageAuthError } from "@sage-auth/core"
import type { Sandbox } from "@sage-auth/sandbox"
import { assert, it, onTestFinished } from "vitest"
import { dataOf, type Page, vendors } from "../src/functions.ts"
import { fastRetry, openSandbox } from "../src/world.ts"

type Settings = NonNullable<Parameters<typeof intacctXml.fromEnvironment>[0]>

const open = (sandbox: Sandbox<"manual">, settings: Settings) => {
  const sage = createSageAuth({
    connections: { ledger: intacctXml.fromEnvironment({ environment: "sandbox", ...settings }) },
    clock: sandbox.clock,
    retry: fastRetry
  })
  onTestFinished(() => sage.close())
  return sage.client("ledger")
}

const variables = (sandbox: Sandbox<"manual">) => {
  const { login, sender } = sandbox.accounts["intacct-xml"]
  return {
    INTACCT_SENDER_ID: sender.id,
    INTACCT_SENDER_PASSWORD: sender.password,
    INTACCT_COMPANY_ID: login.companyId,
    INTACCT_USER_ID: login.userId,
    INTACCT_USER_PASSWORD: login.password,
    INTACCT_ENDPOINT_URL: sandbox.urls["intacct-xml"].xml
  }
}

/** a home directory with a credentials file, removed when the test ends */
const homeWith = async (file: string): Promise<string> => {
  const home = await mkdtemp(join(tmpdir(), "sage-auth-home-"))
  onTestFinished(() => rm(home, { recursive: true }))
  await mkdir(join(home, ".intacct"))
  await writeFile(join(home, ".intacct", "credentials.ini"), file)
  return home
}

const section = (sandbox: Sandbox<"manual">, name: string, more: ReadonlyArray<string> = []): string => {
  const { login, sender } = sandbox.accounts["intacct-xml"]
  return [
    `[${name}]`,
    `sender_id = ${sender.id}`,
    `sender_password = ${sender.password}`,
    `company_id = ${login.companyId}`,
    `user_id = ${login.userId}`,
    `user_password = "${login.password}"`,
    `endpoint_url = ${sandbox.urls["intacct-xml"].xml}`,
    ...more,
    ""
  ].join("\n")
}

const misconfiguration = (start: () => unknown): SageAuthError => {
  try {
    start()
  } catch (error) {
    if (isSageAuthError(error)) return error
    throw error
  }
  throw new Error("it started, where it had to fail")
}

it("the variables of the official SDK open a session", async () => {
  const sandbox = await openSandbox()
  const ledger = open(sandbox, { env: variables(sandbox) })
  const [result] = await ledger.execute([vendors()])
  assert.strictEqual(result?.status, "success")
})

it("the variables name an entity too, and settings stand beside them", async () => {
  const sandbox = await openSandbox()
  const ledger = open(sandbox, {
    env: { ...variables(sandbox), INTACCT_ENTITY_ID: "E1" },
    entities: ["E1"],
    meter: { budget: 5 }
  })
  assert.strictEqual((await dataOf<Page>(await ledger.execute([vendors()])))["@totalcount"], "80")
  assert.strictEqual((await ledger.meter()).budget, 5)
})

it("a profile of the credentials file opens a session", async () => {
  const sandbox = await openSandbox()
  const home = await homeWith(section(sandbox, "default") + section(sandbox, "west", ["entity_id = E2"]))
  const top = open(sandbox, { env: {}, home })
  const west = open(sandbox, { env: {}, home, profile: "west" })
  const count = async (ledger: typeof top): Promise<string> =>
    (await dataOf<Page>(await ledger.execute([vendors()])))["@totalcount"]
  assert.strictEqual(await count(top), "160")
  assert.strictEqual(await count(west), "80")
  assert.strictEqual(await count(open(sandbox, { env: { INTACCT_PROFILE: "west" }, home })), "80")
})

it("a password that is right in quotes is right, whatever stands in it", async () => {
  const sandbox = await openSandbox()
  const { login } = sandbox.accounts["intacct-xml"]
  const password = "semi;colon # hash = é"
  sandbox.intacct.setPassword({ ...login, password })
  const home = await homeWith(section(sandbox, "default").replace(login.password, password))
  assert.strictEqual((await open(sandbox, { env: {}, home }).execute([vendors()]))[0]?.status, "success")
})

it("a password that a reader of the file would cut off is an error by the name of its key, and not a shorter one", async () => {
  const sandbox = await openSandbox()
  const { login } = sandbox.accounts["intacct-xml"]
  for (const sign of [";", "#"]) {
    const home = await homeWith(section(sandbox, "default").replace(`"${login.password}"`, `half${sign}other-half`))
    const error = misconfiguration(() => open(sandbox, { env: {}, home }))
    assert.strictEqual(error.reason._tag, "Misconfigured")
    assert.include(error.message, "[default] user_password")
    assert.notInclude(JSON.stringify(error), "half")
  }
  assert.strictEqual(sandbox.requests().length, 0)
})

it("what is missing is listed whole, by the names of the variables", async () => {
  const sandbox = await openSandbox()
  const { INTACCT_SENDER_PASSWORD: _, INTACCT_USER_ID: __, ...rest } = variables(sandbox)
  const error = misconfiguration(() => open(sandbox, { env: rest }))
  assert.include(error.message, "INTACCT_SENDER_PASSWORD")
  assert.include(error.message, "INTACCT_USER_ID")
})

it("a host that is not Intacct's is refused in production", async () => {
  const sandbox = await openSandbox()
  const error = misconfiguration(() => open(sandbox, { env: variables(sandbox), environment: "production" }))
  assert.include(error.message, "INTACCT_ENDPOINT_URL")
})
