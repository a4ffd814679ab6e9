// Starts the server that `next build` has made, beside a sandbox: one call, and a whole consent through route handlers.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import process from "node:process"
import { createInterface } from "node:readline"
import { startSandbox } from "@sage-auth/sandbox"
import { cookieFor } from "./lib/session.ts"
import { visit } from "./src/visits.ts"

const sandbox = await startSandbox()
const { "business-cloud": books, "intacct-rest": vendors } = sandbox.accounts
const urls = (prefix, given) =>
  Object.fromEntries(Object.entries(given).map(([name, url]) => [`${prefix}URL_${name.toUpperCase()}`, String(url)]))

Object.assign(process.env, {
  SESSION_KEY: randomBytes(32).toString("base64url"),
  SAGE_AUTH_KEY: randomBytes(32).toString("base64url"),
  SAGE_BUSINESS_CLOUD_ENVIRONMENT: "sandbox",
  SAGE_BUSINESS_CLOUD_CLIENT_ID: books.client.clientId,
  SAGE_BUSINESS_CLOUD_CLIENT_SECRET: books.client.clientSecret,
  SAGE_BUSINESS_CLOUD_REDIRECT_URI: "https://app.example/sage/callback/books",
  ...urls("SAGE_BUSINESS_CLOUD_", sandbox.urls["business-cloud"]),
  SAGE_INTACCT_REST_ENVIRONMENT: "sandbox",
  SAGE_INTACCT_REST_CLIENT_ID: vendors.client.clientId,
  SAGE_INTACCT_REST_CLIENT_SECRET: vendors.client.clientSecret,
  SAGE_INTACCT_REST_USERNAME: `${vendors.user.userId}@${vendors.user.companyId}`,
  ...urls("SAGE_INTACCT_REST_", sandbox.urls["intacct-rest"])
})

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
  const response = await fetch(`${origin}/ledger`)
  assert.deepEqual([response.status, await response.json()], [200, { records: 10, parsed: 10 }])
  console.log("a route handler of Next.js' production server")
  await visit(origin, sandbox, (company) => ({ cookie: cookieFor(company) }))
  // Next.js hands HEAD to GET, which has to see that it is one
  const head = await fetch(`${origin}/sage/connect/books`, {
    method: "HEAD",
    redirect: "manual",
    headers: { cookie: cookieFor("harbour") }
  })
  assert.deepEqual([head.status, head.headers.get("set-cookie")], [405, null])
} finally {
  server.kill()
  await once(server, "exit")
  await sandbox.stop()
}
