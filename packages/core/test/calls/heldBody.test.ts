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

const page = (text = '{"a":1}', headers: Record<string, string> = {}): Response =>
  new Response(text, { headers: { "content-length": String(text.length), ...headers } })

describe("a response that is held, read by its own methods", () => {
  it.each(["arrayBuffer", "blob", "bytes", "json", "text"] as const)("gives its permit back at %s", async (method) => {
    const permit = counted()
    const response = page()
    const held = holdUntilRead(response, permit.giveBack)
    assert.strictEqual(held, response)
    assert.isFalse(held.bodyUsed)
    const reading = held[method]()
    assert.strictEqual(permit.times, 0)
    assert.isTrue(held.bodyUsed)
    await reading
    assert.strictEqual(permit.times, 1)
    assert.instanceOf(held, Response)
    assert.strictEqual(held.constructor, Response)
  })

  it("is read once, and a second reader does not give the permit back for the first", async () => {
    const permit = counted()
    let end: ReadableStreamDefaultController | undefined
    const stream = new ReadableStream({
      start(controller) {
        end = controller
      }
    })
    const held = holdUntilRead(new Response(stream, { headers: { "content-length": "1" } }), permit.giveBack)
    const first = held.text()
    const second: unknown = await held.json().catch((thrown: unknown) => thrown)
    assert.instanceOf(second, TypeError)
    assert.strictEqual(permit.times, 0)
    assert.throws(() => held.clone(), TypeError)
    end?.close()
    assert.strictEqual(await first, "")
    assert.strictEqual(permit.times, 1)
  })

  it("gives it back where what was read is no JSON", async () => {
    const permit = counted()
    const error: unknown = await holdUntilRead(page("{"), permit.giveBack)
      .json()
      .catch((thrown: unknown) => thrown)
    assert.instanceOf(error, SyntaxError)
    assert.strictEqual(permit.times, 1)
  })

  it("can be cloned, and is held until both were read", async () => {
    const permit = counted()
    const held = holdUntilRead(page(), permit.giveBack)
    const clone = held.clone()
    assert.deepStrictEqual(await clone.json(), { a: 1 })
    assert.deepStrictEqual(await held.json(), { a: 1 })
    assert.isTrue(held.bodyUsed)
    assert.strictEqual(permit.times, 1)
  })

  it("has one stream, whoever asks for it", async () => {
    const permit = counted()
    const held = holdUntilRead(page(), permit.giveBack)
    assert.strictEqual(held.body, held.body)
    assert.strictEqual(await new Response(held.body, held).text(), '{"a":1}')
    assert.isTrue(held.bodyUsed)
    assert.strictEqual(permit.times, 1)
    const again: unknown = await held.text().catch((thrown: unknown) => thrown)
    assert.instanceOf(again, TypeError)
  })

  it("is another one where the first cannot be changed", async () => {
    const permit = counted()
    const own = Object.assign(page(), { text: async () => "their own" })
    const held = holdUntilRead(own, permit.giveBack)
    assert.strictEqual(await held.text(), '{"a":1}')
    assert.strictEqual(permit.times, 1)
    const twice = counted()
    const again = holdUntilRead(holdUntilRead(page(), permit.giveBack), twice.giveBack)
    assert.strictEqual(await again.text(), '{"a":1}')
    assert.strictEqual(permit.times, 2)
    assert.strictEqual(twice.times, 1)
  })

  it.each([
    ["of no known length", {}],
    ["that is compressed", { "content-encoding": "gzip", "content-length": "20" }],
    ["of a chunk that is compressed", { "content-encoding": "br", "transfer-encoding": "chunked" }]
  ] as const)("gives it back by itself where a body %s has nothing in it", async (_, headers) => {
    const permit = counted()
    const nothing = new ReadableStream({ start: (controller) => controller.close() })
    holdUntilRead(new Response(nothing, { headers }), permit.giveBack)
    await new Promise((resolve) => setImmediate(resolve))
    assert.strictEqual(permit.times, 1)
  })
})

const read = async (text?: string, headers?: Record<string, string>): Promise<Response> =>
  (await readStart(page(text, headers), 100)).response

describe("a body that was read to be judged", () => {
  it.each([undefined, { "content-encoding": "identity" }])("is read again as anything (%j)", async (headers) => {
    assert.strictEqual(await (await read(undefined, headers)).text(), '{"a":1}')
    assert.deepStrictEqual(await (await read(undefined, headers)).json(), { a: 1 })
    assert.strictEqual(new TextDecoder().decode(await (await read(undefined, headers)).arrayBuffer()), '{"a":1}')
    assert.strictEqual(await (await (await read(undefined, headers)).blob()).text(), '{"a":1}')
    assert.strictEqual(await new Response((await read(undefined, headers)).body).text(), '{"a":1}')
    const cloned = await read(undefined, headers)
    assert.strictEqual(await cloned.clone().text(), '{"a":1}')
    assert.strictEqual(await cloned.text(), '{"a":1}')
  })

  it.each(["text", "json", "arrayBuffer"] as const)("is read once more, and not twice: %s", async (method) => {
    const response = await read()
    assert.isFalse(response.bodyUsed)
    await response[method]()
    assert.isTrue(response.bodyUsed)
    for (const again of ["text", "json", "arrayBuffer"] as const) {
      const error: unknown = await response[again]().catch((thrown: unknown) => thrown)
      assert.instanceOf(error, TypeError)
    }
    assert.throws(() => response.clone(), TypeError)
  })

  it("says of what is no JSON what the platform says", async () => {
    const response = await read("{")
    const error: unknown = await response.json().catch((thrown: unknown) => thrown)
    assert.instanceOf(error, SyntaxError)
  })

  it("reads a mark of the byte order as the platform does", async () => {
    const bytes = new TextEncoder().encode("\ufeffa")
    const { response, text } = await readStart(new Response(bytes), 100)
    assert.strictEqual(text, "a")
    assert.strictEqual(await response.text(), "a")
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
