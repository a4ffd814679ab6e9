// Starts each of the documentation's examples beside a sandbox, and asks it what every application has to answer.
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { mkdir } from "node:fs/promises"
import process from "node:process"
import { createInterface } from "node:readline"
import { startSandbox } from "@sage-auth/sandbox"
import { type SignedIn, visit } from "./visits.ts"

const sandbox = await startSandbox()
const { "business-cloud": books, "intacct-rest": vendors } = sandbox.accounts
const { "business-cloud": booksUrls, "intacct-rest": vendorsUrls } = sandbox.urls
const urls = (prefix: string, given: object) =>
  Object.fromEntries(Object.entries(given).map(([name, url]) => [`${prefix}URL_${name.toUpperCase()}`, String(url)]))

Object.assign(process.env, {
  PORT: "0",
  SESSION_KEY: randomBytes(32).toString("base64url"),
  SAGE_BUSINESS_CLOUD_ENVIRONMENT: "sandbox",
  SAGE_BUSINESS_CLOUD_CLIENT_ID: books.client.clientId,
  SAGE_BUSINESS_CLOUD_CLIENT_SECRET: books.client.clientSecret,
  SAGE_BUSINESS_CLOUD_REDIRECT_URI: "https://app.example/sage/callback/books",
  ...urls("SAGE_BUSINESS_CLOUD_", booksUrls),
  SAGE_INTACCT_REST_ENVIRONMENT: "sandbox",
  SAGE_INTACCT_REST_CLIENT_ID: vendors.client.clientId,
  SAGE_INTACCT_REST_CLIENT_SECRET: vendors.client.clientSecret,
  SAGE_INTACCT_REST_USERNAME: `${vendors.user.userId}@${vendors.user.companyId}`,
  ...urls("SAGE_INTACCT_REST_", vendorsUrls)
})

const { cookieFor } = await import("./session.ts")
const signedIn: SignedIn = (company) => ({ cookie: cookieFor(company) })

/** a grant store of its own for each */
const ownKey = () => ({ SAGE_AUTH_KEY: randomBytes(32).toString("base64url") })

for (const name of ["hono", "fastify", "node"]) {
  console.log(`\n${name}`)
  const folder = `of-${name}`
  await mkdir(folder)
  const server = spawn(process.execPath, [`${process.cwd()}/dist/src/${name}.js`], {
    cwd: folder,
    env: { ...process.env, ...ownKey() },
    stdio: ["ignore", "pipe", "inherit"]
  })
  try {
    const lines = createInterface({ input: server.stdout })
    const [origin = ""] = (await Promise.race([
      once(lines, "line"),
      once(server, "exit").then(() => ["it has ended"])
    ])) as ReadonlyArray<string>
    assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/)
    await visit(origin, sandbox, signedIn)
    const health = await fetch(`${origin}/health`)
    assert.deepEqual([health.status, await health.json()], [200, { state: "up", problems: [] }])
    assert.equal((await fetch(`${origin}/elsewhere`)).status, 404)
  } finally {
    if (server.exitCode === null) {
      server.kill()
      await once(server, "exit")
    }
  }
}

// their own servers are not needed: what they call is a function of a request
process.env["SAGE_AUTH_KEY"] = ownKey().SAGE_AUTH_KEY
const { handle } = await import("./hooks.server.ts")
const { GET } = await import("./routes/contacts/+server.ts")
const { action, loader } = await import("../app/routes/sage.$.ts")
const { sage } = await import("./sage.ts")

const consented = async (
  name: string,
  answer: (request: Request) => Promise<Response>
): Promise<ReadonlyArray<unknown>> => {
  const origin = "https://app.example"
  const session = cookieFor(name)
  const connect = await answer(
    new Request(`${origin}/sage/connect/books?returnTo=/done`, { headers: { cookie: session } })
  )
  const kept = connect.headers.getSetCookie()[0]?.split(";", 1)[0] ?? ""
  const callback = await sandbox.approve(connect.headers.get("location") ?? "")
  const done = await answer(new Request(callback, { headers: { cookie: `${session}; ${kept}` } }))
  return [done.status, done.headers.get("location"), (await sage.client("books", { tenant: name }).status()).state]
}

const pages = (event: { readonly request: Request }) =>
  event.request.url.endsWith("/contacts") ? GET(event) : new Response("of the application", { status: 404 })
const withSvelteKit = (request: Request) => handle({ event: { request }, resolve: pages })
assert.deepEqual(await consented("svelte", withSvelteKit), [303, "/done", "connected"])
const contactsOf = (company: string) =>
  withSvelteKit(new Request("https://app.example/contacts", { headers: { cookie: cookieFor(company) } }))
assert.equal((await contactsOf("svelte")).status, 200)
assert.equal((await contactsOf("nobody")).status, 403)
assert.equal(await (await withSvelteKit(new Request("https://app.example/"))).text(), "of the application")

assert.deepEqual(await consented("router", (request) => loader({ request })), [303, "/done", "connected"])
const post = { method: "POST", headers: { cookie: cookieFor("router") } }
const disconnected = await action({ request: new Request("https://app.example/sage/disconnect/books", post) })
assert.deepEqual(await disconnected.json(), { connection: "books", revoked: true })
assert.equal((await loader({ request: new Request("https://app.example/sage/other") })).status, 404)
console.log("\nSvelteKit and React Router: consent, a page, disconnect")

await sage.close()
await sandbox.stop()
