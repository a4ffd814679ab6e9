import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import type { IncomingMessage } from "node:http"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it, onTestFinished } from "vitest"

const run = (...args: ReadonlyArray<string>) => {
  const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
  const child = spawn(process.execPath, ["--conditions", "@sage-auth/source", bin, ...args], {
    stdio: ["ignore", "pipe", "pipe"]
  })
  onTestFinished(() => void child.kill("SIGKILL"))
  let output = ""
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk))
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk))
  const exit = once(child, "close")
  return { child, exit, output: () => output }
}

describe("the command line", () => {
  it("prints where it listens, answers there, and stops when it is interrupted", async () => {
    const { child, exit, output } = run("--port", "0")
    while (!output().includes("Interrupt to stop")) await once(child.stdout, "data")
    const url = /http:\S+/.exec(output())?.[0] ?? assert.fail(output())
    assert.strictEqual((await fetch(url)).status, 405)
    assert.include(output(), "xml_gateway @ AcmeHoldings")
    child.kill("SIGINT")
    assert.deepStrictEqual(await exit, [0, null])
  })

  it("writes what TLS needs into a folder, which a client gets in with", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sandbox-"))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { child, output } = run("--certificates", join(folder, "certificates"))
    while (!output().includes("Interrupt to stop")) await once(child.stdout, "data")
    const url = /with certificates +(https:\S+)/.exec(output())?.[1] ?? assert.fail(output())
    const passphrase = /client certificate +\S+ +(\S+)/.exec(output())?.[1] ?? assert.fail(output())
    const read = (name: string) => readFile(join(folder, "certificates", name))
    const ca = await read("ca.pem")
    for (const credential of [
      { pfx: await read("client.pfx"), passphrase },
      { cert: await read("client.crt"), key: await read("client.key"), passphrase }
    ]) {
      const sent = request(`${url}/api1/elsewhere`, { ca, ...credential, agent: false }).end()
      const [response] = (await once(sent, "response")) as [IncomingMessage]
      response.resume()
      assert.strictEqual(response.statusCode, 404)
    }
  })

  it("explains itself, and refuses a port that is none", async () => {
    const help = run("--help")
    assert.deepStrictEqual(await help.exit, [0, null])
    assert.match(help.output(), /^Usage: sage-auth-sandbox/)
    const wrong = run("--port", "http")
    assert.deepStrictEqual(await wrong.exit, [1, null])
    assert.strictEqual(wrong.output(), "--port must be between 0 and 65535\n")
  })
})
