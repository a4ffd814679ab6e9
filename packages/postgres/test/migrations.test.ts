import { readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "vitest"
import { migrations } from "../src/index.ts"

const folder = new URL("../migrations/", import.meta.url)

describe("the files in `migrations`", () => {
  it("are what the store runs", () => {
    const files = readdirSync(folder).toSorted()
    assert.deepStrictEqual(
      files.map((name) => ({ name, sql: readFileSync(new URL(name, folder), "utf8") })),
      migrations()
    )
  })
})
