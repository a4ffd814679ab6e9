import assert from "node:assert/strict"
import type { Sandbox } from "@sage-auth/sandbox"

/** How a request says who is signed in. */
export type SignedIn = (company: string) => Readonly<Record<string, string>>

const byHeader: SignedIn = (company) => ({ "x-company": company })

/** beside the cookie of a session, if there is one */
const withCookie = (headers: Readonly<Record<string, string>>, cookie: string): Record<string, string> => ({
  ...headers,
  cookie: [headers["cookie"], cookie].filter((each) => each !== undefined).join("; ")
})

const navigation = { accept: "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }

const see = (what: string, found: unknown, wanted: unknown): void => {
  assert.deepEqual(found, wanted, what)
  console.log(`${what}: ${JSON.stringify(found)}`)
}

/**
 * What each of these applications has to answer, whatever it is built on: `/vendors` with a machine's connection,
 * `/contacts` with one that a human consents to. Prints a line for each answer, and throws at one that is not right.
 */
export const visit = async (
  origin: string,
  sandbox: Pick<Sandbox, "approve">,
  signedIn: SignedIn = byHeader
): Promise<void> => {
  const company = signedIn("harbour")
  /** asks for an address of the application, whatever host it names, and follows nothing */
  const ask = (address: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> => {
    const { pathname, search } = new URL(address, origin)
    return fetch(`${origin}${pathname}${search}`, { method, headers, redirect: "manual" })
  }

  const vendors = await ask("/vendors", company)
  const { "ia::result": page } = (await vendors.json()) as { readonly "ia::result"?: ReadonlyArray<object> }
  see("a machine's connection", [vendors.status, (page ?? []).length > 0], [200, true])

  see("nobody's request", (await ask("/contacts")).status, 401)

  const refused = await ask("/contacts", company)
  const { code, connectUrl } = (await refused.json()) as { readonly code: string; readonly connectUrl: string }
  see(
    "before consent",
    [refused.status, refused.headers.get("content-type")?.split(";", 1)[0], code, connectUrl],
    [403, "application/problem+json", "client.never-authorized", "/sage/connect/books"]
  )

  const sent = await ask("/contacts", { ...company, ...navigation })
  see(
    "before consent, in a browser",
    [sent.status, sent.headers.get("location")],
    [303, `${connectUrl}?returnTo=%2Fcontacts`]
  )

  const list = async (): Promise<ReadonlyArray<string>> => {
    const { connections } = (await (await ask("/sage/connections", company)).json()) as {
      readonly connections: ReadonlyArray<{ readonly name: string; readonly state: string }>
    }
    return connections
      .filter(({ name }) => name === "books" || name === "vendors")
      .map((one) => `${one.name} ${one.state}`)
  }
  see("the list of connections", await list(), ["vendors connected", "books disconnected"])

  const connect = await ask(sent.headers.get("location") ?? "", { ...company, ...navigation })
  const cookie = connect.headers.get("set-cookie")?.split(";", 1)[0] ?? ""
  const callback = await sandbox.approve(connect.headers.get("location") ?? "")
  const done = await ask(callback, withCookie({ ...company, ...navigation }, cookie))
  see("consent", [connect.status, done.status, done.headers.get("location")], [303, 303, "/contacts"])

  const contacts = await ask("/contacts", company)
  const { $items } = (await contacts.json()) as { readonly $items?: ReadonlyArray<object> }
  see("after consent", [contacts.status, ($items ?? []).length > 0], [200, true])
  see("another company", (await ask("/contacts", signedIn("lantern"))).status, 403)
  // a page that is loaded again: the consent is stored already, and the browser goes back to the application's page
  const again = await ask(callback, withCookie({ ...company, ...navigation }, cookie))
  see("a callback once more", [again.status, again.headers.get("location")], [303, "/contacts"])
  see("the list of connections", await list(), ["vendors connected", "books connected"])

  const disconnected = await ask("/sage/disconnect/books", company, "POST")
  see("disconnect", [disconnected.status, await disconnected.json()], [200, { connection: "books", revoked: true }])
  see("after disconnect", (await ask("/contacts", company)).status, 403)
}
