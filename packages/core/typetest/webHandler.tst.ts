import {
  type BusinessCloudClient,
  businessCloud,
  createSageAuth,
  type IntacctXmlClient,
  intacctXml
} from "@sage-auth/core"
import { requestOf, type WebHandler, webHandler } from "@sage-auth/core/web"
import { describe, expect, test } from "tstyche"

const connections = {
  ledger: intacctXml({
    sender: { id: "acme-sender", password: "s3cret" },
    login: { companyId: "acme", userId: "xml_gateway", password: "s3cret" }
  }),
  books: businessCloud({ clientId: "a", clientSecret: "b", redirectUri: "https://app.example/callback" })
}
const sage = createSageAuth({ connections })

/** What a framework of somebody gives its handlers. */
interface Context {
  readonly req: { readonly raw: Request }
  readonly user: { readonly companyId: string } | undefined
}

/** A request with more than the web's, as some frameworks have it. */
interface RichRequest extends Request {
  readonly companyId: string
}

declare const context: Context
declare const request: Request
declare const rich: RichRequest

describe("webHandler", () => {
  test("takes requests of the web, and gives clients that are typed by their builders", () => {
    const auth = webHandler(sage, { tenant: (asked) => asked.headers.get("x") ?? undefined })
    expect(auth).type.toBe<WebHandler<typeof connections>>()
    expect(auth(request)).type.toBe<Promise<Response | undefined>>()
    expect(auth.client(request, "books")).type.toBe<BusinessCloudClient>()
    expect(auth.client(request, "ledger")).type.toBe<IntacctXmlClient>()
    expect(auth.client).type.not.toBeCallableWith(request, "typo")
    expect(auth.requires).type.not.toBeCallableWith(request, "typo")
    expect(webHandler(sage)).type.toBe<WebHandler<typeof connections>>()
  })

  test("takes requests that have more, which its options get as they are", () => {
    const auth = webHandler(sage, { tenant: (asked: RichRequest) => asked.companyId })
    expect(auth).type.toBeCallableWith(rich)
    expect(auth).type.not.toBeCallableWith(request)
  })

  test("takes what a framework gives, and has to be told the request in it", () => {
    const auth = webHandler(sage, { request: (c: Context) => c.req.raw, tenant: (c) => c.user?.companyId })
    expect(auth).type.toBe<WebHandler<typeof connections, Context>>()
    expect(auth.client(context, "books")).type.toBe<BusinessCloudClient>()
    expect(auth).type.not.toBeCallableWith(request)
    expect(webHandler).type.not.toBeCallableWith(sage, { tenant: (c: Context) => c.user?.companyId })
    expect(webHandler).type.toBeCallableWith(sage, { request: requestOf })
  })

  test("has a render of its own, which gives a response", () => {
    expect(webHandler).type.toBeCallableWith(sage, { render: () => new Response() })
    expect(webHandler).type.not.toBeCallableWith(sage, { render: () => "a page" })
  })
})
