/* oxlint-disable typescript/unbound-method -- named for their types, never called */
import { businessCloud, createSageAuth, intacctRest, x3 } from "@sage-auth/core"
import { SageAuth } from "@sage-auth/core/effect"
import type {
  BusinessCloudListReasons,
  GraphQLPage,
  IntacctRestListReasons,
  JsonRecord,
  Page,
  ProtocolViolation,
  SageAuthError,
  X3GraphQLListReasons,
  X3WebServicesListReasons
} from "@sage-auth/core"
import { Effect, type Stream } from "effect"
import { describe, expect, test } from "tstyche"
import * as v from "valibot"

const client = { clientId: "id", clientSecret: "s3cret" }
const basic = x3.basic({ user: "u", password: "p" })
const connections = {
  vendors: intacctRest.clientCredentials({ ...client, username: "user@acme" }),
  books: businessCloud({ ...client, redirectUri: "https://app.example/callback" }),
  erp: x3.onPremise({ baseUrl: "https://x3.example", auth: basic }),
  graph: x3.graphql({ url: "https://x3.example/xtrem/api", endpoint: "SEED", app: client })
}
const contact = v.object({ id: v.string() })

describe("lists of the promise clients", () => {
  const sage = createSageAuth({ connections })

  test("are iterated by record and by page", () => {
    expect(sage.client("books").records("contacts")).type.toBe<AsyncIterable<JsonRecord>>()
    expect(sage.client("books").business("b").pages("contacts")).type.toBe<AsyncIterable<Page<JsonRecord>>>()
    expect(
      sage
        .client("vendors")
        .entity("E1")
        .records({ object: "accounts-payable/vendor", fields: ["id"] })
    ).type.toBe<AsyncIterable<JsonRecord>>()
    expect(sage.client("erp").records<{ readonly BPCNUM: string }>("api1")).type.toBe<
      AsyncIterable<{ readonly BPCNUM: string }>
    >()
    expect(sage.client("graph").pages("query", {}, { pageSize: 5 })).type.toBe<AsyncIterable<GraphQLPage<JsonRecord>>>()
  })

  test("have the type of their schema", () => {
    expect(sage.client("books").records("contacts", { schema: contact })).type.toBe<AsyncIterable<{ id: string }>>()
    expect(sage.client("graph").records("query", {}, { schema: contact })).type.toBe<AsyncIterable<{ id: string }>>()
  })

  test("take a path, and a query for Intacct REST alone", () => {
    expect(sage.client("books").records).type.not.toBeCallableWith({ object: "contacts" })
    expect(sage.client("vendors").records).type.not.toBeCallableWith({ fields: ["id"] })
    expect(sage.client("books").records).type.not.toBeCallableWith("contacts", { onLostResult: "fail" })
  })
})

// as a program makes them that knows no names
const made: Readonly<Record<string, unknown>> = {}

describe("lists of a GraphQL document", () => {
  test("take no option among the variables", () => {
    const { records } = createSageAuth({ connections }).client("graph")
    expect(records).type.not.toBeCallableWith("query", { pageSize: 5 })
    expect(records).type.not.toBeCallableWith("query", { first: 5, deadline: "5 seconds" })
    expect(records).type.toBeCallableWith("query", { first: 5 }, { deadline: "5 seconds" })
    expect(records).type.toBeCallableWith("query", made)
  })
})

describe("lists of the effect clients", () => {
  test("are streams, with every way to fail in their type", () => {
    Effect.gen(function* () {
      const sage = yield* SageAuth.make({ connections })
      expect(sage.client("books").records("contacts")).type.toBe<
        Stream.Stream<JsonRecord, SageAuthError<BusinessCloudListReasons>>
      >()
      expect(sage.client("vendors").pages("objects")).type.toBe<
        Stream.Stream<Page<JsonRecord>, SageAuthError<IntacctRestListReasons>>
      >()
      expect(sage.client("erp").records("api1", { schema: contact })).type.toBe<
        Stream.Stream<{ id: string }, SageAuthError<X3WebServicesListReasons>>
      >()
      expect(sage.client("graph").pages("query")).type.toBe<
        Stream.Stream<GraphQLPage<JsonRecord>, SageAuthError<X3GraphQLListReasons>>
      >()
      expect<X3GraphQLListReasons>().type.toBeAssignableFrom<ProtocolViolation>()
    })
  })
})
