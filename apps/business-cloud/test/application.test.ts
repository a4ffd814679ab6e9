import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import { request, type RequestOptions } from "node:https"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import { assert, onTestFinished, test } from "vitest"
import { type Started, start } from "../src/start.ts"

const transactionIn = (text: string): string => /name="transaction" value="([^"]+)"/.exec(text)?.[1] ?? ""

/** A browser, as far as this application needs one: cookies by host, forms, and redirects one by one. */
class Visitor {
  readonly #jars = new Map<string, Map<string, string>>()

  async visit(url: string, init: RequestInit = {}): Promise<{ url: string; status: number; text: string }> {
    let next = new URL(url)
    let request = init
    for (let hops = 0; hops < 12; hops++) {
      const jar = this.#jars.get(next.host) ?? new Map<string, string>()
      this.#jars.set(next.host, jar)
      const headers = new Headers(request.headers)
      headers.set("accept", "text/html")
      if (jar.size > 0) headers.set("cookie", [...jar].map((pair) => pair.join("=")).join("; "))
      const response = await fetch(next, { ...request, headers, redirect: "manual" })
      for (const cookie of response.headers.getSetCookie()) {
        const [pair = ""] = cookie.split(";")
        const at = pair.indexOf("=")
        if (/max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) jar.delete(pair.slice(0, at))
        else jar.set(pair.slice(0, at), pair.slice(at + 1))
      }
      const location = response.headers.get("location")
      const text = await response.text()
      if (location === null) return { url: next.href, status: response.status, text }
      next = new URL(location, next)
      request = {}
    }
    throw new Error("these redirects do not end")
  }

  post(url: string, fields: Record<string, string>): ReturnType<Visitor["visit"]> {
    const headers = { origin: new URL(url).origin, "sec-fetch-site": "same-origin" }
    return this.visit(url, { method: "POST", body: new URLSearchParams(fields), headers })
  }

  /** clicks the buttons of a consent page of the sandbox */
  async consentAs(page: { url: string; text: string }, user: string): ReturnType<Visitor["visit"]> {
    const asked = await this.post(page.url, { transaction: transactionIn(page.text), user })
    return this.post(asked.url, { transaction: transactionIn(asked.text), decision: "allow" })
  }
}

const open = async (): Promise<Started> => {
  const started = await start({ PORT: "0" })
  onTestFinished(() => started.close())
  return started
}

test("each company consents with its own user and sees its own contacts alone", async () => {
  const { url } = await open()
  const harbour = new Visitor()
  const lantern = new Visitor()

  await harbour.post(`${url}/sign-in`, { company: "harbour" })
  const asked = await harbour.visit(`${url}/contacts`)
  assert.match(asked.text, /Sign in to Sage Business Cloud Accounting/, "who has not consented is sent to consent")
  const contacts = await harbour.consentAs(asked, "ada@harbour.example")
  assert.strictEqual(contacts.url, `${url}/contacts`, "and comes back to the page that was asked for")
  assert.match(contacts.text, /Contacts of Harbour Coffee Ltd/)

  await lantern.post(`${url}/sign-in`, { company: "lantern" })
  assert.match((await lantern.visit(url)).text, /<strong>disconnected<\/strong>/)
  const own = await lantern.consentAs(await lantern.visit(`${url}/contacts`), "ravi@lantern.example")
  assert.match(own.text, /Contacts of Lantern Books Ltd/)
  assert.notMatch(own.text, /Harbour/)
  assert.match((await harbour.visit(`${url}/contacts`)).text, /Contacts of Harbour Coffee Ltd/)
})

test("a visitor switches to another business of the same user, and to no other", async () => {
  const { url } = await open()
  const visitor = new Visitor()
  await visitor.post(`${url}/sign-in`, { company: "harbour" })
  const contacts = await visitor.consentAs(await visitor.visit(`${url}/contacts`), "ada@harbour.example")
  const orchard = /name="business" value="([^"]+)"><button>Orchard Rooms Ltd/.exec(contacts.text)?.[1] ?? ""
  assert.notStrictEqual(orchard, "")
  assert.match((await visitor.post(`${url}/business`, { business: orchard })).text, /Contacts of Orchard Rooms Ltd/)
  const foreign = await visitor.post(`${url}/business`, { business: "58f0c7d2b61e4a93970d8e3b2cf4a716" })
  assert.match(foreign.text, /Contacts of Orchard Rooms Ltd/)
})

test("disconnecting forgets the consent, and a visitor who is nobody gets nothing", async () => {
  const { url } = await open()
  const visitor = new Visitor()
  assert.match((await visitor.visit(url)).text, /Who are you\?/)
  assert.strictEqual((await visitor.visit(`${url}/contacts`)).status, 401)
  await visitor.post(`${url}/sign-in`, { company: "harbour" })
  await visitor.consentAs(await visitor.visit(`${url}/contacts`), "ada@harbour.example")
  assert.match((await visitor.visit(url)).text, /<strong>connected<\/strong>/)
  await visitor.post(`${url}/sage/disconnect/books`, {})
  assert.match((await visitor.visit(url)).text, /<strong>disconnected<\/strong>/)
})

test("over https with a certificate made on the spot, cookies are for https alone", async () => {
  const folder = mkdtempSync(`${tmpdir()}/sage-auth-`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const host = "books.local.example"
  const started = await start({ PORT: "0", HOST_NAME: host }, folder)
  onTestFinished(() => started.close())
  const { port } = new URL(started.url)
  assert.strictEqual(started.url, `https://${host}:${port}`)
  assert.strictEqual(statSync(`${folder}/${host}.key.pem`).mode & 0o077, 0, "nobody else reads the key")
  const ca = readFileSync(`${folder}/${host}.cert.pem`)
  const send = (path: string, more: RequestOptions = {}, body?: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      // the hosts file would point the name at this machine
      const to = { host: "127.0.0.1", port, path, servername: host, ca, agent: false, ...more }
      const asked = request(to, (answer) => resolve(answer.resume()))
      asked.once("error", reject).end(body)
    })
  const form = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" } }
  const session = (await send("/sign-in", form, "company=harbour")).headers["set-cookie"] ?? []
  assert.match(session[0] ?? "", /^visitor=.*; secure; httponly$/i)
  const cookie = session.map((each) => each.split(";", 1)[0]).join("; ")
  const { headers, statusCode } = await send("/sage/connect/books", { headers: { cookie } })
  assert.strictEqual(statusCode, 303)
  assert.match(headers["set-cookie"]?.[0] ?? "", /^__Secure-sage-auth-.*; Secure$/)
  const redirectUri = new URL(headers.location ?? "").searchParams.get("redirect_uri")
  assert.strictEqual(redirectUri, `${started.url}/sage/callback/books`)
})

test("a start that fails says why and ends", async () => {
  const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))
  const env = {
    PORT: "0",
    SAGE_CLIENT_ID: "some-client",
    SAGE_CLIENT_SECRET: "hush-hush-secret",
    SAGE_AUTH_KEY: "no key",
    SESSION_KEY: "some-session-key"
  }
  const { code, said } = await new Promise<{ readonly code: unknown; readonly said: string }>((resolve) => {
    const options = { env, cwd: tmpdir() }
    execFile(process.execPath, ["--conditions=@sage-auth/source", main], options, (error, stdout, stderr) =>
      resolve({ code: error?.code, said: stdout + stderr })
    )
  })
  assert.strictEqual(code, 1, said)
  assert.match(said, /keys\[0\]: expected/)
  assert.notInclude(said, "hush-hush-secret")
})

test("a missing credential is named, and no value of one is shown", async () => {
  const environment = { PORT: "0", SAGE_CLIENT_ID: "some-client", SAGE_CLIENT_SECRET: "hush-hush-secret" }
  const failed = await start(environment).then(
    () => undefined,
    (error: unknown) => error
  )
  assert.instanceOf(failed, Error)
  assert.include(failed.message, "SAGE_AUTH_KEY")
  assert.notInclude(failed.message, "hush-hush-secret")
})

test("it listens at 127.0.0.1, and at no other address of the machine", async () => {
  const { url } = await open()
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  // the whole of 127.0.0.0/8 is this machine: a server that listens everywhere would answer here
  const socket = connect(Number(new URL(url).port), "127.0.0.2")
  onTestFinished(() => void socket.destroy())
  const refused = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(false)).once("error", () => resolve(true))
  })
  assert.isTrue(refused)
})

const idsOf = (text: string): ReadonlyArray<string> =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { readonly id: string }).id)

test("every page of the contacts comes as one file, of the business that the visitor chose", async () => {
  const { url } = await open()
  const visitor = new Visitor()
  await visitor.post(`${url}/sign-in`, { company: "harbour" })
  const contacts = await visitor.consentAs(await visitor.visit(`${url}/contacts`), "ada@harbour.example")
  assert.match(contacts.text, /href="\/contacts\.ndjson"/)
  const all = idsOf((await visitor.visit(`${url}/contacts.ndjson`)).text)
  assert.isAbove(all.length, 20, "more than a page")
  assert.strictEqual(new Set(all).size, all.length, "each once")

  const orchard = /name="business" value="([^"]+)"><button>Orchard Rooms Ltd/.exec(contacts.text)?.[1] ?? ""
  await visitor.post(`${url}/business`, { business: orchard })
  const other = idsOf((await visitor.visit(`${url}/contacts.ndjson`)).text)
  assert.lengthOf(
    other.filter((id) => all.includes(id)),
    0
  )
  assert.strictEqual((await new Visitor().visit(`${url}/contacts.ndjson`)).status, 401)
})

test("a token that expires is renewed, and its visitor does not notice", async () => {
  const { sandbox, url } = await open()
  const visitor = new Visitor()
  await visitor.post(`${url}/sign-in`, { company: "harbour" })
  const contacts = await visitor.consentAs(await visitor.visit(`${url}/contacts`), "ada@harbour.example")
  sandbox?.businessCloud.expireAccessTokens()
  assert.strictEqual((await visitor.visit(`${url}/contacts`)).text, contacts.text)
  assert.lengthOf(sandbox?.requests({ surface: "business-cloud", step: "token" }) ?? [], 2, "the code, and one renewal")
})
