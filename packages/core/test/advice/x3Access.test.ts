import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { x3Access, type X3AccessCell, x3NotOffered } from "../../src/advice/x3Access.ts"
import { catalogue } from "../../src/errors/catalogue.ts"
import { lintNodelocal } from "../../src/x3/nodelocal/lintNodelocal.ts"
import { regenerate, withX3Access } from "./x3AccessDocs.ts"

const cell = (
  surface: X3AccessCell["surface"],
  deployment: X3AccessCell["deployment"],
  credential: X3AccessCell["credential"]
): X3AccessCell => {
  const found = x3Access.find(
    (one) => one.surface === surface && one.deployment === deployment && one.credential === credential
  )
  assert.isDefined(found)
  return found
}

describe("the ways of calling X3", () => {
  it("has each combination once, or says that it is not offered", () => {
    const keys = x3Access.map(({ credential, deployment, surface }) => `${surface} ${deployment} ${credential}`)
    assert.strictEqual(new Set(keys).size, keys.length)
    const places = new Set([
      ...x3Access.map(({ deployment, surface }) => `${surface} ${deployment}`),
      ...x3NotOffered.map(({ deployment, surface }) => `${surface} ${deployment}`)
    ])
    assert.strictEqual(places.size, 4 * 3)
    for (const credential of new Set(x3Access.map((one) => one.credential))) {
      assert.strictEqual(x3Access.filter((one) => one.credential === credential).length, 7, credential)
    }
  })

  it("names an error for whatever is refused, or may be", () => {
    for (const { confidence, needs, note, outcome, refusal, source, without } of x3Access) {
      assert.strictEqual(refusal === undefined, outcome === "works", note)
      assert.strictEqual(without === undefined, needs.length === 0, note)
      assert.isNotEmpty(note)
      assert.isNotEmpty(source)
      assert.include(["official", "community", "inferred"], confidence)
      for (const id of [refusal, without]) if (id !== undefined) assert.property(catalogue, id)
    }
  })

  it("lets nothing but tokens into X3 Online", () => {
    for (const surface of ["rest", "soap"] as const) {
      for (const credential of ["basic", "certificate"] as const) {
        const { explained, outcome } = cell(surface, "online", credential)
        assert.strictEqual(outcome, "refused-before-sending")
        assert.strictEqual(explained, "x3-web-services.online-needs-oauth2")
      }
      assert.strictEqual(cell(surface, "online", "oauth2").outcome, "works")
      assert.strictEqual(cell(surface, "online", "bearer").outcome, "works")
    }
  })

  it("calls unproven what no page of Sage's shows", () => {
    const unproven = x3Access.filter(({ outcome }) => outcome === "unproven")
    assert.deepStrictEqual(new Set(unproven.map(({ credential }) => credential)), new Set(["client-credentials"]))
  })

  it("calls inferred what stands on no page and only follows from one", () => {
    for (const [surface, deployment, credential] of [
      ["rest", "on-premise", "connected-app"],
      ["soap", "online", "connected-app"],
      ["graphql", "on-premise", "certificate"],
      ["graphql", "on-premise", "bearer"],
      ["graphql", "online", "basic"],
      ["graphql", "online", "connected-app"]
    ] as const) {
      assert.strictEqual(cell(surface, deployment, credential).confidence, "inferred", `${surface} ${credential}`)
    }
    assert.strictEqual(cell("rest", "online", "basic").confidence, "official")
    assert.strictEqual(cell("graphql", "on-premise", "connected-app").confidence, "official")
  })

  it("needs of nodelocal.js what its reader calls enabled", () => {
    for (const { credential, needs, surface } of x3Access) {
      if (needs.length === 0 || surface === "graphql") continue
      const { waysIn } = lintNodelocal(`exports.config = { session: { auth: ${JSON.stringify(needs)} } }`)
      const way = credential === "basic" || credential === "certificate" ? credential : "bearer"
      assert.strictEqual(waysIn[way].answer, "enabled", credential)
      const { waysIn: without } = lintNodelocal('exports.config = { session: { auth: ["saml2"] } }')
      assert.strictEqual(without[way].answer, "disabled", credential)
    }
  })
})

describe("docs/x3.md", () => {
  it("has the table that the data makes", () => {
    const page = readFileSync(new URL("../../../../docs/x3.md", import.meta.url), "utf8")
    assert.isTrue(
      page === withX3Access(page),
      `The table of docs/x3.md differs from the data. Regenerate it:\n${regenerate}`
    )
  })
})
