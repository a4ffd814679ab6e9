/* oxlint-disable typescript/unbound-method -- named for their types, never called */
import {
  businessCloud,
  type BusinessCloudClient,
  createSageAuth,
  intacctXml,
  type IntacctXmlClient,
  type RegisteredName,
  type SageClient
} from "@sage-auth/core"
import { sageAuth, type SageAuthMiddleware } from "@sage-auth/express"
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from "express"
import { describe, expect, test } from "tstyche"

const sage = createSageAuth({
  connections: {
    books: businessCloud({ clientId: "", clientSecret: "", redirectUri: "" }),
    ledger: intacctXml({ sender: { id: "", password: "" }, login: { companyId: "", userId: "", password: "" } })
  }
})
const app = express()
const req = {} as Request

describe("an application that registered nothing", () => {
  const auth = sageAuth(sage, { tenant: (req) => req.get("x-company"), basePath: "/sage" })

  test("takes any name on a request, and gives what every HTTP surface has", () => {
    expect<RegisteredName>().type.toBe<string>()
    const client = req.sage("typo")
    expect(client.fetch("contacts")).type.toBe<Promise<Response>>()
    expect(client.status).type.toBe<SageClient["status"]>()
    expect(client).type.not.toHaveProperty("execute")
    // @ts-expect-error Property 'execute' does not exist
    void req.sage("ledger").execute([])
  })

  test("knows its names and clients by the middleware", () => {
    expect(auth).type.toBe<SageAuthMiddleware<typeof sage.connections>>()
    expect(auth.client(req, "ledger")).type.toBe<IntacctXmlClient>()
    expect(auth.client(req, "books")).type.toBe<BusinessCloudClient>()
    expect(auth.client(req, "books").authorize).type.toBeCallableWith({ returnTo: "/" })
    expect(auth.client).type.not.toBeCallableWith(req, "typo")
    expect(auth.requires).type.toBeCallableWith("books")
    expect(auth.requires).type.not.toBeCallableWith("nope")
  })

  test("mounts it as Express's own types want it", () => {
    expect(auth).type.toBeAssignableTo<RequestHandler>()
    expect(auth.errors).type.toBe<ErrorRequestHandler>()
    app.use(auth)
    app.use("/api", auth)
    // oxlint-disable-next-line oxc/no-async-endpoint-handlers -- Express 5 takes their rejections
    app.get("/contacts", auth.requires("books"), async (req, res) => {
      res.json(await (await req.sage("books").fetch("contacts")).json())
    })
    app.use(auth.errors)
    // @ts-expect-error Property 'user' does not exist
    sageAuth(sage, { tenant: (req) => req.user.companyId })
  })
})
