import { businessCloud, createSageAuth, intacctRest, intacctXml, x3 } from "@sage-auth/core"
import * as SageAuthModule from "@sage-auth/core/effect"
import { type KyClient, kyFor, type KyForOptions } from "@sage-auth/core/ky"
import { Effect } from "effect"
import type { KyInstance, Options } from "ky"
import { describe, expect, test } from "tstyche"

const oauth = { clientId: "a", clientSecret: "b", redirectUri: "https://app.example/callback" }
const baseUrl = "https://x3.acme.example:8124"
const auth = x3.basic({ user: "a", password: "b" })
const connections = {
  ledger: intacctXml({
    sender: { id: "acme-sender", password: "s3cret" },
    login: { companyId: "acme", userId: "xml_gateway", password: "s3cret" }
  }),
  vendors: intacctRest.clientCredentials({ clientId: "a", clientSecret: "b", username: "c@d" }),
  books: businessCloud(oauth),
  erp: x3.onPremise({ baseUrl, auth }),
  erpTls: x3.onPremise({ baseUrl, auth: x3.certificate({ pfx: new URL("file:///c.pfx") }) }),
  graph: x3.graphql({ url: `${baseUrl}/xtrem/api`, endpoint: "REPOSX3", app: { ...oauth, user: "u" } }),
  gateway: x3.gateway({ ...oauth, rootUrl: "https://api.example.com/v1", customer: "c", scope: "s" })
}
const sage = createSageAuth({ connections })

interface Page {
  readonly $items: ReadonlyArray<string>
}

describe("kyFor", () => {
  test("takes the client of every surface that speaks HTTP, and what is made of it", () => {
    expect(kyFor(sage.client("books"))).type.toBe<KyInstance>()
    expect(kyFor).type.toBeCallableWith(sage.client("books").business("b"))
    expect(kyFor).type.toBeCallableWith(sage.client("vendors"))
    expect(kyFor).type.toBeCallableWith(sage.client("vendors").entity("E2"))
    expect(kyFor).type.toBeCallableWith(sage.client("erp"))
    expect(kyFor).type.toBeCallableWith(sage.client("erpTls"))
    expect(kyFor).type.toBeCallableWith(sage.client("graph"))
    expect(kyFor).type.toBeCallableWith(sage.client("gateway"))
  })

  test("takes neither the client of the XML API nor one of effects", () => {
    expect(kyFor).type.not.toBeCallableWith(sage.client("ledger"))
    class Sage extends SageAuthModule.SageAuth.Service<Sage>()("app/Sage", { connections }) {}
    Effect.map(Sage, (service) => {
      expect(kyFor).type.not.toBeCallableWith(service.client("books"))
    })
  })

  test("takes the options of ky, but for fetch, and a deadline", () => {
    const books = sage.client("books")
    expect(kyFor).type.toBeCallableWith(books, { prefix: "contacts", headers: { a: "b" }, deadline: "5 seconds" })
    expect(kyFor).type.toBeCallableWith(books, { deadline: undefined, baseUrl: undefined, retry: 2 })
    expect(kyFor).type.not.toBeCallableWith(books, { fetch })
    expect(kyFor).type.not.toBeCallableWith(books, { deadlines: 5 })
    expect<KyForOptions>().type.toBeAssignableFrom<Omit<Options, "fetch">>()
    expect<KyClient>().type.toBeAssignableFrom(books)
  })

  test("gives what ky gives", () => {
    const api = kyFor(sage.client("books"))
    expect(api.get("contacts", { searchParams: { page: 1 } }).json<Page>()).type.toBe<Promise<Page>>()
    expect(api.get<Page>("contacts").json()).type.toBe<Promise<Page>>()
    expect(api.post("contacts", { json: {} }).text()).type.toBe<Promise<string>>()
  })
})
