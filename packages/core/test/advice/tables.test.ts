import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { cell, sources, table } from "../../src/advice/Table.ts"
import { contradictions, findTable, tables } from "../../src/advice/Advice.ts"
import { wrongAndRight } from "../../src/advice/tables/practice.ts"
import { questions, tree } from "../../src/advice/tree/advise.ts"
import { recommendations } from "../../src/advice/tree/recommendations.ts"
import { x3Access, x3NotOffered } from "../../src/advice/x3Access.ts"
import { catalogue } from "../../src/errors/catalogue.ts"

describe("the notation of a cell", () => {
  it("has the document's words and who confirms them", () => {
    assert.deepStrictEqual(cell("Session ID (opaque) @responses"), {
      value: "Session ID (opaque)",
      says: "Session ID (opaque)",
      standing: "confirmed",
      source: sources.responses,
      note: undefined
    })
  })

  it("has what to use in their place", () => {
    assert.deepStrictEqual(cell("~1h access ≠ 300 s // of v3.1 @books"), {
      value: "300 s",
      says: "~1h access",
      standing: "contradicted",
      source: sources.books,
      note: "of v3.1"
    })
  })

  it("says where the document stands alone", () => {
    const { source, standing } = cell("Medium (varies) @card", "Cross-System Comparison")
    assert.strictEqual(standing, "card-only")
    assert.strictEqual(source, "the comparison card, Cross-System Comparison")
  })

  it("adds what the document does not have", () => {
    const { says, standing, value } = cell("+ 31 days @books")
    assert.deepStrictEqual([value, says, standing], ["31 days", undefined, "confirmed"])
    // what it says elsewhere stands alone all the same
    assert.strictEqual(cell("+ A licence, renewed every year @card").standing, "card-only")
  })

  it("leaves addresses and user names whole", () => {
    assert.strictEqual(
      cell("https://a.example//b user@company // note @guide").value,
      "https://a.example//b user@company"
    )
  })

  it("refuses a source that there is not, and a row of the wrong length", () => {
    assert.throws(() => cell("x @nowhere" as "x @card"), "no source nowhere")
    assert.throws(() => table("t", { title: "T", columns: ["A", "B"], rows: [["a"]] }), "t: a has 1 cells")
  })
})

const size = (name: string) => {
  const { columns = [], rows = [] } = findTable(name) ?? {}
  return [rows.length, columns.length - 1]
}

describe("the tables", () => {
  it("have a cell for each column, and every name once", () => {
    assert.strictEqual(new Set(tables.map(({ name }) => name)).size, tables.length)
    for (const each of tables) {
      assert.strictEqual(findTable(each.name), each)
      assert.isNotEmpty(each.rows, each.name)
      for (const row of each.rows) assert.strictEqual(row.length, each.columns.length, `${each.name}: ${row[0]?.value}`)
    }
    assert.isUndefined(findTable("toString"))
  })

  it("leave no notation in a cell", () => {
    const named = new RegExp(` @(?:${Object.keys(sources).join("|")})\\b| ≠ |^\\+ `)
    for (const { name, rows } of tables) {
      for (const { note, says, value } of rows.flat()) {
        for (const text of [value, says ?? "", note ?? ""]) assert.notMatch(text, named, name)
        assert.isNotEmpty(value, name)
      }
    }
  })

  it("are as large as they have to be", () => {
    assert.deepStrictEqual(size("quick-reference"), [9, 5])
    assert.deepStrictEqual(size("comparison"), [10, 4])
    assert.isTrue(findTable("rest-flows")?.rows.some(([name]) => name?.value.startsWith("Client Credentials")))
  })

  it("say for each cell that is contradicted both values", () => {
    for (const { cell: each, row, table: name } of contradictions()) {
      assert.isDefined(each.says, `${name}: ${row}`)
      assert.notStrictEqual(each.says, each.value, `${name}: ${row}`)
      assert.notStrictEqual(each.source, sources.card, `${name}: ${row}`)
    }
  })

  it("contradict what is known to be wrong", () => {
    const found = contradictions()
    const has = (name: string, row: string, column: string, use: RegExp) => {
      const each = found.find((one) => one.table === name && one.row === row && one.column === column)
      assert.isDefined(each, `${name}: ${row}, ${column}`)
      assert.match(each.cell.value, use)
    }
    has("quick-reference", "Token Lifetime", "Business Cloud Accounting", /^300 s/)
    has("quick-reference", "Token Type", "Business Cloud Accounting", /RS512/)
    has("configuration", "Secondary credential", "Business Cloud", /X-Business/)
    has("gotchas", "Business Cloud", "Statement", /`Authorization` alone/)
    has("gotchas", "X3", "Statement", /"bearer"/)
    has("failure-points", "Business Cloud", "Statement", /31 days after its issue/)
    has("quick-reference", "Token Lifetime", "Sage X3 (On-Prem)", /identity provider/)
    has("version-history", "Sage X3 Online mandates OAuth2", "Date", /V7 to V11/)
    has("error-codes", "GW-0010 (429)", "Resolution", /^Wait/)
    has("error-codes", "XL03000004", "Meaning", /XL03000006/)
    has("error-codes", "OAUTH2_INVALID_GRANT", "Product", /invalid_grant/)
    has("diagnostics", "Sage X3: Test REST API with OAuth2 bearer token", "Command", /representation=BPCUSTOMER/)
    has("fragments", "X3, nodelocal.js", "Fragment", /"bearer"/)
    has("summary", "Watch out for", "Statement", /can be made of the other's/)
    has("summary", "Key limit", "Statement", /6 REST requests/)
  })

  it("name errors, events and findings that exist", () => {
    const events = readFileSync(new URL("../../src/telemetry/SageEvent.ts", import.meta.url), "utf8")
    const named = tables
      .flatMap(({ rows }) => rows.flat())
      .flatMap(
        ({ value }) => value.match(/(?<=`)(?:client|intacct|business-cloud|x3)(?:-[a-z]+)*\.[a-z-]+(?=`)/g) ?? []
      )
      // what is called by the name of a member is none
      .filter((each) => !each.startsWith("x3."))
    assert.isNotEmpty(named)
    for (const id of named) assert.property(catalogue, id)
    const quoted = tables
      .flatMap(({ rows }) => rows.flat())
      .flatMap(({ value }) => value.match(/(?<=`)[a-z.-]+(?=`)/g) ?? [])
    const announced = quoted.filter((each) => /^[a-z]+(?:-[a-z]+)+$/.test(each) && findTable(each) === undefined)
    assert.isNotEmpty(announced)
    for (const event of announced) assert.include(events, `readonly type: "${event}"`)
    const findings = readFileSync(new URL("../../../../docs/x3.md", import.meta.url), "utf8")
    const found = quoted.filter((each) => each.startsWith("nodelocal."))
    assert.isNotEmpty(found)
    for (const id of found) assert.include(findings, `\`${id.slice("nodelocal.".length)}\``)
    for (const { id, shownBy } of wrongAndRight) {
      assert.isNotEmpty(shownBy, id)
      for (const by of shownBy) {
        if ("error" in by) assert.property(catalogue, by.error, id)
        else assert.include(events, `readonly type: "${by.event}"`, id)
      }
    }
  })

  it("are plain data that nobody can change", () => {
    const parts: ReadonlyArray<unknown> = [
      tables,
      recommendations,
      questions,
      tree,
      wrongAndRight,
      x3Access,
      x3NotOffered
    ]
    const isFrozen = (data: unknown): boolean =>
      typeof data !== "object" || data === null || (Object.isFrozen(data) && Object.values(data).every(isFrozen))
    for (const data of parts) {
      assert.deepStrictEqual(structuredClone(data), data)
      assert.isTrue(isFrozen(data))
    }
  })
})
