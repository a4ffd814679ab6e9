// Starts the server that `next build` has made, beside a sandbox, and asks it once.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import process from "node:process"
import { createInterface } from "node:readline"
import { startSandbox } from "@sage-auth/sandbox"

const sandbox = await startSandbox()
const server = spawn(
  process.execPath,
  ["node_modules/next/dist/bin/next", "start", "--hostname", "127.0.0.1", "--port", "0"],
  {
    env: { ...process.env, SANDBOX: JSON.stringify({ accounts: sandbox.accounts, urls: sandbox.urls }) },
    stdio: ["ignore", "pipe", "inherit"]
  }
)
try {
  let origin
  for await (const line of createInterface({ input: server.stdout })) {
    origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? origin
    if (/Ready/.test(line)) break
  }
  assert.ok(origin, "Next.js does not say where it listens")
  const response = await fetch(`${origin}/vendors`)
  assert.deepEqual([response.status, await response.json()], [200, { records: 10, parsed: 10 }])
  console.log("a route handler of Next.js' production server")
} finally {
  server.kill()
  await once(server, "exit")
  await sandbox.stop()
}
