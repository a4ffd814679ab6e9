import type {
  BusinessCloudClient,
  ClientOf,
  IntacctXmlClient,
  RegisteredConnection,
  RegisteredConnections,
  RegisteredName
} from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import type { Request } from "express"
import { describe, expect, test } from "tstyche"
import { sage } from "./connections.ts"

const req = {} as Request

describe("an application that registered its connections", () => {
  test("has its names, and the client of each, on every request", () => {
    expect<RegisteredConnections>().type.toBe<typeof sage.connections>()
    expect<RegisteredName>().type.toBe<"books" | "ledger" | "vendors" | "payables">()
    expect(req.sage("books")).type.toBe<BusinessCloudClient>()
    expect(req.sage("ledger")).type.toBe<IntacctXmlClient>()
    expect<ClientOf<RegisteredConnection<"books">>>().type.toBe<BusinessCloudClient>()
    expect(req.sage("payables")).type.toHaveProperty("authorize")
    expect(req.sage("vendors")).type.not.toHaveProperty("authorize")
  })

  test("has no other name, and nothing that a surface cannot do", () => {
    // @ts-expect-error Argument of type '"typo"' is not assignable
    req.sage("typo")
    // @ts-expect-error Property 'execute' does not exist
    void req.sage("books").execute([])
    expect(req.sage("ledger")).type.not.toHaveProperty("fetch")
  })

  test("has a resolver that may find nobody, synchronously or not", () => {
    expect(sageAuth).type.toBeCallableWith(sage, { tenant: (req: Request) => req.user?.companyId })
    expect(sageAuth).type.toBeCallableWith(sage, { tenant: async (req: Request) => req.user?.companyId })
    expect(sageAuth).type.toBeCallableWith(sage, { tenant: undefined, basePath: undefined, origins: undefined })
    expect(sageAuth).type.toBeCallableWith(sage)
    // @ts-expect-error 'req.user' is possibly 'undefined'
    sageAuth(sage, { tenant: (req) => req.user.companyId })
    expect(sageAuth).type.not.toBeCallableWith(sage, { tenant: () => 7 })
    expect(sageAuth).type.not.toBeCallableWith(sage, { basepath: "/sage" })
  })
})
