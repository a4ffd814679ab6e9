import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import type { IncomingMessage } from "node:http"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it, onTestFinished } from "vitest"
import { command } from "../src/command.ts"

// What one program has compiled, the next need not compile again.
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), "sage-auth-compiled") }

const run = (...args: ReadonlyArray<string>) => {
  const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
  const child = spawn(process.execPath, ["--conditions", "@sage-auth/source", bin, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env
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
    const url = /intacct-xml +(http:\S+)/.exec(output())?.[1] ?? assert.fail(output())
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

  it("prints JSON, plays faults, registers callbacks and lets the control API move its clock", async () => {
    const { child, output } = run(
      "--json",
      "--clock",
      "manual",
      "--start-at",
      "2026-11-30T12:00:00Z",
      "--redirect-uri",
      "https://my.example/callback",
      "--fault",
      "intacct-rest:client_credentials:unavailable:2"
    )
    while (!output().includes("\n")) await once(child.stdout, "data")
    const { accounts, control, urls } = JSON.parse(output()) as {
      readonly control: string
      readonly urls: { readonly "intacct-rest": { readonly token: string; readonly authorize: string } }
      readonly accounts: { readonly "intacct-rest": { readonly client: { readonly clientId: string } } }
    }
    const token = async () =>
      (
        await fetch(urls["intacct-rest"].token, {
          method: "POST",
          body: new URLSearchParams({ grant_type: "client_credentials", client_id: "x" })
        })
      ).status
    assert.deepStrictEqual([await token(), await token(), await token()], [503, 503, 400])
    const moved = await fetch(`${control}/clock`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ advance: "2 days" })
    })
    assert.deepStrictEqual(await moved.json(), { now: Date.UTC(2026, 11, 2, 12) })
    const query = new URLSearchParams({
      response_type: "code",
      client_id: accounts["intacct-rest"].client.clientId,
      redirect_uri: "https://my.example/callback",
      state: "s"
    })
    assert.strictEqual((await fetch(`${urls["intacct-rest"].authorize}?${query.toString()}`)).status, 200)
  })

  it.skipIf(process.platform === "win32")("stops with the package manager that started it by a shell", async () => {
    const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
    const command = `'${process.execPath}' --conditions @sage-auth/source '${bin}' --json; true`
    const manager = spawn(
      process.execPath,
      [
        "-e",
        `require("node:child_process").spawn("sh", ["-c", process.argv[1]], { stdio: "inherit" }); setInterval(() => {}, 1000)`,
        command
      ],
      { stdio: ["ignore", "pipe", "inherit"], env: { ...env, npm_execpath: "npx" } }
    )
    onTestFinished(() => void manager.kill("SIGKILL"))
    let output = ""
    manager.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk))
    while (!output.includes("\n")) await once(manager.stdout, "data")
    const { start } = JSON.parse(output) as { readonly start: string }
    assert.strictEqual((await fetch(start)).status, 200)
    manager.kill("SIGTERM")
    // Its pipe closes when the last process that holds it has ended: the sandbox.
    await once(manager, "close")
    assert.isTrue(
      await fetch(start).then(
        () => false,
        () => true
      )
    )
  })

  it.skipIf(process.platform === "win32").each([
    ["npx", ["npx", "--no", "sage-auth-sandbox", "--", "--json"]],
    ["npm run", ["npm", "run", "--silent", "sandbox", "--", "--json"]]
  ])("stops with a real %s", async (_, [manager = "", ...args]) => {
    const folder = await mkdtemp(join(tmpdir(), "sandbox-"))
    onTestFinished(() => rm(folder, { recursive: true }))
    const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
    const program = join(folder, "node_modules", ".bin", "sage-auth-sandbox")
    await mkdir(join(folder, "node_modules", ".bin"), { recursive: true })
    await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' --conditions @sage-auth/source '${bin}' "$@"\n`)
    await chmod(program, 0o755)
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({ name: "an-application", private: true, scripts: { sandbox: "sage-auth-sandbox" } })
    )
    // neither asks the network for anything
    const quiet = {
      npm_config_update_notifier: "false",
      npm_config_offline: "true",
      npm_config_cache: join(folder, "npm")
    }
    const child = spawn(manager, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"], env: { ...env, ...quiet } })
    onTestFinished(() => void child.kill("SIGKILL"))
    let output = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk))
    while (!output.includes("\n")) await once(child.stdout, "data")
    const { start } = JSON.parse(output) as { readonly start: string }
    assert.strictEqual((await fetch(start)).status, 200)
    child.kill("SIGTERM")
    // Its pipe closes when the last process that holds it has ended: the sandbox.
    await once(child, "close")
    assert.strictEqual(
      await fetch(start).then(
        () => "it runs",
        () => "it is gone"
      ),
      "it is gone"
    )
  })

  it("explains itself, and says to a shell what is wrong", async () => {
    const help = run("--help")
    assert.deepStrictEqual(await help.exit, [0, null])
    assert.match(help.output(), /^Usage: sage-auth-sandbox/)
    const wrong = run("--port", "http")
    assert.deepStrictEqual(await wrong.exit, [1, null])
    assert.strictEqual(wrong.output(), "--port must be between 0 and 65535\n")
  })

  it.each([
    [["--port", "70000"], /^--port must be between 0 and 65535$/],
    [["--port="], /^--port must be between 0 and 65535$/],
    [["--port", "0", "--port", "1"], /^--port is given twice$/],
    [["--clock", "manual", "--start-at", "2026-02-31T00:00:00Z"], /^--start-at must be a date such as/],
    [["--redirect-uri", "https://a.example/cb#part"], /^registerRedirectUri takes an absolute URL/],
    [["--fault", "intacct-xml:raedByQuery:hang"], /^on: Intacct has no function raedByQuery/],
    [["--clock", "fast"], /^--clock must be system or manual$/],
    [["--start-at", "2026-11-30T12:00:00Z"], /^--start-at needs --clock manual$/],
    [["--clock", "manual", "--start-at", "soon"], /^--start-at must be a date such as 2026-11-30T12:00:00Z$/],
    [["--redirect-uri", "nowhere"], /^registerRedirectUri takes an absolute URL without a fragment$/],
    [["--fault", "intacct-xml"], /^--fault must be/],
    [["--fault", "intacct-xml:read"], /^--fault must be/],
    [["--fault", "sage:read:hang"], /^--fault must be/],
    [["--fault", "intacct-xml:read:explode"], /^kind must be/],
    [["--colour", "red"], /^Unknown option '--colour'/]
  ])("refuses %j", async (args, message) => {
    let printed = ""
    const refused: unknown = await command(args, (text) => (printed += text)).then(
      () => assert.fail("it started"),
      (error: unknown) => error
    )
    assert.match(refused instanceof Error ? refused.message : "", message)
    assert.strictEqual(printed, "")
  })
})
