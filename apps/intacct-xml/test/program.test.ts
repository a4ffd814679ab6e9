import { startSandbox } from "@sage-auth/sandbox"
import { assert, test } from "vitest"
import { program } from "../src/program.ts"

test("the sample says what it did, and the sandbox saw it", async () => {
  const sandbox = await startSandbox()
  const lines: Array<string> = []
  try {
    await program({
      connection: sandbox.connections().ledger,
      print: (line) => lines.push(line),
      endSessions: () => sandbox.intacct.endSessions()
    })
  } finally {
    await sandbox.stop()
  }

  const month = new Date().toISOString().slice(0, 7)
  assert.include(lines, "one session: 160 x VENDOR, 160 x CUSTOMER, 320 x ARINVOICE, 200 x APBILL")
  assert.include(lines, "entity E1: 80 x VENDOR; back at top level: 160")
  assert.include(lines, "40 calls at once, and the session died after ten of them: all answered")
  assert.match(lines.at(-2) ?? "", new RegExp(`^meter: 47 transactions in ${month} by this process`))
  assert.include(lines, "  event: credential-renewed (rejected)")

  const requests = sandbox.requests()
  const byLogin = requests.filter(({ authentication }) => authentication === "login")
  assert.deepStrictEqual(
    byLogin.map(({ step }) => step),
    ["getAPISession", "getAPISession"],
    "one login at the start, one after the session died"
  )
  assert.isAtMost(Math.max(...requests.map(({ concurrent }) => concurrent)), 2)
  const { sender, login } = sandbox.accounts["intacct-xml"]
  for (const secret of [sender.password, login.password]) assert.notInclude(lines.join("\n"), secret)
})

test("without a sandbox nobody ends the session, and the sample goes through all the same", async () => {
  const sandbox = await startSandbox()
  const lines: Array<string> = []
  try {
    await program({ connection: sandbox.connections().ledger, print: (line) => lines.push(line) })
  } finally {
    await sandbox.stop()
  }
  assert.include(lines, "40 calls at once: all answered")
  assert.notInclude(lines, "  event: credential-renewed (rejected)")
})
