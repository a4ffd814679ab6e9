import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { inspect } from "node:util"
import { CredentialRejections } from "../../src/credential/CredentialRejections.ts"
import type { CredentialRejected } from "../../src/errors/Reason.ts"
import { failure } from "../../src/errors/SageAuthError.ts"

const minute = 60_000
const hour = 60 * minute
const rejected = () => failure<CredentialRejected>("client.credential-blocked")

const opened = () => {
  const clock = { now: 1_800_000_000_000 }
  return { clock, rejections: new CredentialRejections(() => clock.now, 100) }
}

describe("CredentialRejections", () => {
  it("blocks a rejected credential for 15 minutes, with the error that it was rejected with", () => {
    const { clock, rejections } = opened()
    const error = rejected()
    assert.isUndefined(rejections.blocked("print"))
    rejections.add("print", error)
    clock.now += 15 * minute - 1
    assert.strictEqual(rejections.blocked("print"), error)
    clock.now += 1
    assert.isUndefined(rejections.blocked("print"))
  })

  it("blocks nothing else: a changed password is sent at once", () => {
    const { rejections } = opened()
    const old = rejections.fingerprint(["acme", "xml_gateway", "old"])
    rejections.add(old, rejected())
    assert.isDefined(rejections.blocked(rejections.fingerprint(["acme", "xml_gateway", "old"])))
    assert.isUndefined(rejections.blocked(rejections.fingerprint(["acme", "xml_gateway", "new"])))
  })

  it("lets a credential be sent again when somebody asks, and says whether it had been rejected", () => {
    const { rejections } = opened()
    rejections.add("print", rejected())
    assert.isTrue(rejections.forget("print"))
    assert.isUndefined(rejections.blocked("print"))
    assert.isFalse(rejections.forget("print"))
  })

  it("announces an incident once, however often the credential is rejected while it lasts", () => {
    const { clock, rejections } = opened()
    assert.isTrue(rejections.add("print", rejected()))
    for (let tries = 0; tries < 10; tries++) {
      clock.now += 20 * minute
      assert.isFalse(rejections.add("print", rejected()))
      assert.isDefined(rejections.blocked("print"))
    }
    // another credential is another incident, and so is the same one after it had been accepted
    assert.isTrue(rejections.add("other", rejected()))
    rejections.forget("print")
    assert.isTrue(rejections.add("print", rejected()))
  })

  it("forgets an incident a day after its last rejection", () => {
    const { clock, rejections } = opened()
    rejections.add("print", rejected())
    clock.now += 15 * minute + 24 * hour - 1
    assert.isFalse(rejections.add("print", rejected()))
    clock.now += 15 * minute + 24 * hour
    assert.isTrue(rejections.add("print", rejected()))
  })

  it.prop(
    "takes each list of secrets for itself and for no other",
    [Schema.Array(Schema.String), Schema.Array(Schema.String)],
    ([left, right]) => {
      const { rejections } = opened()
      const same = left.length === right.length && left.every((part, index) => part === right[index])
      assert.strictEqual(rejections.fingerprint(left) === rejections.fingerprint(right), same)
      assert.strictEqual(rejections.fingerprint(left), rejections.fingerprint([...left]))
      // the same text cut at another place is another list
      const joined = left.join("")
      for (let cut = 0; cut <= joined.length; cut++) {
        const parts = [joined.slice(0, cut), joined.slice(cut)]
        const equal = left.length === 2 && left[0] === parts[0]
        assert.strictEqual(rejections.fingerprint(left) === rejections.fingerprint(parts), equal)
      }
    }
  )

  it.each([
    [
      ["a", "bc"],
      ["ab", "c"]
    ],
    [["1:a"], ["", "a"]],
    [["a1:b"], ["a", "b"]],
    // the same digits in a row if nothing stood between a length and its text
    [["11234567890"], ["1", "1", "34", "67890"]],
    [["a", ""], ["a"]],
    [[], [""]],
    [["é"], ["e\u0301"]],
    [["\ud800"], ["\ud801"]]
  ])("tells %j from %j", (left, right) => {
    const { rejections } = opened()
    assert.notStrictEqual(rejections.fingerprint(left), rejections.fingerprint(right))
  })

  it("keeps nothing of the secret, and its fingerprints mean nothing elsewhere", () => {
    const { rejections } = opened()
    const secret = "hunter2-canary"
    const print = rejections.fingerprint(["acme", secret])
    rejections.add(print, rejected())
    assert.notInclude(print, secret)
    assert.notInclude(inspect(rejections, { depth: 10, showHidden: true }) + JSON.stringify(rejections), secret)
    assert.notStrictEqual(print, opened().rejections.fingerprint(["acme", secret]))
  })

  it("remembers as many as the capacity says, and announces one of them once", () => {
    const { clock, rejections } = opened()
    const names = Array.from({ length: 20_000 }, (_, index) => `print ${index}`)
    const error = rejected()
    for (const name of names) {
      assert.isTrue(rejections.add(name, error))
      clock.now += hour
    }
    // those of the last day, of which there are 24
    assert.isAtMost(rejections.size, 100)
    assert.isFalse(rejections.add(names.at(-1) as string, rejected()))
  })

  it("lets none go that is held back, however many there are: each would be one more bad sign-in", () => {
    const { clock, rejections } = opened()
    const names = Array.from({ length: 1_000 }, (_, index) => `print ${index}`)
    const error = rejected()
    for (const name of names) rejections.add(name, error)
    assert.strictEqual(names.filter((name) => rejections.blocked(name) !== undefined).length, 1_000)
    clock.now += 15 * minute
    rejections.add("another", rejected())
    assert.strictEqual(rejections.size, 100)
    assert.isDefined(rejections.blocked("another"))
  })
})
