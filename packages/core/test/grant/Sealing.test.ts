import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Redacted, Schema } from "effect"
import type { GrantKey } from "../../src/grant/GrantStore.ts"
import { generateKey, keyIdOf } from "../../src/grant/keys.ts"
import * as Sealing from "../../src/grant/Sealing.ts"
import { aKey } from "./openStore.ts"

const newKey = () => Redacted.make(generateKey())
const [first, second, third] = [newKey(), newKey(), newKey()]

const surface = Schema.Literals(["intacct-rest", "business-cloud", "x3-gateway"])
const name = Arbitrary.schema(Schema.NonEmptyString)
const grantKey = Arbitrary.schema(
  Schema.Struct({ surface, connection: Schema.NonEmptyString, tenant: Schema.NonEmptyString })
)
const version = Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 })))
const plainText = Arbitrary.schema(Schema.String)

const sameKey = (a: GrantKey, b: GrantKey) =>
  a.surface === b.surface && a.connection === b.connection && a.tenant === b.tenant

/** the text as UTF-8 has it: an encoder has no form for half of a surrogate pair */
const wellFormed = (text: string) => new TextDecoder().decode(new TextEncoder().encode(text))

describe("sealing", () => {
  it.effect.prop(
    "opens what it has sealed for the same grant and version",
    [grantKey, version, plainText],
    ([key, version, plain]) =>
      Effect.gen(function* () {
        const sealing = yield* Sealing.make([first])
        const { keyId, sealed } = yield* sealing.seal(key, version, plain)
        assert.strictEqual(keyId, sealing.keyId)
        assert.strictEqual(yield* sealing.open(key, version, sealed), wellFormed(plain))
      })
  )

  it.effect.prop(
    "does not open for any other grant or version",
    [grantKey, version, grantKey, version],
    ([key, version, otherKey, otherVersion]) =>
      Effect.gen(function* () {
        const sealing = yield* Sealing.make([first])
        const { sealed } = yield* sealing.seal(key, version, "secret")
        const mixed = [
          [{ ...key, surface: otherKey.surface }, version],
          [{ ...key, connection: otherKey.connection }, version],
          [{ ...key, tenant: otherKey.tenant }, version],
          [key, otherVersion],
          [{ ...key, tenant: `${key.tenant} ` }, version],
          [{ ...key, connection: key.tenant, tenant: key.connection }, version],
          [key, version + 1]
        ] as const
        for (const [asked, askedVersion] of mixed) {
          if (sameKey(asked, key) && askedVersion === version) continue
          const error = yield* Effect.flip(sealing.open(asked, askedVersion, sealed))
          assert.strictEqual(error.reason._tag, "StoreUnavailable")
          assert.include(error.message, "does not open")
        }
      })
  )

  it.effect.prop(
    "does not open for another purpose, for other bound texts, or as a grant",
    [name, name, name],
    ([purpose, bound, other]) =>
      Effect.gen(function* () {
        const sealing = yield* Sealing.make([first])
        const sealed = yield* sealing.sealFor(purpose, [bound, "x"], "secret")
        assert.strictEqual(yield* sealing.openFor(purpose, [bound, "x"], sealed), "secret")
        const wrong = [
          sealing.openFor(`${purpose}!`, [bound, "x"], sealed),
          sealing.openFor(purpose, [bound], sealed),
          sealing.openFor(purpose, [bound, "x", other], sealed),
          sealing.openFor(purpose, ["x", bound, ""], sealed),
          sealing.open({ surface: "business-cloud", connection: purpose, tenant: bound }, 1, sealed)
        ]
        for (const opened of wrong) assert.strictEqual((yield* Effect.flip(opened)).reason._tag, "StoreUnavailable")
      })
  )

  it.effect("does not open with a single character changed, and never says what is inside", () =>
    Effect.gen(function* () {
      const sealing = yield* Sealing.make([first])
      const { sealed } = yield* sealing.seal(aKey(), 1, "hunter2")
      for (let index = 0; index < sealed.length; index++) {
        const at = sealed[index] ?? ""
        const changed = `${sealed.slice(0, index)}${at === "A" ? "z" : "A"}${sealed.slice(index + 1)}`
        // the last character of each part has bits that no byte uses: the text may be another and mean the same
        const opened = yield* Effect.result(sealing.open(aKey(), 1, changed))
        if (opened._tag === "Success") {
          assert.strictEqual(opened.success, "hunter2")
          assert.isTrue(sealed[index + 1] === "." || index === sealed.length - 1, `character ${index}`)
        } else {
          assert.notInclude(JSON.stringify(opened.failure) + inspect(opened.failure), "hunter2")
        }
      }
    })
  )

  it.effect("does not open what is no sealed text at all", () =>
    Effect.gen(function* () {
      const sealing = yield* Sealing.make([first])
      const { sealed } = yield* sealing.seal(aKey(), 1, "plain")
      const none = btoa('{"alg":"none"}')
      for (const text of ["", ".", "...", "a.b.c.d", `${sealed}.e`, "plain", `${none}.a.b.c`, sealed.slice(0, -4)]) {
        assert.include((yield* Effect.flip(sealing.open(aKey(), 1, text))).message, "does not open")
      }
    })
  )

  it.effect("seals with the newest key and opens with every key", () =>
    Effect.gen(function* () {
      const old = yield* Sealing.make([first])
      const { sealed } = yield* old.seal(aKey(), 1, "plain")
      const rotated = yield* Sealing.make([second, first])
      assert.strictEqual(yield* rotated.open(aKey(), 1, sealed), "plain")
      const fresh = yield* rotated.seal(aKey(), 2, "plain")
      assert.strictEqual(fresh.keyId, keyIdOf(second))
      assert.notStrictEqual(fresh.keyId, old.keyId)
      const later = yield* Sealing.make([second])
      assert.strictEqual(yield* later.open(aKey(), 2, fresh.sealed), "plain")
    })
  )

  it.effect("names the key that is missing, by its id and not by its value", () =>
    Effect.gen(function* () {
      const { sealed } = yield* (yield* Sealing.make([first])).seal(aKey(), 1, "plain")
      const error = yield* Effect.flip((yield* Sealing.make([second, third])).open(aKey(), 1, sealed))
      assert.include(error.message, keyIdOf(first))
      assert.include(error.remedy, "keys")
      assert.deepStrictEqual([error.connection, error.tenant], ["books", "acme"])
      assert.isFalse(error.retryable)
      assert.notInclude(JSON.stringify(error), Redacted.value(first))
    })
  )

  it.effect("never gives the same text twice", () =>
    Effect.gen(function* () {
      const sealing = yield* Sealing.make([first])
      const texts = yield* Effect.forEach(Array.from({ length: 100 }), () => sealing.seal(aKey(), 1, "plain"))
      assert.strictEqual(new Set(texts.map(({ sealed }) => sealed)).size, 100)
    })
  )

  it.effect("shows no key, however it is printed", () =>
    Effect.gen(function* () {
      const keys = [first, second] as const
      const sealing = yield* Sealing.make([...keys])
      const { sealed } = yield* sealing.seal(aKey(), 1, "hunter2")
      const shown = [
        JSON.stringify(sealing),
        inspect(sealing, { depth: null, showHidden: true }),
        sealed,
        inspect(keys)
      ]
      for (const key of keys) {
        const bytes = Buffer.from(Redacted.value(key), "base64url")
        for (const text of shown) {
          for (const form of [Redacted.value(key), bytes.toString("hex"), bytes.toString("base64"), "hunter2"]) {
            assert.notInclude(text, form)
          }
        }
      }
    })
  )
})

describe("sealing for the memory of this process", () => {
  it.effect.prop(
    "opens a text for the same grant and version, and for no other",
    [grantKey, version, plainText, grantKey],
    ([key, version, plain, otherKey]) =>
      Effect.gen(function* () {
        const sealing = Sealing.inMemory([first])
        const { keyId, sealed } = yield* sealing.seal(key, version, plain)
        assert.strictEqual(keyId, keyIdOf(first))
        assert.strictEqual(yield* sealing.open(key, version, sealed), plain)
        const others = [
          [key, version + 1],
          [{ ...key, tenant: `${key.tenant} ` }, version],
          [otherKey, version]
        ] as const
        for (const [asked, askedVersion] of others) {
          if (sameKey(asked, key) && askedVersion === version) continue
          const error = yield* Effect.flip(sealing.open(asked, askedVersion, sealed))
          assert.include(error.message, "does not open")
          assert.strictEqual(error.reason._tag, "StoreUnavailable")
        }
      })
  )

  it.effect("seals what leaves the process", () =>
    Effect.gen(function* () {
      const sealing = Sealing.inMemory([first])
      const cookie = yield* sealing.sealFor("transaction", ["state"], "verifier")
      assert.notInclude(cookie, "verifier")
      assert.strictEqual(yield* sealing.openFor("transaction", ["state"], cookie), "verifier")
      const real = yield* Sealing.make([first])
      assert.strictEqual(yield* real.openFor("transaction", ["state"], cookie), "verifier")
      const error = yield* Effect.flip(sealing.openFor("transaction", ["other"], cookie))
      assert.include(error.message, "does not open")
    })
  )
})
