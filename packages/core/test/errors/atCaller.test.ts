import { assert, describe, it } from "vitest"
import { atCaller } from "../../src/application/promise.ts"
import { failure, ofAuthorization, type SageAuthError, withResults } from "../../src/errors/SageAuthError.ts"

const boundary = async (thrown: unknown): Promise<never> => {
  await Promise.resolve()
  throw atCaller(thrown, boundary)
}

const one = async (error: unknown) => {
  await boundary(error)
}

const two = async (error: unknown) => {
  await boundary(error)
}

const caught = async (promise: Promise<unknown>): Promise<SageAuthError> =>
  promise.then(
    () => assert.fail("it did not reject"),
    (error: unknown) => error as SageAuthError
  )

describe("an error at its caller", () => {
  it("is the same one for the first caller, and one of its own with all that it carries for others", async () => {
    const response = new Response()
    const results = [{} as never]
    const authorization = { connection: "books", returnTo: "/", ended: true }
    const error = ofAuthorization(
      withResults(failure("intacct-xml.function-failed", { index: 1, controlId: "a", response }), results),
      authorization
    )
    assert.strictEqual(await caught(one(error)), error)
    assert.match(error.stack ?? "", /at (?:async )?one /)
    assert.strictEqual(await caught(one(error)), error)
    const other = await caught(two(error))
    assert.notStrictEqual(other, error)
    assert.match(other.stack ?? "", /at (?:async )?two /)
    assert.notMatch(other.stack ?? "", /at (?:async )?one /)
    assert.notMatch(error.stack ?? "", /at (?:async )?two /)
    assert.deepStrictEqual(Object.keys(other), Object.keys(error))
    for (const name of [
      "message",
      "reason",
      "id",
      "index",
      "controlId",
      "response",
      "results",
      "authorization"
    ] as const) {
      assert.strictEqual(other[name], error[name], name)
    }
  })

  it("leaves what is not of this library alone", async () => {
    const error = new Error("theirs")
    const { stack } = error
    assert.strictEqual(await caught(one(error)), error as never)
    assert.strictEqual(error.stack, stack)
    assert.strictEqual(await caught(one(undefined)), undefined as never)
  })
})
