import type { BusinessCloudClient, IntacctXmlClient } from "@sage-auth/core"
import { describe, expect, test } from "tstyche"
import type { MembersOf } from "../src/Connection.ts"

type Calls = MembersOf<IntacctXmlClient>["calls"]
type Lists = MembersOf<IntacctXmlClient>["lists"]

describe("the table of a client's members", () => {
  test("has every call of its interface", () => {
    expect<keyof Calls>().type.toBe<
      "execute" | "relay" | "session" | "probeEntities" | "refresh" | "meter" | "pool" | "status" | "disconnect"
    >()
    expect<Omit<Calls, "refresh">>().type.not.toBeAssignableTo<Calls>()
  })

  test("says where the signal of a call is", () => {
    expect<Calls["execute"]>().type.toBe<1>()
    expect<Calls["session"]>().type.toBe<0>()
    expect<Calls["status"]>().type.toBe<undefined>()
  })

  test("has everything that is iterated, and says where its signal is", () => {
    expect<keyof Lists>().type.toBe<"records" | "pages">()
    expect<Lists["records"]>().type.toBe<1>()
    expect<Lists["pages"]>().type.toBe<1>()
  })

  test("has every member that gives another client", () => {
    expect<keyof MembersOf<IntacctXmlClient>["narrowing"]>().type.toBe<"entity">()
    expect<keyof MembersOf<BusinessCloudClient>["narrowing"]>().type.toBe<"business">()
  })
})
