import { assert, describe, it } from "vitest"
import { routeOf } from "../../src/web/routes.ts"

const route = (path: string, basePath = "/sage") => routeOf({ path }, basePath)

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
