import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { generateKey, intacctXml } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { assert, onTestFinished, test } from "vitest"
import { program, type Surroundings } from "../src/program.ts"

const open = async () => {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.stop())
  const { console: practice, login, sender } = sandbox.accounts["intacct-xml"]
  const server = { sender, environment: "sandbox", urls: sandbox.urls["intacct-xml"] } as const
  const company = {
    ledger: intacctXml({ ...server, login }),
    script: intacctXml({ ...server, login, authentication: "login" })
  }
  return { sandbox, sender, company, practice: intacctXml({ ...server, login: practice }) }
}

const linesOf = async (surroundings: Omit<Surroundings, "print">): Promise<ReadonlyArray<string>> => {
  const lines: Array<string> = []
  await program({ ...surroundings, print: (line) => lines.push(line) })
  return lines
}

const requestsOf = (sandbox: Sandbox, authentication: string): ReadonlyArray<string> =>
  sandbox
    .requests()
    .filter((each) => each.authentication === authentication)
    .map(({ step }) => step)

const usedIn = (lines: ReadonlyArray<string>): number => Number(/^meter: (\d+)/m.exec(lines.join("\n"))?.[1])

test("every flow says what it did, and the sandbox saw it", async () => {
  const { company, practice, sandbox, sender } = await open()
  const lines = await linesOf({
    connections: { ...company, practice },
    sender,
    endSessions: () => sandbox.intacct.endSessions()
  })

  assert.include(lines, "one session: 160 x VENDOR, 160 x CUSTOMER, 320 x ARINVOICE, 200 x APBILL")
  assert.include(lines, "every page: 160 x VENDOR on 4 pages")
  assert.include(lines, "entity E1: 80 x VENDOR; back at top level: 160")
  assert.include(lines, "transaction: aborted, aborted, aborted")
  assert.match(lines.join("\n"), /because of functions\[1\], intacct-xml\.query-failed: .*NO_SUCH_OBJECT not found/)
  assert.include(lines, "hand-over: another client read 5 x CUSTOMER with this session")
  assert.include(lines, "relay: the document of another client read 5 x CUSTOMER")
  assert.include(lines, "login per request: 160 x VENDOR, without a session")
  assert.include(lines, "slide-in: 160 x VENDOR of acmeclient, which pays for it")
  assert.include(lines, "40 calls at once, and the session died after ten of them: all answered")
  assert.include(lines, "  event: credential-renewed (rejected)")
  const month = new Date().toISOString().slice(0, 7)
  assert.match(lines.at(-2) ?? "", new RegExp(`^meter: 56 transactions in ${month}`))

  assert.deepStrictEqual(
    requestsOf(sandbox, "login"),
    ["getAPISession", "readByQuery", "getAPISession", "getAPISession"],
    "a login at the start, one with the request of the script, one to slide in, one after the session died"
  )
  assert.include(requestsOf(sandbox, "session"), "readMore")
  assert.isAtMost(Math.max(...sandbox.requests().map(({ concurrent }) => concurrent)), 2)
  const { login } = sandbox.accounts["intacct-xml"]
  for (const secret of [sender.password, login.password]) assert.notInclude(lines.join("\n"), secret)
})

test("what is not configured is left out and named, and the rest is done", async () => {
  const { company } = await open()
  const lines = await linesOf({ connections: company })
  assert.include(lines, "hand-over: left out, it needs the sender in variables")
  assert.include(lines, "slide-in: left out, there is no console: set CONSOLE_…")
  assert.include(lines, "40 calls at once: all answered")
  assert.notInclude(lines, "  event: credential-renewed (rejected)")
})

test("with a store the meter counts on in the next run", async () => {
  const { company } = await open()
  const folder = mkdtempSync(`${tmpdir()}/sage-auth-`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const kept = { store: `sqlite:${folder}/meter.db`, keys: [generateKey()] } as const
  const first = usedIn(await linesOf({ connections: company, kept }))
  assert.isAbove(first, 50)
  assert.strictEqual(usedIn(await linesOf({ connections: company, kept })), 2 * first)
})
