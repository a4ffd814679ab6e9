import { spawn } from "node:child_process"
import { once } from "node:events"
import { createSageAuth } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import { assert, it, onTestFinished } from "vitest"

const read = [{ readByQuery: { object: "VENDOR", fields: "VENDORID", query: "", pagesize: 1 } }]

it("after close nothing is sent any more, not even by a renewal that was pausing between two tries", async () => {
  const sandbox = await startSandbox({ clock: "manual", intacct: { latency: 0 } })
  try {
    sandbox.fault("intacct-xml", { on: "getAPISession", kind: "status-503", times: 1000 })
    const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock, shutdown: 1 })
    const waiting = sage
      .client("ledger")
      .execute(read, { deadline: "1 minute" })
      .catch(() => {})
    while (sandbox.requests().length === 0) await sandbox.clock.advance(0)
    await sage.close()
    const sent = sandbox.requests().length
    await sandbox.clock.advance("5 minutes")
    await waiting
    assert.strictEqual(sandbox.requests().length, sent)
  } finally {
    await sandbox.stop()
  }
})

it("a session that is kept alive keeps no process alive", async () => {
  const sandbox = await startSandbox({ intacct: { latency: 0 } })
  try {
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const script = `
      import { createSageAuth, intacctXml } from "@sage-auth/core"
      const ledger = intacctXml({ ...JSON.parse(process.argv[1]), keepSessionAlive: true, environment: "sandbox" })
      const sage = createSageAuth({ connections: { ledger } })
      await sage.client("ledger").session()`
    const options = { sender, login, urls: sandbox.urls["intacct-xml"] }
    const flags = ["--conditions=@sage-auth/source", "--input-type=module", "--eval", script, JSON.stringify(options)]
    const child = spawn(process.execPath, flags, { cwd: import.meta.dirname, stdio: ["ignore", "ignore", "inherit"] })
    // if it stays, this test never comes to its end
    onTestFinished(() => void child.kill("SIGKILL"))
    const [code] = await once(child, "exit")
    assert.strictEqual(code, 0)
    assert.strictEqual(sandbox.requests().length, 1)
  } finally {
    await sandbox.stop()
  }
})
