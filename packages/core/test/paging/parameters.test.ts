import { assert, describe, it } from "vitest"
import { keepingParameters, withParameter } from "../../src/paging/readPages.ts"

describe("a parameter of a path", () => {
  it.each([
    ["contacts", "contacts?count=5"],
    ["contacts?", "contacts?count=5"],
    ["contacts?count=20", "contacts?count=5"],
    ["contacts?count=20&count=30&a=b", "contacts?a=b&count=5"],
    [
      "x?representation=BPCUSTOMER.$query&where=A%20eq%20'b%26c'",
      "x?representation=BPCUSTOMER.$query&where=A%20eq%20'b%26c'&count=5"
    ],
    ["x?discount=1&count", "x?discount=1&count=5"]
  ])("is set in %s, and nothing else is written in another way", (path, expected) => {
    assert.strictEqual(withParameter(path, "count", 5), expected)
    assert.strictEqual(withParameter(path, "count", undefined), path)
  })

  it("is kept from a page to the next one, unless that names it", () => {
    assert.strictEqual(
      keepingParameters("/contacts?page=2&items_per_page=20", "contacts?attributes=all&page=1&search=a%20b"),
      "/contacts?page=2&items_per_page=20&attributes=all&search=a%20b"
    )
    assert.strictEqual(keepingParameters("/contacts", "contacts"), "/contacts")
  })
})
