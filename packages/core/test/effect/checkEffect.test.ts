import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"
import { checkEffect } from "../../src/effect/checkEffect.ts"
import { isSageAuthError } from "../../src/errors/SageAuthError.ts"

const src = fileURLToPath(new URL("../../src", import.meta.url))

/** The subpaths of `effect` that version 3 has, too, of those that anybody here may want. */
const inBoth = [
  "Cause",
  "Clock",
  "Context",
  "Data",
  "Deferred",
  "Duration",
  "Effect",
  "Exit",
  "Fiber",
  "Layer",
  "Metric",
  "Option",
  "Predicate",
  "PubSub",
  "Random",
  "Redacted",
  "Schedule",
  "Scope",
  "Stream",
  "Tracer"
]

/** What the effect entry loads of this package, with every `effect/…` that this imports as a value. */
const loadedBy = (entry: string): ReadonlyMap<string, ReadonlyArray<string>> => {
  const seen = new Map<string, ReadonlyArray<string>>()
  const visit = (file: string): void => {
    if (seen.has(file)) return
    const imported: Array<string> = []
    seen.set(file, imported)
    const text = readFileSync(file, "utf8")
    for (const [, what = "", from = ""] of text.matchAll(
      /^(?:import|export)\b(?! type)([^;"]*?)(?: from)? ?"([^"]+)"$/gms
    )) {
      const names = /\{([^}]*)\}/
        .exec(what)?.[1]
        ?.split(",")
        .filter((name) => name.trim() !== "")
      if (names !== undefined && names.every((name) => name.trim().startsWith("type "))) continue
      if (from.startsWith("effect")) imported.push(from)
      if (from.startsWith(".")) visit(join(file, "..", from))
    }
  }
  visit(join(src, entry))
  return seen
}

describe("the Effect that the effect entry finds", () => {
  it.each(["4.1.0", "4.1.9", "4.2.0-beta.3", "4.12.1"])("may be %s", (version) => {
    assert.doesNotThrow(() => checkEffect({ version, looksRight: true }))
  })

  it.each(["3.19.2", "4.0.6", "4.0.0-rc.110", "5.0.0", "2.4.1", "nonsense"])(
    "is refused where it is %s, with the version that is needed",
    (version) => {
      try {
        checkEffect({ version, looksRight: true })
      } catch (thrown) {
        if (!isSageAuthError(thrown)) throw thrown
        assert.strictEqual(thrown.reason._tag, "Misconfigured")
        assert.include(thrown.message, "effect: expected version 4.1 or a later 4.x")
        assert.include(thrown.message, `found ${version}`)
        assert.include(thrown.message, "npm install effect@^4.1.0")
        return
      }
      assert.fail("it was let through")
    }
  )

  it("is judged by what it has where its version cannot be read", () => {
    checkEffect({ version: undefined, looksRight: true })
    assert.throws(() => checkEffect({ version: undefined, looksRight: false }), /found an older one/)
  })

  it("is named by the version that lies beside, where that is the one that does not do", () => {
    const old = { version: undefined, looksRight: false }
    assert.throws(() => checkEffect({ ...old, beside: "3.22.4" }), /found 3\.22\.4/)
    // a bundle with an old one inside, beside a new one
    assert.throws(() => checkEffect({ ...old, beside: "4.1.0" }), /found an older one/)
  })

  it("is checked before anything else runs, and version 3 has every module that has to be there for this", () => {
    const entries = ["effect/index.ts", "effect/testing.ts"]
    for (const entry of entries) {
      const [first] = readFileSync(join(src, entry), "utf8").matchAll(/^import "([^"]+)"$/gm)
      assert.strictEqual(first?.[1], "./checkEffect.ts", entry)
      const loaded = loadedBy(entry)
      assert.isAbove(loaded.size, 5)
      for (const [file, imported] of loaded) {
        for (const from of imported)
          assert.include(
            inBoth.map((name) => `effect/${name}`),
            from,
            file
          )
      }
    }
    assert.isTrue(loadedBy("effect/index.ts").has(join(src, "grant/Grants.ts")))
    assert.isAbove(readdirSync(src).length, 5)
  })
})
