// The command, as npm links it: its help, its version, the connections of a configuration in TypeScript, and a sign-in
// whose answer comes by https.
import assert from "node:assert/strict"
import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { get } from "node:https"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { startSandbox } from "@sage-auth/sandbox"

const sageAuth = async (...parameters) => {
  const { stdout } = await promisify(execFile)("node_modules/.bin/sage-auth", parameters)
  return stdout
}

const { version } = JSON.parse(await readFile("node_modules/@sage-auth/cli/package.json", "utf8"))
assert.ok((await sageAuth("--version")).includes(version))
assert.match(await sageAuth("--help"), /connections/)
const connections = JSON.parse(await sageAuth("connections", "--json"))
assert.ok(JSON.stringify(connections).includes('"vendors"'), JSON.stringify(connections))
assert.ok(!JSON.stringify(connections).includes("not-to-be-seen"))

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address()
  server.close()
  await once(server, "close")
  return port
}

const folder = await mkdtemp(join(tmpdir(), "sage-auth-login-"))
const sandbox = await startSandbox()
try {
  const redirectUri = `https://127.0.0.1:${await freePort()}/callback`
  sandbox.registerRedirectUri(redirectUri)
  const { clientId, clientSecret } = sandbox.accounts["intacct-rest"].client
  const { api, authorize, revoke, token } = sandbox.urls["intacct-rest"]
  const options = {
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
    REDIRECT_URI: redirectUri,
    ENVIRONMENT: "sandbox",
    URL_AUTHORIZE: authorize,
    URL_TOKEN: token,
    URL_REVOKE: revoke,
    URL_API: api
  }
  const login = spawn(
    process.execPath,
    [resolve("node_modules/@sage-auth/cli/dist/bin.js"), "login", "intacct-rest", "--no-browser", "--json"],
    {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        ...Object.fromEntries(Object.entries(options).map(([name, value]) => [`SAGE_INTACCT_REST_${name}`, value])),
        SAGE_AUTH_STORE: `sqlite:${join(folder, "grants.db")}`,
        SAGE_AUTH_KEYS: (await sageAuth("keys", "generate")).trim()
      },
      stdio: ["ignore", "pipe", "inherit"]
    }
  )
  const ended = once(login, "close")
  const lines = createInterface({ input: login.stdout })[Symbol.asyncIterator]()
  const { url } = JSON.parse((await lines.next()).value)
  const [page] = await once(get(await sandbox.approve(url), { rejectUnauthorized: false, agent: false }), "response")
  page.resume()
  assert.equal(page.statusCode, 200)
  assert.equal(JSON.parse((await lines.next()).value).state, "connected")
  assert.deepEqual(await ended, [0, null])
} finally {
  await sandbox.stop()
  await rm(folder, { recursive: true, force: true })
}
console.log("the command's help, version and connections, and a sign-in by https")
