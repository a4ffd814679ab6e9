import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { BusinessCloudConnection, Sage } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import cookieSession from "cookie-session"
import express, { type Express, type Request } from "express"
import { companies, page } from "./pages.ts"

/** What the application is given. */
export interface Surroundings {
  readonly sage: Sage<{ readonly books: BusinessCloudConnection }>
  /** signs this application's own cookie */
  readonly sessionKeys: ReadonlyArray<string>
  /** whether browsers come over https */
  readonly secure: boolean
}

/** What this application remembers of a visitor. */
interface Visitor {
  /** the company that the visitor signed in for: the tenant */
  company?: string
  /** the business that the visitor chose, where it is not the lead business */
  business?: string | undefined
}

const visitorOf = (request: Request): Visitor => (request.session ?? {}) as Visitor

/** One record a line, as it is read. */
async function* linesOf(records: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`
}

interface Contacts {
  readonly $items: ReadonlyArray<{ readonly displayed_as: string; readonly reference?: string | null }>
}

/**
 * An application whose visitors belong to companies. Each company consents once, with its own Sage user; from then on
 * every visitor of that company sees its contacts, and no other company's.
 */
export const application = ({ sage, secure, sessionKeys }: Surroundings): Express => {
  const app = express()
  app.disable("x-powered-by")
  app.use(
    cookieSession({
      name: "visitor",
      keys: [...sessionKeys],
      httpOnly: true,
      sameSite: "lax",
      secure,
      maxAge: 86_400_000
    })
  )
  // the tenant is the company of the signed-in user, never something that the browser says by itself
  const auth = sageAuth(sage, { tenant: (request) => visitorOf(request).company })
  app.use(auth)
  app.use(express.urlencoded({ extended: false }))

  app.post("/sign-in", (request, response) => {
    const company = companies.find(({ id }) => id === request.body?.company)
    // a real application asks for a password here
    request.session = company === undefined ? null : { company: company.id }
    response.redirect(303, "/")
  })
  app.post("/sign-out", (request, response) => {
    request.session = null
    response.redirect(303, "/")
  })

  app.get("/", async (request, response) => {
    const company = companies.find(({ id }) => id === visitorOf(request).company)
    if (company === undefined) return void response.type("html").send(page.signIn())
    const status = await auth.client(request, "books").status()
    response.type("html").send(page.home(company, status))
  })

  /** the business that the visitor chose, or the lead business */
  const booksOf = (request: Request) => {
    const { business } = visitorOf(request)
    const own = auth.client(request, "books")
    return business === undefined ? own : own.business(business)
  }

  // who has not consented yet is sent to consent, and comes back here
  app.get("/contacts", auth.requires("books"), async (request, response) => {
    const books = booksOf(request)
    const answer = await books.fetch("contacts?items_per_page=10&attributes=reference")
    if (!answer.ok) {
      await answer.body?.cancel()
      return void response.status(502).type("html").send(page.refused(answer.status))
    }
    const [contacts, businesses] = [(await answer.json()) as Contacts, await books.businesses()]
    response.type("html").send(page.contacts(contacts.$items, businesses, visitorOf(request).business))
  })

  // every page: the next one is read when the browser has taken the last, and none when it has gone
  app.get("/contacts.ndjson", auth.requires("books"), async (request, response) => {
    response.type("application/x-ndjson").attachment()
    const contacts = booksOf(request).records("contacts?attributes=reference")
    await pipeline(Readable.from(linesOf(contacts)), response)
  })

  app.post("/business", auth.requires("books"), async (request, response) => {
    const wanted: unknown = request.body?.business
    // only a business that this company's Sage user can see
    const known = (await auth.client(request, "books").businesses()).some(({ id }) => id === wanted)
    if (known) request.session = { ...visitorOf(request), business: String(wanted) }
    response.redirect(303, "/contacts")
  })

  app.use(auth.errors)
  return app
}
