import { assert, describe, it } from "vitest"
import * as Result from "../../src/config/Result.ts"
import { keepTransaction } from "../../src/web/cookies.ts"
import { makeRoutes } from "../../src/web/routes.ts"
import { type Asked, requestFor } from "./requests.ts"

const route = (path: string, basePath = "/sage") => makeRoutes(basePath, [], []).find(requestFor(path))

describe("the adapter's routes", () => {
  it("are below the base path, with or without a slash at the end", () => {
    assert.deepStrictEqual(route("/sage/connections"), { to: "connections" })
    assert.deepStrictEqual(route("/sage/connections/"), { to: "connections" })
    assert.deepStrictEqual(route("/sage/connect/books"), { to: "connect", connection: "books" })
    assert.deepStrictEqual(route("/sage/callback/books/"), { to: "callback", connection: "books" })
    assert.deepStrictEqual(route("/disconnect/books", ""), { to: "disconnect", connection: "books" })
  })

  it("decode the connection's name once", () => {
    assert.deepStrictEqual(route("/sage/connect/my%20books"), { to: "connect", connection: "my books" })
    assert.deepStrictEqual(route("/sage/connect/a%252Fb"), { to: "connect", connection: "a%2Fb" })
  })

  it.each([
    "/sage",
    "/sage/",
    "/sagebrush/connections",
    "/connections",
    "/sage/connect",
    "/sage/connect/",
    "/sage/connect//",
    "/sage/connect/%E0%A4%A",
    "/sage/connect/a/b",
    "/sage/connections/books",
    "/sage/other/books"
  ])("do not include %s", (path) => {
    assert.isUndefined(route(path))
  })
})

const at = (address: string, posted = false, connection = "books") => ({
  connection,
  redirectUri: new URL(address, "https://app.example"),
  posted
})

const kept = keepTransaction(undefined, "s", "sealed", { path: "/", secure: false })
const [pair = ""] = Result.isSuccess(kept) ? kept.success : []
const withCookie: Asked = { headers: { cookie: pair.split(";", 1)[0] ?? "" } }

const find = (address: string, path: string, asked?: Asked, posted = false) => {
  const found = makeRoutes("/sage", [at(address, posted)], []).find(requestFor(path, asked))
  return found?.to === "callback" ? found.connection : found
}

describe("a callback that is configured to come elsewhere", () => {
  it.each([
    ["/oauth/books/return", "/oauth/books/return?code=c&state=s"],
    ["/oauth/books/return/", "/oauth/books/return?code=c&state=s"],
    ["/oauth/books/return", "/oauth/books/return/?error=access_denied&state=s"],
    ["/oauth/books/return", "/oauth/books/return?error=server_error"],
    ["/oauth/b%C3%BCcher", "/oauth/b%c3%bccher?code=c&state=s"],
    // by the name of another connection, or of none
    ["/sage/callback/ledger", "/sage/callback/ledger?code=c&state=s"],
    ["/sage/connections", "/sage/connections?code=c&state=s"],
    ["/api/sage/callback/books", "/api/sage/callback/books?code=c&state=s"],
    ["/", "/?code=c&state=s"]
  ])("%s is served there: %s", (address, path) => {
    assert.strictEqual(find(address, path), "books")
  })

  it("is served behind a mount, and where a proxy took the beginning of its path off", () => {
    assert.strictEqual(find("/mount/oauth/return", "/oauth/return?code=c&state=s", { mount: "/mount" }), "books")
    assert.strictEqual(find("/apps/one/oauth/return", "/oauth/return?code=c&state=s"), "books")
    assert.strictEqual(find("/apps/one/m/oauth/return", "/oauth/return?code=c&state=s", { mount: "/m" }), "books")
    assert.strictEqual(find("/apps/one/return", "/return?code=c&state=s", withCookie), "books")
  })

  it("of a server that posts is served too", () => {
    const post = { method: "POST" }
    assert.strictEqual(find("/pairings", "/pairings", post, true), "books")
    assert.strictEqual(find("/apps/one/pairings", "/one/pairings", post, true), "books")
    assert.isUndefined(find("/apps/one/pairings", "/pairings", post, true))
    assert.isUndefined(find("/pairings", "/pairings", post))
  })

  it.each([
    // a page of the application at the same path
    ["/oauth/return", "/oauth/return", undefined],
    ["/oauth/return", "/oauth/return?page=2", undefined],
    ["/", "/", undefined],
    ["/", "/?state=open", undefined],
    ["/", "/?error=x", undefined],
    // what may be anybody's callback
    ["/apps/one/return", "/return?code=c&state=s", undefined],
    ["/apps/one/return", "/return?code=c&state=another", withCookie],
    ["/apps/one/return", "/?code=c&state=s", withCookie],
    ["/oauth/return", "/return-of/return?code=c&state=s", withCookie],
    ["/oauth/return", "/x/oauth/return?code=c&state=s", withCookie],
    ["/oauth/return", "/oauth/returns?code=c&state=s", withCookie]
  ] as const)("%s leaves alone %s", (address, path, asked) => {
    assert.isUndefined(find(address, path, asked))
  })

  it("is that of the longest address", () => {
    const routes = makeRoutes("/sage", [at("/a/oauth/x"), at("/oauth/x/y", false, "ledger")], [])
    const found = routes.find(requestFor("/a/oauth/x?code=c&state=s"))
    assert.deepStrictEqual(found, { to: "callback", connection: "books" })
  })

  it("may be any path that ends like it, and no other one: that is asked of every request", () => {
    const { mayBe } = makeRoutes("/sage", [at("/oauth/return"), at("/", false, "ledger")], ["/apps/one"])
    const maybe = ["/sage/x", "/apps/one/sage/x", "/oauth/return", "/oauth/return/", "/return", "/"]
    for (const path of maybe) assert.isTrue(mayBe(path), path)
    for (const path of ["/contacts", "/oauth", "/returns", "/return/x", "/sage"]) assert.isFalse(mayBe(path), path)
  })
})

describe("the routes behind a proxy", () => {
  it("answer with the prefix that it takes off, too", () => {
    const { find } = makeRoutes("/sage", [], ["/apps/one"])
    assert.deepStrictEqual(find(requestFor("/apps/one/sage/connect/books")), { to: "connect", connection: "books" })
    assert.deepStrictEqual(find(requestFor("/sage/connect/books")), { to: "connect", connection: "books" })
    assert.isUndefined(find(requestFor("/apps/onesage/connect/books")))
  })
})
