import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { generateKey, keyBytes, keyIdOf, parseKeys } from "../../src/grant/keys.ts"
import * as Result from "../../src/config/Result.ts"

const issuesOf = (input: unknown) => {
  const parsed = parseKeys(input)
  return Result.isFailure(parsed) ? parsed.failure : []
}

describe("a key in standard base64", () => {
  it("is the same key as in base64url, with or without its padding", () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, index) => 0xfb ^ (index % 5)))
    const standard = bytes.toString("base64")
    assert.match(standard, /[+/].*=$/)
    for (const text of [standard, standard.slice(0, -1), bytes.toString("base64url")]) {
      const [key] = Result.getOrThrow(parseKeys([text]))
      assert.deepStrictEqual(keyBytes(key), bytes)
    }
  })
})

describe("keys", () => {
  it("are accepted as strings and as redacted ones, the newest first", () => {
    const [newest, older] = [generateKey(), generateKey()]
    const keys = Result.getOrThrow(parseKeys([newest, Redacted.make(older)]))
    assert.deepStrictEqual(keys.map(Redacted.value), [newest, older])
    assert.strictEqual(inspect(keys[0]), "<redacted:key>")
  })

  it("may have the padding that some tools add", () => {
    const key = generateKey()
    assert.deepStrictEqual(Result.getOrThrow(parseKeys([`${key}=`])).map(Redacted.value), [key])
  })

  it("that cannot be used are named, each by its place, and never quoted", () => {
    const good = generateKey()
    const short = Buffer.alloc(16, "s3cret").toString("base64url")
    const issues = issuesOf([
      good,
      short,
      "not a key",
      7,
      undefined,
      good,
      "A".repeat(43),
      Buffer.alloc(32, 1).toString("hex")
    ])
    assert.deepStrictEqual(
      issues.map(({ option }) => option),
      ["keys[1]", "keys[2]", "keys[3]", "keys[4]", "keys[5]", "keys[6]", "keys[7]"]
    )
    assert.include(issues[0]?.expected, "32 random bytes in base64url")
    assert.include(issues[4]?.expected, "another key than keys[0]")
    for (const value of [good, short, "not a key"]) assert.notInclude(JSON.stringify(issues), value)
  })

  it("have to be an array with at least one", () => {
    for (const input of [undefined, generateKey(), {}, []]) {
      assert.deepStrictEqual(
        issuesOf(input).map(({ option }) => option),
        ["keys"]
      )
    }
  })

  it("that were wiped are named like any other that cannot be read", () => {
    const key = Redacted.make(generateKey())
    Redacted.wipeUnsafe(key)
    assert.deepStrictEqual(
      issuesOf([key]).map(({ option }) => option),
      ["keys[0]"]
    )
  })

  it("have ids that are the same every time, differ, and are no part of the key", () => {
    const keys = Array.from({ length: 50 }, () => Redacted.make(generateKey()))
    const ids = keys.map(keyIdOf)
    assert.deepStrictEqual(keys.map(keyIdOf), ids)
    assert.strictEqual(new Set(ids).size, 50)
    for (const [index, id] of ids.entries()) {
      assert.match(id, /^[\w-]{22}$/)
      const key = keys[index]
      assert.isTrue(key !== undefined && !Redacted.value(key).includes(id.slice(0, 6)))
    }
  })
})
