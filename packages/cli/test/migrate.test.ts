import { execFileSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseEnv } from "node:util"
import { assert, describe, it, onTestFinished } from "@effect/vitest"
import { Effect } from "effect"
import { runCommand } from "./runCommand.ts"

const secret = "s3cr3t-canary#1'"

const profile = (name: string, password: string): string =>
  `[${name}]
sender_id = acme-mpp
sender_password = "${secret}"
company_id = acme
user_id = xml_gateway
user_password = ${password}
entity_id = E1
endpoint_url = https://api.intacct.com/ia/xml/xmlgw.phtml
`

const setUp = (ini?: string) => {
  const home = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  if (ini !== undefined) {
    mkdirSync(join(home, ".intacct"))
    writeFileSync(join(home, ".intacct", "credentials.ini"), ini)
  }
  const folder = join(home, "app")
  mkdirSync(folder)
  return { folder, home }
}

const run = (
  args: ReadonlyArray<string>,
  { folder, home }: ReturnType<typeof setUp>,
  environment: NodeJS.ProcessEnv = {}
) => runCommand(["migrate", "intacct-sdk", ...args], { folder, environment: { HOME: home, ...environment } })

describe("migrate intacct-sdk", () => {
  it.effect("prints the connection of a profile, and which passwords to set", () =>
    Effect.gen(function* () {
      const at = setUp(profile("default", `"${secret}"`))
      const ran = yield* run([], at)
      assert.strictEqual(ran.status, 0)
      for (const part of [
        "ledger: intacctXml({",
        'sender: { id: "acme-mpp", password: process.env["SAGE_INTACCT_XML_SENDER_PASSWORD"] ?? "" }',
        'companyId: "acme"',
        'entityId: "E1"',
        'endpoint: "https://api.intacct.com/ia/xml/xmlgw.phtml"'
      ]) {
        assert.include(ran.out, part)
      }
      assert.include(ran.err, "user_password in section [default]")
      assert.notInclude(ran.out + ran.err, "canary")
    })
  )

  it.effect("takes variables as the SDK does, and keeps their names", () =>
    Effect.gen(function* () {
      const ran = yield* run(["--json", "--name", "main-ledger"], setUp(), {
        INTACCT_SENDER_ID: "acme-mpp",
        INTACCT_SENDER_PASSWORD: secret,
        INTACCT_COMPANY_ID: "acme",
        INTACCT_USER_ID: "xml_gateway",
        INTACCT_USER_PASSWORD: secret
      })
      const { configuration, passwords } = JSON.parse(ran.out) as {
        readonly configuration: string
        readonly passwords: ReadonlyArray<{ readonly variable: string }>
      }
      assert.deepStrictEqual(
        passwords.map(({ variable }) => variable),
        ["INTACCT_SENDER_PASSWORD", "INTACCT_USER_PASSWORD"]
      )
      assert.include(configuration, '"main-ledger": intacctXml(')
      assert.notInclude(ran.out + ran.err, "canary")
    })
  )

  it.effect.each([
    ["a value that the SDK cuts", profile("default", "s3cr3t-canary#tail"), "user_password"],
    ["a key that is there twice", `${profile("default", '"x"')}user_password = "y"\n`, "user_password"],
    ["a broken header", profile("default] # mine", '"x"'), "line 1"],
    ["no file", undefined, "sender_password"]
  ] as const)("names %s, and what would be right", ([, ini, named]) =>
    Effect.gen(function* () {
      const ran = yield* run([], setUp(ini))
      assert.strictEqual(ran.status, 3)
      assert.include(ran.err, named)
      assert.strictEqual(ran.out, "")
      assert.notInclude(ran.err, "canary")
    })
  )

  it.effect("writes a configuration that opens, with passwords in a file that git ignores", () =>
    Effect.gen(function* () {
      const at = setUp(profile("acme", `"${secret}"`))
      execFileSync("git", ["init", "-q"], { cwd: at.folder })
      const args = ["--profile", "acme", "--write", "--env-file", ".env"]
      const refused = yield* run(args, at)
      assert.deepStrictEqual([refused.status, refused.out], [2, ""])
      assert.include(refused.err, ".gitignore")
      writeFileSync(join(at.folder, ".gitignore"), ".env\n")
      const ran = yield* run(args, at)
      assert.strictEqual(ran.err, "")
      assert.strictEqual(ran.status, 0)
      const env = join(at.folder, ".env")
      assert.deepStrictEqual(
        { ...parseEnv(readFileSync(env, "utf8")) },
        { SAGE_INTACCT_XML_SENDER_PASSWORD: secret, SAGE_INTACCT_XML_USER_PASSWORD: secret }
      )
      if (process.platform !== "win32") assert.strictEqual(statSync(env).mode & 0o777, 0o600)
      const file = join(at.folder, "sage-auth.config.ts")
      const text = readFileSync(file, "utf8")
      assert.notInclude(text, "canary")
      writeFileSync(file, text.replace('"@sage-auth/core"', JSON.stringify(import.meta.resolve("@sage-auth/core"))))
      const opened = yield* runCommand(["connections", "--json"], { folder: at.folder, environment: {} })
      for (const name of ["SENDER", "USER"]) delete process.env[`SAGE_INTACCT_XML_${name}_PASSWORD`]
      assert.deepStrictEqual(JSON.parse(opened.out), [{ name: "ledger", surface: "intacct-xml", interactive: false }])
      const again = yield* run(["--profile", "acme", "--write"], at)
      assert.strictEqual(again.status, 2)
    })
  )

  it.effect("refuses a name that no connection can have", () =>
    Effect.gen(function* () {
      const ran = yield* run(["--name", "a b"], setUp(profile("default", '"x"')))
      assert.strictEqual(ran.status, 2)
    })
  )
})
