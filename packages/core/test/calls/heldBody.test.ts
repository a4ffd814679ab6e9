import { assert, describe, it } from "vitest"
import { holdUntilRead, readStart } from "../../src/calls/heldBody.ts"

const counted = () => {
  let times = 0
  return {
    giveBack: () => {
      times++
    },
    get times() {
      return times
    }
  }
}

const chunks = (
  ...texts: ReadonlyArray<string>
): Response & { readonly pulled: () => number; readonly dropped: () => boolean } => {
  let at = 0
  let dropped = false
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const text = texts[at++]
        if (text === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(text))
      },
      cancel() {
        dropped = true
      }
    },
    { highWaterMark: 0 }
  )
  const response = new Response(stream, { status: 418, statusText: "Teapot", headers: { "x-own": "kept" } })
  Object.defineProperty(response, "url", { value: "https://api.example/x" })
  return Object.assign(response, { pulled: () => at, dropped: () => dropped })
}

const alike = (response: Response): void => {
  assert.strictEqual(response.status, 418)
  assert.strictEqual(response.statusText, "Teapot")
  assert.strictEqual(response.headers.get("x-own"), "kept")
  assert.strictEqual(response.url, "https://api.example/x")
}

describe("a response that is held", () => {
  it("gives its permit back when its body was read, and not before", async () => {
    const permit = counted()
    const response = holdUntilRead(chunks("a", "b"), permit.giveBack)
    alike(response)
    const reader = response.body!.getReader()
    await reader.read()
    assert.strictEqual(permit.times, 0)
    await reader.read()
    assert.isTrue((await reader.read()).done)
    assert.strictEqual(permit.times, 1)
  })

  it("reads nothing ahead of its caller", async () => {
    const inner = chunks("a", "b")
    const response = holdUntilRead(inner, () => {})
    assert.strictEqual(inner.pulled(), 0)
    assert.strictEqual(await response.text(), "ab")
  })

  it("gives it back when its body was dropped, which ends it at the server too", async () => {
    const permit = counted()
    const inner = chunks("a", "b")
    await holdUntilRead(inner, permit.giveBack).body!.cancel()
    assert.strictEqual(permit.times, 1)
    assert.isTrue(inner.dropped())
  })

  it("gives it back when its body breaks off, and says so to its reader", async () => {
    const permit = counted()
    const broken = new Response(
      new ReadableStream({
        pull() {
          throw new Error("reset")
        }
      })
    )
    const error: unknown = await holdUntilRead(broken, permit.giveBack)
      .text()
      .catch((thrown: unknown) => thrown)
    assert.include(String(error), "reset")
    assert.isAtLeast(permit.times, 1)
  })

  it("gives it back at once where there is no body", () => {
    const permit = counted()
    const response = new Response(null, { status: 204 })
    assert.strictEqual(holdUntilRead(response, permit.giveBack), response)
    assert.strictEqual(permit.times, 1)
  })
})

describe("the beginning of a body", () => {
  it("is all of it where it is short, and the caller gets it again", async () => {
    const { response, text, whole } = await readStart(chunks("{", '"a":"é"}'), 100)
    assert.strictEqual(text, '{"a":"é"}')
    assert.isTrue(whole)
    alike(response)
    assert.deepStrictEqual(await response.json(), { a: "é" })
  })

  it("is what fits, and the rest is still to be read", async () => {
    const inner = chunks("aaaa", "bbbb", "cccc")
    const { response, text, whole } = await readStart(inner, 5)
    assert.strictEqual(text, "aaaabbbb")
    assert.isFalse(whole)
    assert.strictEqual(inner.pulled(), 2)
    assert.strictEqual(await response.text(), "aaaabbbbcccc")
  })

  it("is nothing where there is no body", async () => {
    const { text, whole } = await readStart(new Response(null, { status: 204 }), 5)
    assert.deepStrictEqual({ text, whole }, { text: "", whole: true })
  })

  it("lets the rest be dropped", async () => {
    const inner = chunks("aaaa", "bbbb", "cccc")
    const { response } = await readStart(inner, 1)
    await response.body!.cancel()
    assert.isTrue(inner.dropped())
  })

  it("leaves bytes that are no text as they are", async () => {
    const bytes = new Uint8Array([0xff, 0xfe, 0, 0xc3, 0x28])
    const { response } = await readStart(new Response(bytes), 100)
    assert.deepStrictEqual(new Uint8Array(await response.arrayBuffer()), bytes)
  })

  it("fails where the body breaks off", async () => {
    const broken = new Response(
      new ReadableStream({
        pull() {
          throw new Error("reset")
        }
      })
    )
    assert.include(String(await readStart(broken, 5).catch((thrown: unknown) => thrown)), "reset")
  })
})
