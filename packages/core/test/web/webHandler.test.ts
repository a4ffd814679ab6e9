import type { ServerResponse } from "node:http"
import { assert, describe, it, onTestFinished } from "vitest"
import { businessCloud } from "../../src/business-cloud/businessCloud.ts"
import { createSageAuth } from "../../src/createSageAuth.ts"
import { requestOf, webHandler } from "../../src/web/index.ts"

const open = () => {
  const sage = createSageAuth({
    connections: {
      books: businessCloud({
        clientId: "id",
        clientSecret: "s3cret",
        redirectUri: "https://app.example/sage/callback/books"
      })
    },
    fetch: () => assert.fail("something was sent")
  })
  onTestFinished(() => sage.close())
  return sage
}

const rejection = (promise: Promise<unknown>): Promise<{ readonly id?: string; readonly message: string }> =>
  promise.then(
    () => assert.fail("it resolved"),
    (error) => error
  )

/** what frameworks give their handlers, and no `Request` */
const others: ReadonlyArray<readonly [what: string, given: unknown]> = [
  ["a context with the request inside", { req: { raw: new Request("https://app.example/sage/connections") } }],
  ["a request of node:http", { url: "/sage/connections?token=s3cret", method: "GET", headers: { host: "s3cret" } }],
  ["an empty object", {}],
  ["nothing", undefined]
]

describe("webHandler", () => {
  it.each(others)("names the option `request` where it is given %s", async (_what, given) => {
    const auth = webHandler(open()) as unknown as Record<
      "errors",
      (error: unknown, given: unknown) => Promise<unknown>
    > &
      Record<"requires", (given: unknown, name: string) => Promise<unknown>> &
      ((given: unknown) => Promise<unknown>)
    for (const call of [
      () => auth(given),
      () => auth.requires(given, "books"),
      () => auth.errors(new Error(), given)
    ]) {
      const { id, message } = await rejection(call())
      assert.equal(id, "client.misconfigured")
      assert.include(message, "request: expected")
      assert.include(message, "(c) => c.req.raw")
      assert.notInclude(message, "s3cret")
    }
  })

  it("names the option `request` where its function gives no Request", async () => {
    const auth = webHandler(open(), { request: (given: { readonly missing?: Request }) => given.missing as Request })
    const { id, message } = await rejection(auth({}))
    assert.equal(id, "client.misconfigured")
    assert.include(message, "request: expected")
  })
})

describe("requestOf", () => {
  it("asks for the response of node:http where it is given the request", () => {
    const incoming = { url: "/?token=s3cret", method: "GET", headers: {} } as unknown as ServerResponse
    assert.throws(() => requestOf(incoming), /requestOf\(response\): expected the ServerResponse of node:http/)
    assert.throws(() => requestOf(undefined as never), /requestOf\(response\): expected/)
  })
})
