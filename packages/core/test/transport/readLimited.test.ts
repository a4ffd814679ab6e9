import { gzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TransportFailure } from "../../src/transport/TransportFailure.ts"
import { readLimited } from "../../src/transport/Transport.ts"
import { gate, serve, serveRaw } from "./servers.ts"

const megabyte = 1024 * 1024

/** A response whose body comes in these pieces, and what became of it. */
const chunked = (chunks: ReadonlyArray<Uint8Array>, headers: Record<string, string> = {}) => {
  const body = { sent: 0, cancelled: false }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const chunk = chunks[body.sent++]
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: () => {
        body.cancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  return { response: new Response(stream, { headers }), body }
}

const bytes = (text: string) => new TextEncoder().encode(text)

/** The failure that reading rejects with. */
const refused = async (response: Response, limit: number): Promise<TransportFailure> => {
  try {
    await readLimited(response, limit)
  } catch (thrown) {
    assert.instanceOf(thrown, TransportFailure)
    return thrown
  }
  throw new Error("it was read")
}

describe("readLimited", () => {
  it("reads a body up to the limit, to the byte, whether it says its length or not", async () => {
    assert.strictEqual(await readLimited(chunked([bytes("12345")]).response, 5), "12345")
    assert.strictEqual((await refused(chunked([bytes("12345")]).response, 4)).problem, "too-large")
    const saying = () => chunked([bytes("12345")], { "content-length": "5" }).response
    assert.strictEqual(await readLimited(saying(), 5), "12345")
    assert.strictEqual((await refused(saying(), 4)).problem, "too-large")
  })

  it("counts bytes, not characters", async () => {
    const body = bytes("ééé")
    assert.strictEqual(body.length, 6)
    assert.strictEqual((await refused(chunked([body]).response, 5)).problem, "too-large")
    assert.strictEqual(await readLimited(chunked([body]).response, 6), "ééé")
  })

  it("says that the request may have been carried out", async () => {
    const failure = await refused(chunked([bytes("12345")]).response, 1)
    assert.deepInclude(failure, { problem: "too-large", processed: "unknown", code: undefined })
  })

  it("reads no more than one piece past the limit and lets the rest go", async () => {
    const { response, body } = chunked(Array.from({ length: 1000 }, () => bytes("x".repeat(100))))
    await refused(response, 250)
    assert.strictEqual(body.sent, 3)
    assert.isTrue(body.cancelled)
  })

  it("reads nothing of a body that says it is too large", async () => {
    const { response, body } = chunked([bytes("x".repeat(100))], { "content-length": "100" })
    await refused(response, 99)
    assert.strictEqual(body.sent, 0)
    assert.isTrue(body.cancelled)
  })

  it("reads an empty body, and one that is not there, as an empty text", async () => {
    assert.strictEqual(await readLimited(chunked([]).response, 0), "")
    assert.strictEqual(await readLimited(new Response(null), 0), "")
    assert.strictEqual(await readLimited(new Response(null, { status: 204 }), 10), "")
    assert.strictEqual(await readLimited(new Response("", { headers: { "content-length": "0" } }), 0), "")
  })

  const pieceSize = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))
  it.effect.prop(
    "puts characters together again wherever the network cuts them",
    [Schema.String, pieceSize],
    ([text, size]) =>
      Effect.gen(function* () {
        const whole = bytes(`é😀${text}𝒳`)
        const pieces: Array<Uint8Array> = []
        for (let start = 0; start < whole.length; start += size) pieces.push(whole.subarray(start, start + size))
        const read = yield* Effect.promise(() => readLimited(chunked(pieces).response, whole.length))
        assert.strictEqual(read, new TextDecoder().decode(whole))
      })
  )

  it("reads broken UTF-8 as replacement characters, at the end too", async () => {
    assert.strictEqual(await readLimited(chunked([Uint8Array.of(0x61, 0xc3)]).response, 10), "a\ufffd")
    assert.strictEqual(await readLimited(chunked([Uint8Array.of(0xff, 0x61)]).response, 10), "\ufffda")
  })

  it.effect("is not fooled by a small body that unpacks into a large one", () =>
    Effect.gen(function* () {
      const packed = gzipSync(Buffer.alloc(200 * megabyte, "a"))
      assert.isBelow(packed.length, megabyte)
      const url = yield* serve((_, response) => {
        response.writeHead(200, { "content-encoding": "gzip", "content-length": packed.length }).end(packed)
      })
      const response = yield* Effect.promise(() => fetch(url))
      assert.strictEqual(response.headers.get("content-length"), String(packed.length))
      const before = process.memoryUsage().arrayBuffers
      assert.strictEqual((yield* Effect.promise(() => refused(response, megabyte))).problem, "too-large")
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 50 * megabyte)
    })
  )

  it.effect("reads a compressed body that is larger than it says and within the limit", () =>
    Effect.gen(function* () {
      const url = yield* serve((_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("a".repeat(5000)))
      })
      const text = yield* Effect.promise(async () => readLimited(await fetch(url), 5000))
      assert.strictEqual(text, "a".repeat(5000))
    })
  )

  it.effect("takes no more than the length that was announced, whatever follows", () =>
    Effect.gen(function* () {
      const url = yield* serveRaw((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\n12345${"6".repeat(10_000)}`)
      })
      const text = yield* Effect.promise(async () => readLimited(await fetch(url), 100))
      assert.strictEqual(text, "12345")
    })
  )

  it.effect("stops a body without a length once it is over the limit, and hangs up", () =>
    Effect.gen(function* () {
      const hungUp = gate()
      const url = yield* serve((request, response) => {
        request.socket.on("close", () => hungUp.resolve())
        const more = () => {
          while (response.write("x".repeat(1000)));
        }
        response.on("drain", more)
        more()
      })
      const failure = yield* Effect.promise(async () => refused(await fetch(url), 10_000))
      assert.strictEqual(failure.problem, "too-large")
      yield* Effect.promise(() => hungUp.promise)
    })
  )
})
