import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { recommendations, tables, wrongAndRight } from "../../src/advice/Advice.ts"
import { pages, regenerate } from "./adviceDocs.ts"

const textOf = (file: string): string => readFileSync(new URL(`../../../../docs/${file}`, import.meta.url), "utf8")

describe("the pages that are written from the advice", () => {
  it.each(pages)("%s is what the data makes", (file, write) => {
    assert.isTrue(textOf(file) === write(), `docs/${file} differs from the data. Regenerate it:\n${regenerate}`)
  })

  it("have every table, every recommendation and every pair", () => {
    const all = pages.map(([file]) => textOf(file)).join("\n")
    for (const { name, title } of tables) {
      if (name !== "wrong-and-right") assert.include(all, `\n## ${title}\n`, name)
    }
    for (const { code, title } of Object.values(recommendations)) {
      assert.include(all, `\n### ${title}\n`)
      assert.include(all, code.trimEnd())
    }
    for (const { right, wrong } of wrongAndRight) {
      assert.include(all, wrong.python)
      assert.include(all, right.code.trimEnd())
    }
  })
})
