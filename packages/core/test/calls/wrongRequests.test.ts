import { Effect } from "effect"
import { afterEach, assert, describe, it } from "vitest"
import * as SageAuth from "../../src/SageAuth.ts"
import { createSageAuth, intacctRest, isSageAuthError, type Sage, x3 } from "../../src/index.ts"

const opened: Array<Sage<never>> = []
afterEach(async () => {
  for (const sage of opened.splice(0)) await sage.close()
})

const connections = {
  erp: x3.onPremise({ baseUrl: "https://x3.acme.example:8124", auth: x3.basic({ user: "u", password: "p" }) }),
  vendors: intacctRest.clientCredentials({ clientId: "c", clientSecret: "s", username: "u@acme" })
}

/** answers tokens and everything else, and counts the calls */
const server = () => {
  const calls: Array<string> = []
  const fetch = ((input: string | URL | Request) => {
    const url = String(input instanceof Request ? input.url : input)
    if (url.endsWith("/token")) {
      return Promise.resolve(Response.json({ access_token: "t", token_type: "Bearer", expires_in: 3600 }))
    }
    calls.push(url)
    return Promise.resolve(Response.json({}))
  }) as typeof globalThis.fetch
  return { calls, fetch }
}

const locked = (): ReadableStream => {
  const stream = new Blob(["x"]).stream()
  stream.getReader()
  return stream
}

const read = async (): Promise<ReadableStream> => {
  const stream = new Blob(["x"]).stream()
  const reader = stream.getReader()
  await reader.read()
  reader.releaseLock()
  return stream
}

const wrong: ReadonlyArray<readonly [string, () => unknown, (() => unknown)?]> = [
  ["a path that is undefined", () => undefined],
  ["a path that is null", () => null],
  ["a path that is a number", () => 7],
  ["a path that is a URL", () => new URL("https://x3.acme.example:8124/api1")],
  ["a path that is an object", () => ({})],
  ["a GET with a body", () => "a", () => ({ body: "x" })],
  ["a get with a body", () => "a", () => ({ method: "get", body: "" })],
  ["a HEAD with a body", () => "a", () => ({ method: "HEAD", body: new Uint8Array(1) })],
  ["a method that is no token", () => "a", () => ({ method: "GE T" })],
  ["a method with a line break", () => "a", () => ({ method: "GET\r\nx: y" })],
  ["an empty method", () => "a", () => ({ method: "" })],
  ["a method that is no text", () => "a", () => ({ method: 5 })],
  ["CONNECT", () => "a", () => ({ method: "CONNECT" })],
  ["trace", () => "a", () => ({ method: "trace" })],
  ["a stream that is locked", () => "a", () => ({ method: "POST", body: locked() })],
  ["a stream that was read", () => "a", async () => ({ method: "POST", body: await read() })],
  ["a body that is a symbol", () => "a", () => ({ method: "POST", body: Symbol("x") })],
  ["a mode that is none", () => "a", () => ({ mode: "navigate" })],
  ["credentials that are none", () => "a", () => ({ credentials: "foo" })],
  ["a cache that is none", () => "a", () => ({ cache: "foo" })],
  ["a referrer that is no address", () => "a", () => ({ referrer: "http://[" })],
  ["a window", () => "a", () => ({ window: 5 })]
]

describe("a disconnect whose options are wrong", () => {
  const wrongly = [{ revoke: "false" }, { revoke: 0 }, { revoke: null }, { revok: false }, "no", null, [], false]
  it.each(wrongly)("revokes nothing, and forgets nothing: %j", async (options) => {
    const { calls, fetch } = server()
    const sage = createSageAuth({ connections, fetch })
    opened.push(sage as never)
    const vendors = sage.client("vendors")
    await (await vendors.fetch("a")).text()
    const error: unknown = await vendors.disconnect(options as never).catch((thrown: unknown) => thrown)
    assert.isTrue(isSageAuthError(error) && error.reason._tag === "Misconfigured", String(error))
    assert.strictEqual((await vendors.status()).state, "connected")
    assert.lengthOf(calls, 1)
    assert.deepStrictEqual(await vendors.disconnect({ revoke: undefined }), { revoked: false })
  })
})

const noCall = () => assert.fail("it was called")

describe("a request that cannot be sent", () => {
  for (const name of ["erp", "vendors"] as const) {
    for (const [what, path, init] of wrong) {
      it(`is the caller's mistake, and is not tried: ${what}, ${name}`, async () => {
        const { calls, fetch } = server()
        const sage = createSageAuth({ connections, fetch })
        opened.push(sage as never)
        const client = sage.client(name)
        // with a credential in hand and without one
        for (const warm of [false, true]) {
          if (warm) await (await client.fetch("warm")).text()
          calls.length = 0
          const error: unknown = await client.fetch(path() as string, (await init?.()) as RequestInit).then(
            () => undefined,
            (thrown: unknown) => thrown
          )
          assert.isTrue(isSageAuthError(error) && error.id === "client.request-rejected", String(error))
          if (!isSageAuthError(error)) return
          assert.strictEqual(error.reason._tag, "RequestRejected")
          assert.isFalse(error.retryable)
          assert.deepStrictEqual(calls, [])
        }
        const failed = await Effect.runPromise(
          Effect.scoped(
            Effect.gen(function* () {
              const service = yield* SageAuth.make({ connections, fetch })
              const given = (yield* Effect.promise(async () => init?.())) as RequestInit
              return yield* Effect.flip(service.client(name).fetch(path() as string, given))
            })
          )
        )
        assert.strictEqual(failed.reason._tag, "RequestRejected")
      })
    }

    it.each([[undefined], ["objects/x"], [{}], [Promise.resolve()]])(
      `is run by a function, and by nothing else: ${name}, %s`,
      async (use) => {
        const { calls, fetch } = server()
        const sage = createSageAuth({ connections, fetch })
        opened.push(sage as never)
        const client = sage.client(name)
        const errors: Array<unknown> = []
        for (let times = 0; times < 4; times++) {
          await client.run(use as never).catch((thrown: unknown) => errors.push(thrown))
        }
        const failed = await Effect.runPromise(
          Effect.scoped(
            Effect.flatMap(SageAuth.make({ connections, fetch }), (service) =>
              Effect.flip(service.client(name).run(use as never))
            )
          )
        )
        for (const error of [...errors, failed]) {
          assert.isTrue(isSageAuthError(error) && error.reason._tag === "Misconfigured", String(error))
        }
        assert.lengthOf(errors, 4)
        // no permit is held by them
        await (await client.fetch("a")).text()
        assert.lengthOf(calls, 1)
      }
    )

    it(`is run by a function of the other entry, and is told what to import: ${name}`, async () => {
      const { fetch } = server()
      const sage = createSageAuth({ connections, fetch })
      opened.push(sage as never)
      const client = sage.client(name)
      const promised = await client.run((() => Effect.succeed(1)) as never).catch((thrown: unknown) => thrown)
      const [failed, thrown] = await Effect.runPromise(
        Effect.scoped(
          Effect.flatMap(SageAuth.make({ connections, fetch }), (service) =>
            Effect.all([
              Effect.flip(service.client(name).run((async () => 1) as unknown as () => Effect.Effect<number>)),
              Effect.flip(
                service.client(name).run((): Effect.Effect<never, Error> => {
                  throw new Error("its own")
                })
              ).pipe(Effect.catchDefect((defect) => Effect.succeed(defect)))
            ])
          )
        )
      )
      for (const [error, said] of [
        [promised, 'an effect is for SageAuth of "@sage-auth/core/effect"'],
        [failed, 'a promise is for createSageAuth of "@sage-auth/core"']
      ] as const) {
        assert.isTrue(isSageAuthError(error) && error.reason._tag === "Misconfigured", String(error))
        assert.include(String(error), said)
      }
      assert.strictEqual((thrown as Error).message, "its own")
      // an error of this library is a value like any other, though it can be yielded as an effect
      assert.strictEqual(await client.run(async () => promised), promised)
      assert.strictEqual(await client.run((() => promised) as never), promised)
      assert.strictEqual(await client.run((() => 1) as never), 1)
    })

    it(`has a signal that is none, and says so: ${name}`, async () => {
      const { calls, fetch } = server()
      const sage = createSageAuth({ connections, fetch })
      opened.push(sage as never)
      const client = sage.client(name)
      const signal = {} as AbortSignal
      const errors: Array<unknown> = []
      for (const warm of [false, true]) {
        if (warm) await (await client.fetch("warm")).text()
        await client.fetch("a", { signal }).catch((thrown: unknown) => errors.push(thrown))
        await client.run(noCall, { signal }).catch((thrown: unknown) => errors.push(thrown))
      }
      assert.deepStrictEqual(
        errors.map((error) => isSageAuthError(error) && error.reason._tag === "Misconfigured" && error.reason.issues),
        Array.from({ length: 4 }, () => [{ option: "signal", expected: "an AbortSignal" }])
      )
      assert.lengthOf(calls, 1)
    })

    it(`is told from those that can be: ${name}`, async () => {
      const { calls, fetch } = server()
      const sage = createSageAuth({ connections, fetch })
      opened.push(sage as never)
      const client = sage.client(name)
      for (const init of [
        { method: "POST", body: new Blob(["x"]).stream() },
        { method: "DELETE", body: "x" },
        { method: "PROPFIND" },
        { method: "GET", body: null }
      ]) {
        // an answer that nobody reads holds its permit
        await (await client.fetch("a", init)).text()
      }
      assert.lengthOf(calls, 4)
    })
  }
})
