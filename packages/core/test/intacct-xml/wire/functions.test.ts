import { assert, it } from "@effect/vitest"
import { billable, isReplayable } from "../../../src/intacct-xml/Execution.ts"

it("sends again only what reads, and not what moves a cursor or starts a job", () => {
  const safe = [
    "read",
    "readByQuery",
    "readByName",
    "readRelated",
    "query",
    "inspect",
    "get",
    "get_list",
    "getAPISession",
    "getUserPermissions"
  ]
  for (const name of safe) assert.isTrue(isReplayable(name), name)
  const unsafe = [
    "readMore",
    "readReport",
    "create",
    "update",
    "delete",
    "create_invoice",
    "getaway",
    "reverse_bill",
    "unknown",
    "",
    "constructor"
  ]
  for (const name of unsafe) assert.isFalse(isReplayable(name), name)
})

it("counts everything that reads or writes records, and nothing about the session or definitions", () => {
  const counted = [
    "create",
    "update",
    "delete",
    "query",
    "readByQuery",
    "readMore",
    "read",
    "readByName",
    "readRelated",
    "readReport",
    "create_invoice",
    "update_customer",
    "delete_bill",
    "get",
    "get_list",
    "get_invoice",
    "reverse_bill"
  ]
  for (const name of counted) assert.isTrue(billable(name), name)
  for (const name of ["getAPISession", "getUserPermissions", "inspect", "lookup"]) assert.isFalse(billable(name), name)
})
