import { isSageAuthError } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import { assert, describe, it } from "vitest"
import { Browser } from "../../../tests/src/web/Browser.ts"
import { openProxy } from "../../../tests/src/web/addresses.ts"
import { begin, consent, handler, lines, openWorld, type Parts } from "./world.ts"

/** The paths that redirect addresses should have, as the error of a mount names them. */
const pathsAskedFor = (mount: () => unknown): ReadonlyArray<string> => {
  try {
    mount()
    return []
  } catch (error) {
    if (!isSageAuthError(error) || error.reason._tag !== "Misconfigured") throw error
    return error.reason.issues.map(({ expected }) => /whose path is ([^:]*):/.exec(expected)?.[1] ?? expected)
  }
}

/** routes of an application at `mount`, guarded and not */
const withContacts =
  (mount: string) =>
  ({ app, auth, express }: Parts): void => {
    const router = express.Router()
    router.get(
      "/contacts",
      auth.requires("books"),
      handler(async (req, res) => res.json((await auth.client(req, "books").fetch("contacts")).status))
    )
    app.use(mount, auth)
    app.use(mount, router)
    app.get("/oauth/books", (_req, res) => {
      res.end("a page of the application")
    })
    app.use(auth.errors)
  }

describe.each(lines)("a redirect address with %s", (_, line) => {
  it.each([
    ["another path", "", "/oauth"],
    ["the path of another connection", "", "/sage/callback/x"],
    ["a prefix that nobody takes off", "", "/api/sage/callback"],
    ["another path behind the mount", "/mount", "/mount/oauth"],
    ["the mount", "/mount", "/mount/sage/callback"],
    ["the mount and a prefix that nobody takes off", "/v1/mount", "/v1/mount/sage/callback"]
  ])("of %s is served where it is: mounted at '%s', %s", async (_name, mount, callbacks) => {
    const world = await openWorld(line, { callbacks, build: withContacts(mount === "" ? "/" : mount) })
    const { browser } = world
    assert.strictEqual(await consent(world, browser, `${mount}/sage/connect/books?returnTo=/done`), "/done")
    const payables = `${mount}/sage/connect/payables?returnTo=/done`
    const denied = await browser.open(await begin(world, browser, payables, {}, { deny: true }))
    assert.strictEqual(denied.headers["location"], "/done?sage_error=intacct-rest.access-denied")
    assert.deepStrictEqual(browser.cookies, [])
    assert.strictEqual((await browser.open(`${mount}/contacts`)).text, "200")
  })

  it.each([
    ["ends like its route", "/apps/one/sage/callback", "/", false, undefined],
    ["ends like its route behind a mount", "/apps/one/mount/sage/callback", "/mount", false, undefined],
    ["is another path, and the proxy tells", "/apps/one/oauth", "/", true, undefined],
    ["is another path, and the application tells", "/apps/one/oauth", "/", false, "/apps/one"],
    ["is another path behind a mount", "/apps/one/mount/oauth", "/mount", true, undefined],
    ["is a single segment", "/apps/one", "/", true, undefined]
  ])(
    "behind a proxy that takes a prefix off is served where it %s",
    async (_name, path, mount, tells, strippedPrefix) => {
      let origin = ""
      const proxy = await openProxy("/apps/one", () => origin, tells)
      const base = mount === "/" ? "" : mount
      const world = await openWorld(line, {
        options: { strippedPrefix },
        sandbox: {
          businessCloud: { redirectUris: [`${proxy}${path}/books`] },
          intacctRest: { redirectUris: [`${proxy}${path}/payables`] }
        },
        connections: (sandbox) => sandbox.connections({ redirectUri: `${proxy}${path}` }),
        build: withContacts(mount)
      })
      origin = world.origin
      const browser = new Browser(proxy)
      const refused = await browser.open(`/apps/one${base}/contacts?page=2`)
      const connect = String(refused.headers["location"])
      const wanted = encodeURIComponent(`/apps/one${base}/contacts?page=2`)
      assert.strictEqual(connect, `/apps/one${base}/sage/connect/books?returnTo=${wanted}`)
      assert.strictEqual(await consent(world, browser, connect), `/apps/one${base}/contacts?page=2`)
      assert.strictEqual((await browser.open(`/apps/one${base}/contacts`)).text, "200")
      assert.deepStrictEqual(browser.cookies, [])
      const { text } = await browser.fetch(`/apps/one${base}/sage/connections`)
      assert.include(text, `"connectUrl":"/apps/one${base}/sage/connect/payables"`)
    }
  )

  it("that cannot come to where the middleware is mounted fails at the start, with the path that it should have", async () => {
    const { app, express, sage } = await openWorld(line, { callbacks: "/sage/callback", build: () => {} })
    const names = ["payables", "books", "erpSso", "erpCloud", "gateway"]
    const inner = express()
    const wrong = pathsAskedFor(() => app.use("/mount", sageAuth(sage)))
    assert.deepStrictEqual(new Set(wrong), new Set(names.map((name) => `/mount/sage/callback/${name}`)))
    const deeper = pathsAskedFor(() => inner.use("/a/", [sageAuth(sage, { basePath: "b" })]))
    assert.deepStrictEqual(new Set(deeper), new Set(names.map((name) => `/a/b/callback/${name}`)))
    const right = pathsAskedFor(() => {
      app.use("/mount", sageAuth(sage, { routes: false }))
      app.use("/", sageAuth(sage))
      app.use(sageAuth(sage))
      app.use("/sage", sageAuth(sage, { basePath: "/" }))
      app.use("/:language", sageAuth(sage))
    })
    assert.deepStrictEqual(right, [])
  })

  it("that cannot come to where a router is fails when a consent is begun, and begins none", async () => {
    const world = await openWorld(line, {
      build: ({ app, auth, express }) => {
        const router = express.Router()
        router.use("/inner", auth)
        app.use("/outer", router)
        app.use(auth.errors)
      }
    })
    const answer = await world.browser.fetch("/outer/inner/sage/connect/books")
    assert.strictEqual(answer.status, 500)
    assert.strictEqual((JSON.parse(answer.text) as { readonly code: string }).code, "client.misconfigured")
    assert.deepStrictEqual(world.browser.cookies, [])
  })
})
