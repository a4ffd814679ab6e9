import { Effect } from "effect"
import { HTTPError, isTimeoutError, replaceOption, TimeoutError } from "ky"
import { assert, describe, it } from "vitest"
import { failure, isSageAuthError } from "../../src/errors/SageAuthError.ts"
import type { FetchOptions } from "../../src/calls/HttpClient.ts"
import { type KyClient, kyFor } from "../../src/ky/kyFor.ts"

interface Asked {
  readonly path: string
  readonly init: FetchOptions
  readonly headers: Headers
}

type Answer = (asked: Asked) => Response | Promise<Response>

const answered = (body: string, init: ResponseInit & { readonly url?: string } = {}): Response =>
  Object.defineProperty(new Response(body, init), "url", { value: init.url ?? "" })

/** A client that only notes what it is asked. */
const clientThat = (answer: Answer = () => Response.json({ ok: true })) => {
  const asked: Array<Asked> = []
  const client: KyClient = {
    fetch: async (path, init = {}) => {
      const call = { path, init, headers: new Headers(init.headers) }
      asked.push(call)
      return answer(call)
    }
  }
  return { client, asked }
}

/** Reads all of a body before it answers with the same, as a server that is done with a request. */
const echo: Answer = async ({ init }) => new Response(await new Response(init.body ?? null).text())

const rejection = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it succeeded, where it had to fail"),
    (thrown: unknown) => thrown
  )

describe("the path that a client gets", () => {
  it.each([
    ["contacts", "contacts"],
    ["/contacts", "contacts"],
    ["contacts/7?a=1", "contacts/7?a=1"],
    ["", ""],
    ["?a=1", "?a=1"],
    ["contacts#top", "contacts"],
    ["objects/company-config/ä b", "objects/company-config/%C3%A4%20b"],
    ["api1/x3/erp/SEED/BPCUSTOMER('A')?representation=BPCUSTOMER.$details", undefined],
    ["./a:b/c", "./a:b/c"],
    ["a/b:c?d=e:f", "a/b:c?d=e:f"],
    // below the base, whatever is tried
    ["../../contacts", "contacts"],
    ["a/%2e%2e/contacts", "contacts"],
    // whole addresses are the client's to judge
    ["https://api.example.com/v3.1/contacts?page=2", "https://api.example.com/v3.1/contacts?page=2"],
    ["//evil.example/contacts", "http://evil.example/contacts"]
  ])("for %j is what the caller meant", async (input, path = input) => {
    const { asked, client } = clientThat()
    await kyFor(client).get(input)
    await kyFor(client)(input)
    assert.deepStrictEqual(
      asked.map((call) => call.path),
      [path, path]
    )
  })

  it("has what searchParams add, to a whole address too", async () => {
    const { asked, client } = clientThat()
    const api = kyFor(client, { searchParams: { page: 1 } })
    await api.get("contacts?a=b", { searchParams: { size: 20, none: undefined } })
    await api.get(new URL("https://api.example.com/contacts"))
    assert.deepStrictEqual(
      asked.map(({ path }) => path),
      ["contacts?a=b&page=1&size=20", "https://api.example.com/contacts?page=1"]
    )
  })

  it("counts from a prefix or a base of the caller's own, below the client's", async () => {
    const { asked, client } = clientThat()
    await kyFor(client, { prefix: "objects/accounts-payable" }).get("vendor")
    await kyFor(client).extend({ prefix: "objects" }).get("/vendor")
    await kyFor(client, { baseUrl: "objects/" }).get("vendor")
    await kyFor(client).get("vendor", { baseUrl: "/objects/" })
    await kyFor(client, { baseUrl: undefined }).get("vendor", { prefix: undefined } as object)
    assert.deepStrictEqual(
      asked.map(({ path }) => path),
      ["objects/accounts-payable/vendor", "objects/vendor", "objects/vendor", "objects/vendor", "vendor"]
    )
  })
})

describe("what is handed over", () => {
  it("is the method, the caller's headers and no body where there is none", async () => {
    const { asked, client } = clientThat(({ init }) => new Response(init.method === "HEAD" ? null : "{}"))
    const api = kyFor(client, { headers: { "x-one": "1", "x-two": "2" } })
    await api.get("a", { headers: { "x-two": "3" } }).json()
    for (const method of ["get", "post", "put", "patch", "delete", "head"] as const) await api[method]("a")
    const [read, ...others] = asked
    assert.deepInclude(Object.fromEntries(read?.headers ?? []), {
      "x-one": "1",
      "x-two": "3",
      accept: "application/json"
    })
    assert.deepStrictEqual(
      others.map(({ init }) => [init.method, init.body]),
      ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"].map((method) => [method, undefined])
    )
  })

  it("is JSON as a text, so that it can be counted and sent again", async () => {
    const { asked, client } = clientThat()
    await kyFor(client).post("contacts", { json: { name: "É\u2028" } })
    await kyFor(client).post("contacts", { json: [1], stringifyJson: () => "[2]" })
    await kyFor(client).post("contacts", { body: "\uFEFFtext", headers: { "content-type": "text/x-own" } })
    assert.deepStrictEqual(
      asked.map(({ headers, init }) => [init.body, headers.get("content-type")]),
      [
        ['{"name":"É\u2028"}', "application/json"],
        ["[2]", "application/json"],
        ["\uFEFFtext", "text/x-own"]
      ]
    )
  })

  it("is what is held in memory as it was given", async () => {
    const form = new FormData()
    form.set("file", new Blob(["[1,2]"]), "records.json")
    const bodies = [form, new URLSearchParams({ a: "1" }), new Blob(["x"], { type: "text/x" }), new Uint8Array([1, 2])]
    for (const body of bodies) {
      const { asked, client } = clientThat()
      await kyFor(client).post("a", { body })
      assert.strictEqual(asked[0]?.init.body, body)
    }
    const { asked, client } = clientThat()
    await kyFor(client).post("a", { body: form })
    // whoever sends the form draws its boundary
    assert.isFalse(asked[0]?.headers.has("content-type"))
    await kyFor(client).post("a", { body: new URLSearchParams({ a: "1" }) })
    assert.strictEqual(asked[1]?.headers.get("content-type"), "application/x-www-form-urlencoded;charset=UTF-8")
  })

  it("is a stream as a stream", async () => {
    const { asked, client } = clientThat(echo)
    assert.strictEqual(
      await kyFor(client)
        .post("a", { body: new Blob(["streamed"]).stream() })
        .text(),
      "streamed"
    )
    const request = new Request("https://api.example.com/a", { method: "POST", body: "streamed" })
    assert.strictEqual(await kyFor(client)(request).text(), "streamed")
    assert.strictEqual(asked[1]?.init.method, "POST")
  })

  it("is another request, with its own body, where a hook puts one in its place", async () => {
    const { asked, client } = clientThat(echo)
    const api = kyFor(client, {
      hooks: {
        beforeRequest: [
          ({ request }) => new Request(request, { method: "PUT", body: "other", headers: { "x-hook": "1" } })
        ]
      }
    })
    assert.strictEqual(await api.post("a", { body: new Uint8Array([1]) }).text(), "other")
    assert.strictEqual(await api.post("a", { json: {} }).text(), "other")
    assert.deepStrictEqual(
      asked.map(({ headers, init }) => [init.method, headers.get("x-hook")]),
      [
        ["PUT", "1"],
        ["PUT", "1"]
      ]
    )
  })

  it("keeps to the client when every hook is replaced", async () => {
    const { asked, client } = clientThat(echo)
    const api = kyFor(client).extend({ hooks: replaceOption({}) })
    assert.strictEqual(await api.post("a", { json: { a: 1 } }).text(), '{"a":1}')
    assert.strictEqual(asked[0]?.path, "a")
  })

  it("has the deadline, and what ky does not know", async () => {
    const { asked, client } = clientThat()
    const dispatcher = {}
    await kyFor(client, { deadline: "5 seconds" }).get("a", { dispatcher } as object)
    assert.strictEqual(asked[0]?.init.deadline, "5 seconds")
    assert.propertyVal(asked[0]?.init, "dispatcher", dispatcher)
  })

  it("shows the progress of an upload that is under way", async () => {
    const { client } = clientThat(echo)
    const seen: Array<number> = []
    const answer = kyFor(client).post("a", {
      body: new Blob(["x".repeat(1000)]),
      onUploadProgress: ({ percent }) => seen.push(percent)
    })
    assert.strictEqual((await answer.text()).length, 1000)
    assert.strictEqual(seen.at(-1), 1)
  })
})

describe("what a call ends with", () => {
  it.each([301, 400, 401, 403, 404, 409, 413, 429, 500, 503])(
    "is ky's HTTPError for %i, sent once, with the address that was asked",
    async (status) => {
      const { asked, client } = clientThat(() =>
        answered('{"code":"X"}', {
          status,
          headers: { "content-type": "application/json", "retry-after": "0" },
          url: "https://api.example.com/v3.1/contacts?a=1"
        })
      )
      const error = await rejection(kyFor(client).put("contacts?a=1", { json: {} }).json())
      if (!(error instanceof HTTPError)) throw error
      assert.strictEqual(error.response.status, status)
      assert.deepStrictEqual(error.data, { code: "X" })
      assert.strictEqual(error.request.url, "https://api.example.com/v3.1/contacts?a=1")
      assert.strictEqual(error.request.method, "PUT")
      assert.include(error.message, "PUT https://api.example.com/v3.1/contacts?a=1")
      assert.strictEqual(asked.length, 1)
    }
  )

  it("is the answer where HTTP errors are not thrown", async () => {
    const { client } = clientThat(() => new Response("no", { status: 404 }))
    assert.strictEqual((await kyFor(client).get("a", { throwHttpErrors: false })).status, 404)
  })

  it("is the client's own error, neither wrapped nor repeated", async () => {
    for (const id of ["client.answer-lost", "client.deadline-exceeded", "client.misconfigured"] as const) {
      const lost = failure(id)
      const { asked, client } = clientThat(() => Promise.reject(lost))
      assert.strictEqual(await rejection(kyFor(client).get("a").json()), lost)
      assert.strictEqual(await rejection(kyFor(client, { retry: 5 }).get("a").json()), lost)
      assert.strictEqual(asked.length, 2)
    }
  })

  it("is the reason of an aborted signal, those of the instance included", async () => {
    for (const which of ["instance", "call"] as const) {
      const leaving = new AbortController()
      const { client } = clientThat(
        ({ init: { signal } }) =>
          new Promise((_, reject) => {
            signal?.addEventListener("abort", () => reject(signal.reason as Error))
            leaving.abort(reason)
          })
      )
      const reason = new Error("mine")
      const { signal } = leaving
      const call = which === "instance" ? kyFor(client, { signal }).get("a") : kyFor(client).get("a", { signal }).json()
      assert.strictEqual(await rejection(call), reason)
    }
  })

  it("is repeated by ky only where its caller says so, with all of its body", async () => {
    let calls = 0
    const { asked, client } = clientThat(() => new Response("{}", { status: ++calls < 3 ? 503 : 200 }))
    const again = { limit: 2, methods: ["post"], delay: () => 0 } as const
    await kyFor(client).post("a", { json: { a: 1 }, retry: { ...again, methods: ["post"] } })
    assert.deepStrictEqual(
      asked.map(({ init }) => init.body),
      ['{"a":1}', '{"a":1}', '{"a":1}']
    )
    calls = 0
    const error = await rejection(kyFor(client).put("a", { retry: undefined, json: {} } as object))
    assert.instanceOf(error, HTTPError)
    assert.strictEqual(calls, 1)
  })

  it("is ky's TimeoutError where its caller has switched that on, and the client is told to stop", async () => {
    let told: AbortSignal | null | undefined
    const { client } = clientThat(({ init }) => {
      told = init.signal
      return new Promise(() => {})
    })
    const error = await rejection(kyFor(client, { timeout: 1 }).get("a"))
    assert.instanceOf(error, TimeoutError)
    assert.isTrue(isTimeoutError(error))
    assert.isTrue(told?.aborted)
  })
})

const refused = (make: () => unknown): string => {
  try {
    make()
  } catch (thrown) {
    if (isSageAuthError(thrown) && thrown.reason._tag === "Misconfigured") return thrown.message
    throw thrown
  }
  return assert.fail("it was accepted")
}

describe("what cannot work", () => {
  it("is a client without fetch: it is told what it has", () => {
    for (const client of [{ execute: () => {} }, {}, undefined, null, "books"]) {
      assert.include(
        refused(() => kyFor(client as never)),
        "kyFor(client)"
      )
    }
  })

  it("is a client that gives effects: it is told what to import", async () => {
    const client = { fetch: () => Effect.succeed(Response.json({})) } as never
    const thrown = await rejection(kyFor(client).get("contacts"))
    assert.isTrue(isSageAuthError(thrown) && thrown.reason._tag === "Misconfigured", String(thrown))
    assert.include(String(thrown), 'createSageAuth of "@sage-auth/core"')
  })

  it("is another fetch, which would have no credential", () => {
    const { client } = clientThat()
    assert.include(
      refused(() => kyFor(client, { fetch } as never)),
      "createSageAuth"
    )
    assert.include(
      refused(() => kyFor(client).get("a", { fetch })),
      "createSageAuth"
    )
    assert.include(
      refused(() => kyFor(client).extend({ fetch }).get("a")),
      "createSageAuth"
    )
    assert.isFunction(kyFor(client, { fetch: undefined } as never).get)
  })
})
