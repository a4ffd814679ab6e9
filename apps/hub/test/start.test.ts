import { spawn } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import process from "node:process"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { assert, describe, onTestFinished, test } from "vitest"

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** The program, in a process of its own. Whatever it wanted to open a browser with would fail it. */
const start = (port: string) => {
  const child = spawn(process.execPath, ["--conditions=@sage-auth/source", main], {
    env: { ...process.env, PORT: port, BROWSER: "/nowhere/browser", DISPLAY: ":99" },
    stdio: ["ignore", "pipe", "pipe"]
  })
  onTestFinished(() => {
    child.kill("SIGKILL")
  })
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve))
  return { child, ended, complaints: text(child.stderr) }
}

describe("the program that `start` runs", () => {
  test("prints its address and ends with Ctrl+C, with nothing to complain about", async () => {
    const { child, complaints, ended } = start("0")
    let told = ""
    for await (const chunk of child.stdout.setEncoding("utf8")) {
      told += chunk
      const [address] = /http:\/\/localhost:\d+/.exec(told) ?? []
      if (address === undefined || !told.includes("Ctrl+C ends it.")) continue
      assert.include(await (await fetch(address)).text(), "Start here")
      child.kill("SIGINT")
    }
    assert.strictEqual(await ended, 0)
    assert.strictEqual(await complaints, "")
    assert.include(told, "nothing is sent to Sage")
  })

  test("says in one line which port is taken, and what to do", async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => {
      server.close()
    })
    const { port } = server.address() as AddressInfo
    const { complaints, ended } = start(String(port))
    assert.strictEqual(await ended, 1)
    assert.strictEqual(await complaints, `Port ${port} is taken: choose another with PORT.\n`)
  })
})
