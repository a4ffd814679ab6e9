import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import type { IncomingMessage } from "node:http"
import { request } from "node:https"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type ServedSandbox, serveSandbox } from "@sage-auth/sandbox"
import { afterAll, assert, beforeAll, describe, inject, it, onTestFinished } from "vitest"
import { Effect, Fiber } from "effect"
import { runCommand, startCommand } from "./runCommand.ts"

const bin = inject("program")

const run = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, [bin, "sandbox", ...args], { stdio: ["ignore", "pipe", "pipe"] })
  onTestFinished(() => void child.kill("SIGKILL"))
  const exit = once(child, "close")
  let output = ""
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk))
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (output += chunk))
  const printed = async (text: string): Promise<void> => {
    while (!output.includes(text)) await Promise.race([once(child.stdout, "data"), once(child.stderr, "data"), exit])
  }
  return { child, exit, output: () => output, printed }
}

/** The same in this process, which a signal would end. */
const runHere = async (...args: ReadonlyArray<string>) => {
  const { fiber, line } = await Effect.runPromise(startCommand(["sandbox", ...args], { folder: tmpdir() }))
  onTestFinished(() => Effect.runPromise(Fiber.interrupt(fiber)))
  let output = ""
  const printed = async (text: string): Promise<void> => {
    while (!output.includes(text)) output += `${await Effect.runPromise(line("out"))}\n`
  }
  return { output: () => output, printed }
}

describe("the command line", () => {
  it("prints where it listens, answers there, and stops when it is interrupted", async () => {
    const { child, exit, output, printed } = run("--port", "0")
    await printed("Ctrl-C ends it")
    const url = /intacct-xml +(http:\S+)/.exec(output())?.[1] ?? assert.fail(output())
    assert.strictEqual((await fetch(url)).status, 405)
    assert.include(output(), "xml_gateway @ AcmeHoldings")
    child.kill("SIGINT")
    assert.deepStrictEqual(await exit, [0, null])
  })

  it("writes what TLS needs into a folder, which a client gets in with", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sandbox-"))
    onTestFinished(() => rm(folder, { recursive: true }))
    const { output, printed } = await runHere("--certificates", join(folder, "certificates"))
    await printed("client certificate")
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
    const { output, printed } = await runHere(
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
    await printed("\n")
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
    const command = `'${process.execPath}' '${bin}' sandbox --json; true`
    const manager = spawn(
      process.execPath,
      [
        "-e",
        `require("node:child_process").spawn("sh", ["-c", process.argv[1]], { stdio: "inherit" }); setInterval(() => {}, 1000)`,
        command
      ],
      { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, npm_execpath: "npx" } }
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
    ["npx", ["npx", "--no", "sage-auth", "--", "sandbox", "--json"]],
    ["npm run", ["npm", "run", "--silent", "sandbox", "--", "--json"]]
  ])("stops with a real %s", async (_, [manager = "", ...args]) => {
    const folder = await mkdtemp(join(tmpdir(), "sandbox-"))
    onTestFinished(() => rm(folder, { recursive: true }))
    const program = join(folder, "node_modules", ".bin", "sage-auth")
    await mkdir(join(folder, "node_modules", ".bin"), { recursive: true })
    await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${bin}' "$@"\n`)
    await chmod(program, 0o755)
    await writeFile(
      join(folder, "package.json"),
      JSON.stringify({ name: "an-application", private: true, scripts: { sandbox: "sage-auth sandbox" } })
    )
    // neither asks the network for anything
    const quiet = {
      npm_config_update_notifier: "false",
      npm_config_offline: "true",
      npm_config_cache: join(folder, "npm")
    }
    const child = spawn(manager, args, {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...quiet }
    })
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

  it("says to a shell what is wrong", async () => {
    const wrong = run("--port", "http")
    assert.deepStrictEqual(await wrong.exit, [2, null])
    assert.include(wrong.output(), "--port")
  })

  it.each([
    [["--port", "70000"], "--port"],
    [["--port="], "port"],
    [["--redirect-uri", "https://a.example/cb#part"], "--redirect-uri"],
    [["--redirect-uri", "nowhere"], "--redirect-uri"],
    [["--fault", "intacct-xml:raedByQuery:hang"], "--fault: on: Intacct has no function raedByQuery"],
    [["--fault", "intacct-xml"], "--fault"],
    [["--fault", "intacct-xml:read"], "--fault"],
    [["--fault", "sage:read:hang"], "--fault"],
    [["--fault", "intacct-xml:read:explode"], "--fault: kind must be"],
    [["--clock", "fast"], "clock"],
    [["--start-at", "2026-11-30T12:00:00Z"], "--clock manual"],
    [["--clock", "manual", "--start-at", "soon"], "--start-at"],
    [["--clock", "manual", "--start-at", "2026-02-31T00:00:00Z"], "--start-at"],
    [["--options", "nowhere.json"], "--options"],
    [["--colour", "red"], "colour"],
    [["clock"], "--at"],
    [["company", "AcmeHoldings"], "--define"],
    [["call", "intacct", "endSessions", "AcmeHoldings", "--at", "http://127.0.0.1:1/"], "JSON list"],
    [["call", "sage", "endSessions", "--at", "http://127.0.0.1:1/"], "group"]
  ] as const)("refuses %j with status 2", async (args, named) => {
    const ran = await Effect.runPromise(runCommand(["sandbox", ...args], { folder: tmpdir() }))
    assert.strictEqual(ran.status, 2)
    assert.include(ran.err, named)
  })

  it("says that nothing answers", async () => {
    const ran = await Effect.runPromise(
      runCommand(["sandbox", "clock", "--at", "http://127.0.0.1:1/"], { folder: tmpdir() })
    )
    assert.strictEqual(ran.status, 6)
    assert.include(ran.err, "--at")
  })
})

describe("its controls", () => {
  let served: ServedSandbox
  beforeAll(async () => {
    served = await serveSandbox({ clock: "manual", startAt: Date.UTC(2026, 10, 30), stopWithParent: false })
  })
  afterAll(() => served.stop())

  const steer = async (...args: ReadonlyArray<string>): Promise<unknown> => {
    const environment = { SAGE_AUTH_SANDBOX: served.facts.start }
    const ran = await Effect.runPromise(runCommand(["sandbox", ...args, "--json"], { folder: tmpdir(), environment }))
    assert.strictEqual(ran.err, "")
    assert.strictEqual(ran.status, 0)
    return JSON.parse(ran.out)
  }

  const token = async (): Promise<number> => {
    const { token: url } = (served.facts.urls as { readonly "intacct-rest": { readonly token: string } })[
      "intacct-rest"
    ]
    return (await fetch(url, { method: "POST", body: new URLSearchParams({ grant_type: "client_credentials" }) }))
      .status
  }

  it("read and move the clock", async () => {
    assert.deepStrictEqual(await steer("clock"), { now: Date.UTC(2026, 10, 30) })
    assert.deepStrictEqual(await steer("clock", "2", "days"), { now: Date.UTC(2026, 11, 2) })
  })

  it("have requests go wrong, and forget those that were not played", async () => {
    await steer("fault", "intacct-rest:token:unavailable:2", "--more", '{"status": 502}')
    assert.strictEqual(await token(), 502)
    await steer("clear-faults")
    assert.strictEqual(await token(), 400)
    const log = (await steer("requests", "--surface", "intacct-rest", "--step", "token")) as Array<object>
    assert.deepInclude(log[0], { surface: "intacct-rest", status: 502 })
  })

  it("register callbacks and play the human of a consent", async () => {
    await steer("redirect-uri", "https://my.example/callback")
    const facts = served.facts as unknown as {
      readonly urls: { readonly "intacct-rest": { readonly authorize: string } }
      readonly accounts: { readonly "intacct-rest": { readonly client: { readonly clientId: string } } }
    }
    const query = new URLSearchParams({
      response_type: "code",
      client_id: facts.accounts["intacct-rest"].client.clientId,
      redirect_uri: "https://my.example/callback",
      state: "s"
    })
    const { callback } = (await steer("approve", `${facts.urls["intacct-rest"].authorize}?${query.toString()}`)) as {
      readonly callback: string
    }
    assert.match(callback, /^https:\/\/my\.example\/callback\?.*code=/)
  })

  it("add records to a company and read them", async () => {
    const before = (await steer("company", "AcmeHoldings", "VENDOR")) as Array<object>
    await steer(
      "company",
      "AcmeHoldings",
      "--define",
      '{"records": {"VENDOR": [{"VENDORID": "V-NEW", "NAME": "New"}]}}'
    )
    const after = (await steer("company", "AcmeHoldings", "VENDOR")) as Array<object>
    assert.strictEqual(after.length, before.length + 1)
  })

  it("do what only a server can", async () => {
    assert.property(await steer("call", "intacct", "endSessions", '["AcmeHoldings"]'), "result")
  })

  it("say what the sandbox refuses", async () => {
    const args = ["sandbox", "call", "intacct", "nothing", "--at", served.facts.start]
    const ran = await Effect.runPromise(runCommand(args, { folder: tmpdir() }))
    assert.strictEqual(ran.status, 2)
    assert.include(ran.err, "There is no nothing to be called")
  })
})
