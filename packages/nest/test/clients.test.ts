import { EventEmitter, once } from "node:events"
import { type IncomingMessage, request } from "node:http"
import { Controller, Get, Headers, Inject, Injectable, Param, Post, Body, Scope } from "@nestjs/common"
import { REQUEST } from "@nestjs/core"
import { type BusinessCloudClient, type IntacctXmlClient, SageAuthError } from "@sage-auth/core"
import { InjectSageClient, type InjectedSageClient, SageClient, SageTenancy } from "@sage-auth/nest"
import { describe, expect, it } from "vitest"
import { openWorld, type PlatformRequest, platforms, tenantOf } from "./world.ts"

@Injectable()
class Contacts {
  readonly #books: InjectedSageClient<BusinessCloudClient>

  constructor(@InjectSageClient("books") books: InjectedSageClient<BusinessCloudClient>) {
    this.#books = books
  }

  async names(): Promise<ReadonlyArray<string>> {
    return (await this.#books.businesses()).map(({ name }) => name)
  }

  async namesFor(tenant: string): Promise<ReadonlyArray<string>> {
    return (await this.#books.forTenant(tenant).businesses()).map(({ name }) => name)
  }
}

@Injectable()
class Ledger {
  @InjectSageClient("ledger") readonly ledger!: InjectedSageClient<IntacctXmlClient>
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  readonly #contacts: Contacts
  readonly #request: PlatformRequest
  @InjectSageClient("books") readonly books!: BusinessCloudClient

  constructor(@Inject(Contacts) contacts: Contacts, @Inject(REQUEST) request: PlatformRequest) {
    this.#contacts = contacts
    this.#request = request
  }

  async answer() {
    return {
      asked: tenantOf(this.#request),
      names: await this.#contacts.names(),
      state: (await this.books.status()).state
    }
  }
}

@Controller("contacts")
class ContactsController {
  readonly #contacts: Contacts
  readonly #perRequest: PerRequest
  readonly #ledger: Ledger

  constructor(
    @Inject(Contacts) contacts: Contacts,
    @Inject(PerRequest) perRequest: PerRequest,
    @Inject(Ledger) ledger: Ledger
  ) {
    this.#contacts = contacts
    this.#perRequest = perRequest
    this.#ledger = ledger
  }

  @Get("singleton")
  names() {
    return this.#contacts.names()
  }

  @Post("singleton")
  posted(@Body() body: { readonly echo: string }, @Headers("x-company") company: string) {
    return this.#contacts.names().then((names) => ({ names, echo: body.echo, company }))
  }

  @Get("parameter")
  async parameter(@SageClient("books") books: InjectedSageClient<BusinessCloudClient>) {
    return (await books.businesses()).map(({ name }) => name)
  }

  @Get("request")
  perRequest() {
    return this.#perRequest.answer()
  }

  @Get("of/:tenant")
  of(@Param("tenant") tenant: string) {
    return this.#contacts.namesFor(tenant)
  }

  @Get("entity")
  async entity() {
    const top = await this.#ledger.ledger.session()
    const own = await this.#ledger.ledger.entity("E1").session()
    const chained = this.#ledger.ledger.entity("E1").entity("E1")
    return { differs: top.sessionId !== own.sessionId, chained: typeof chained.session }
  }
}

const as = (company: string) => ({ "x-company": company })

const controllers = [ContactsController]
const providers = [Contacts, Ledger, PerRequest]

describe.each(platforms)("an injected client on %s", (platform) => {
  const open = async () => {
    const world = await openWorld({ platform, controllers, providers, sage: { tenant: tenantOf } })
    const { reader, user } = world.sandbox.accounts["business-cloud"]
    await world.consent("books", { tenant: "acme", login: user })
    await world.consent("books", { tenant: "birch", login: reader })
    return world
  }

  it("shows each tenant its own data and never the other's, in singletons, request scope and parameters", async () => {
    const { get, post } = await open()
    const [acme, birch] = await Promise.all(
      ["acme", "birch"].map(async (company) => (await get("/contacts/singleton", as(company))).json())
    )
    expect(acme).not.toHaveLength(0)
    expect(birch).not.toHaveLength(0)
    expect(acme).not.toEqual(birch)
    const rounds = Array.from({ length: 20 }, (_, round) => (round % 2 === 0 ? "acme" : "birch"))
    await Promise.all(
      rounds.map(async (company) => {
        const own = company === "acme" ? acme : birch
        expect(await (await get("/contacts/singleton", as(company))).json()).toEqual(own)
        expect(await (await get("/contacts/parameter", as(company))).json()).toEqual(own)
        expect(await (await get("/contacts/request", as(company))).json()).toEqual({
          asked: company,
          names: own,
          state: "connected"
        })
        const posted = await post("/contacts/singleton", JSON.stringify({ echo: company }), {
          ...as(company),
          "content-type": "application/json"
        })
        expect(await posted.json()).toEqual({ names: own, echo: company, company })
      })
    )
  })

  it("knows whose request it is also when the body comes late", async () => {
    const arrivals = new EventEmitter()
    const arrival = once(arrivals, "request")
    const world = await openWorld({
      platform,
      controllers,
      providers,
      sage: { tenant: tenantOf },
      prepare: (app) =>
        app.use((_request: unknown, _response: unknown, next: () => void) => {
          arrivals.emit("request")
          next()
        })
    })
    await world.consent("books", { tenant: "acme" })
    const headers = { "x-company": "acme", "content-type": "application/json", "transfer-encoding": "chunked" }
    const sent = request(`${world.origin}/contacts/singleton`, { method: "POST", headers, agent: false })
    const answered = once(sent, "response")
    sent.flushHeaders()
    await arrival
    // a packet of its own, which no part of the request's handling has waited for yet
    await new Promise((resolve) => setImmediate(resolve))
    sent.end(JSON.stringify({ echo: "late" }))
    const [response] = (await answered) as [IncomingMessage]
    response.resume()
    expect(response.statusCode).toBe(201)
  })

  it("refuses a request without a tenant, and asks nothing of Sage for it", async () => {
    const { get, sandbox } = await open()
    const before = sandbox.requests().length
    for (const path of ["singleton", "parameter", "request"]) {
      const reply = await get(`/contacts/${path}`)
      expect(reply.status).toBe(401)
      expect(await reply.json()).toMatchObject({ code: "client.tenant-refused", status: 401 })
    }
    expect(sandbox.requests()).toHaveLength(before)
  })

  it("is that of a tenant who is named, whoever is asking", async () => {
    const { get } = await open()
    const birch = await (await get("/contacts/singleton", { "x-company": "birch" })).json()
    expect(await (await get("/contacts/of/birch", { "x-company": "acme" })).json()).toEqual(birch)
  })

  it("works in another entity of the tenant", async () => {
    const { get } = await open()
    const reply = await get("/contacts/entity", { "x-company": "acme" })
    expect(await reply.json()).toEqual({ differs: true, chained: "function" })
  })
})

describe("an injected client outside of a request", () => {
  it("fails as misconfigured where there is a resolver, and never falls back to a default tenant", async () => {
    const { app, consent } = await openWorld({ controllers, providers, sage: { tenant: tenantOf } })
    await consent("books")
    const contacts = app.get(Contacts)
    await expect(contacts.names()).rejects.toMatchObject({
      reason: { _tag: "Misconfigured", issues: [{ option: "tenant" }] }
    })
  })

  it("refuses work for nobody, and never takes it for the default tenant's", async () => {
    const { app, consent } = await openWorld({ controllers, providers, sage: { tenant: tenantOf } })
    await consent("books")
    const nobody = undefined as unknown as string
    const inEntity = app.get(Ledger).ledger.entity("E1") as InjectedSageClient<IntacctXmlClient>
    for (const work of [
      async () => app.get(Contacts).namesFor(nobody),
      async () => app.get(Contacts).namesFor(""),
      async () => inEntity.forTenant(nobody).session()
    ]) {
      await expect(work()).rejects.toMatchObject({ reason: { _tag: "Misconfigured" } })
    }
    await expect(app.get(SageTenancy).run(nobody, () => app.get(Contacts).names())).rejects.toBeInstanceOf(
      SageAuthError
    )
  })

  it("works for the tenant that is named, or that the work runs for", async () => {
    const { app, consent } = await openWorld({ controllers, providers, sage: { tenant: tenantOf } })
    await consent("books", { tenant: "acme" })
    const contacts = app.get(Contacts)
    const names = await contacts.namesFor("acme")
    expect(names).not.toHaveLength(0)
    expect(await app.get(SageTenancy).run("acme", () => contacts.names())).toEqual(names)
    await expect(contacts.names()).rejects.toMatchObject({ reason: { _tag: "Misconfigured" } })
  })

  it("works without a resolver: there is one tenant", async () => {
    const { app, consent } = await openWorld({ controllers, providers })
    await consent("books")
    expect(await app.get(Contacts).names()).not.toHaveLength(0)
  })
})
