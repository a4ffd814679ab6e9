import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import process from "node:process"
import { promisify } from "node:util"
import { createSageAuth } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import { startSandbox } from "@sage-auth/sandbox"
import express from "express"
import type { Browser, Page } from "playwright-core"
import { afterAll, assert, beforeAll, describe, onTestFinished, test } from "vitest"
import { openBrowser, skipped } from "./browser.ts"

const shell = promisify(execFile)

const checker = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** An application with a page for everybody, one that needs a consent, and no page of its own for what fails. */
const openApplication = async () => {
  const app = express()
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const redirectUri = `${origin}/sage/callback`
  const sandbox = await startSandbox({
    clock: "manual",
    businessCloud: { redirectUris: [`${redirectUri}/books`], signInButtons: true }
  })
  const sage = createSageAuth({ connections: sandbox.connections({ redirectUri }), clock: sandbox.clock })
  const auth = sageAuth(sage, {
    texts: { de: { pages: { declined: { title: "Sage ist nicht verbunden" } }, links: { again: "Noch einmal" } } }
  })
  app.use(auth)
  app.get("/", (_request, response) => {
    response.type("html").send("<h1>Start</h1>")
  })
  app.get("/contacts", auth.requires("books"), (_request, response) => {
    response.type("html").send("<h1>Contacts</h1>")
  })
  app.use(auth.errors)
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await sage.close()
    await sandbox.stop()
  })
  return { origin, sage }
}

const signIn = async (page: Page): Promise<void> => {
  const button = page.getByRole("button", { name: "Sign in as ada@harbour.example" })
  await button
    .or(page.getByRole("button", { name: "Allow" }))
    .first()
    .waitFor()
  if ((await button.count()) > 0) await button.click()
}

/** What axe has against a page as it is now. Evaluated, not added: the pages let in no script of others. */
const violationsOf = async (page: Page): Promise<ReadonlyArray<string>> => {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(checker)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      readonly axe: { run(): Promise<{ violations: ReadonlyArray<{ id: string }> }> }
    }
    return (await axe.run()).violations.map(({ id }) => id)
  })
}

const sticksOut = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth)

describe.skipIf(skipped !== undefined)(`what people see in a browser${skipped ?? ""}`, () => {
  let browser: Browser

  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  const openPage = async (locale = "en-GB"): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, locale })
    onTestFinished(() => context.close())
    // ends what hangs, and nothing that a busy machine is slow at
    context.setDefaultTimeout(100_000)
    return context.newPage()
  }
  test("a declined consent comes back to the page that needs it, which asks and does not send away", async () => {
    const { origin } = await openApplication()
    const page = await openPage()
    await page.goto(`${origin}/contacts`)
    await signIn(page)
    await page.getByRole("button", { name: /Deny|Decline|Cancel/ }).click()
    await page.getByRole("heading", { name: "Sage is not connected" }).waitFor()
    assert.strictEqual(page.url(), `${origin}/contacts?sage_error=business-cloud.access-denied`)
    await page.getByRole("link", { name: "Connect again" }).click()
    await signIn(page)
    await page.getByRole("button", { name: "Allow" }).click()
    await page.getByRole("heading", { name: "Contacts" }).waitFor()
    assert.strictEqual(page.url(), `${origin}/contacts`)
  })

  test("a callback that is opened once more comes back as well, with its cookie gone", async () => {
    const { origin, sage } = await openApplication()
    const page = await openPage()
    const callbacks: Array<string> = []
    page.on("request", (request) => {
      if (request.url().startsWith(`${origin}/sage/callback/`)) callbacks.push(request.url())
    })
    await page.goto(`${origin}/sage/connect/books?returnTo=/`)
    await signIn(page)
    await page.getByRole("button", { name: "Allow" }).click()
    await page.getByRole("heading", { name: "Start" }).waitFor()
    assert.deepStrictEqual(await page.context().cookies(callbacks[0]), [])
    await page.goto(callbacks[0] ?? "")
    assert.strictEqual(page.url(), `${origin}/?sage_error=client.callback-rejected`)
    assert.strictEqual((await sage.client("books").status()).state, "connected")
  })

  test("the built-in page is styled, and axe finds nothing to complain about, in any scheme and width", async () => {
    const { origin } = await openApplication()
    const page = await openPage()
    const complaints: Array<string> = []
    page.on("console", (message) => {
      if (/content security policy/i.test(message.text())) complaints.push(message.text())
    })
    for (const path of ["/sage/callback/books?code=c&state=s", "/sage/connect/typo", "/contacts?sage_error=x"]) {
      await page.goto(`${origin}${path}`)
      const radius = await page.locator("main").evaluate((main) => getComputedStyle(main).borderTopLeftRadius)
      assert.strictEqual(radius, "12px", "its own policy lets its style in")
      for (const colorScheme of ["light", "dark"] as const) {
        for (const width of [1200, 360]) {
          await page.emulateMedia({ colorScheme })
          await page.setViewportSize({ width, height: 800 })
          assert.deepStrictEqual(await violationsOf(page), [], `${path}, ${colorScheme}, ${width} wide`)
          assert.isAtMost(await sticksOut(page), 0, "nothing sticks out sideways")
        }
      }
    }
    assert.deepStrictEqual(complaints, [])
  })

  test("the built-in page is in the browser's language", async () => {
    const { origin } = await openApplication()
    const page = await openPage("de-AT")
    await page.goto(`${origin}/contacts?sage_error=business-cloud.access-denied`)
    await page.getByRole("heading", { name: "Sage ist nicht verbunden" }).waitFor()
    await page.getByRole("link", { name: "Noch einmal" }).waitFor()
    assert.strictEqual(await page.locator("html").getAttribute("lang"), "de")
  })

  test("the sandbox's own page has every address, every account and samples that work", async () => {
    const sandbox = await startSandbox({ control: true })
    onTestFinished(() => sandbox.stop())
    const { origin } = new URL(sandbox.urls["intacct-xml"].xml)
    const page = await openPage()
    const complaints: Array<string> = []
    page.on("console", (message) => complaints.push(message.text()))
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("requestfailed", (request) => complaints.push(request.url()))
    await page.goto(`${origin}/`)
    await page.getByRole("heading", { name: "The sandbox is running" }).waitFor()
    const seen = await page.locator("main").innerText()
    for (const urls of Object.values(sandbox.urls)) {
      for (const url of Object.values(urls as Readonly<Record<string, string>>)) assert.include(seen, url)
    }
    assert.include(seen, `${origin}/sandbox/control`)

    const { login } = sandbox.accounts["intacct-xml"]
    const password = page.getByRole("row", { name: "login.password" }).filter({ hasText: login.password }).first()
    assert.isFalse(await password.isVisible())
    const closed = page.locator("details:not([open]) > summary")
    assert.strictEqual(await closed.count(), Object.keys(sandbox.accounts).length)
    while ((await closed.count()) > 0) await closed.first().click()
    assert.isTrue(await password.isVisible())
    const { client } = sandbox.accounts["business-cloud"]
    assert.include(await page.locator("main").innerText(), client.clientSecret)

    const samples = (await page.locator("pre").allInnerTexts()).filter((sample) => sample.startsWith("curl "))
    assert.lengthOf(samples, 2)
    if (process.platform !== "win32") {
      const said = await Promise.all(samples.map((sample) => shell("sh", ["-c", sample.replace("curl", "curl -s")])))
      assert.include(said[0]?.stdout, "<VENDORID>V-00001</VENDORID>")
      assert.include(said[1]?.stdout, '"access_token":')
    }
    for (const width of [1200, 360]) {
      await page.setViewportSize({ width, height: 800 })
      assert.deepStrictEqual(await violationsOf(page), [], `${width} wide`)
      assert.isAtMost(await sticksOut(page), 0, `nothing sticks out sideways, ${width} wide`)
    }
    assert.deepStrictEqual(complaints, [])
  })
})
