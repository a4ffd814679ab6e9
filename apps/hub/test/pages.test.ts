import { execFile } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import process from "node:process"
import { promisify } from "node:util"
import { createSageAuth } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import { startSandbox } from "@sage-auth/sandbox"
import express from "express"
import type { Browser, Page } from "playwright-core"
import { assert, describe, onTestFinished } from "vitest"
import { patience, shown, skipped, sticksOut, test, violationsOf } from "./browser.ts"

const shell = promisify(execFile)

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
  await shown(button.or(page.getByRole("button", { name: "Allow" })).first())
  if ((await button.count()) > 0) await button.click()
}

const openPage = async (browser: Browser, locale = "en-GB"): Promise<Page> => {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, locale })
  onTestFinished(() => context.close())
  context.setDefaultTimeout(patience)
  return context.newPage()
}

describe.skipIf(skipped !== undefined)(`what people see in a browser${skipped ?? ""}`, () => {
  test("a declined consent comes back to the page that needs it, which asks and does not send away", async ({
    browser
  }) => {
    const { origin } = await openApplication()
    const page = await openPage(browser)
    await page.goto(`${origin}/contacts`)
    await signIn(page)
    await page.getByRole("button", { name: /Deny|Decline|Cancel/ }).click()
    await shown(page.getByRole("heading", { name: "Sage is not connected" }))
    assert.strictEqual(page.url(), `${origin}/contacts?sage_error=business-cloud.access-denied`)
    await page.getByRole("link", { name: "Connect again" }).click()
    await signIn(page)
    await page.getByRole("button", { name: "Allow" }).click()
    await shown(page.getByRole("heading", { name: "Contacts" }))
    assert.strictEqual(page.url(), `${origin}/contacts`)
  })

  test("a callback that is opened once more comes back as well, with its cookie gone", async ({ browser }) => {
    const { origin, sage } = await openApplication()
    const page = await openPage(browser)
    const callbacks: Array<string> = []
    page.on("request", (request) => {
      if (request.url().startsWith(`${origin}/sage/callback/`)) callbacks.push(request.url())
    })
    await page.goto(`${origin}/sage/connect/books?returnTo=/`)
    await signIn(page)
    await page.getByRole("button", { name: "Allow" }).click()
    await shown(page.getByRole("heading", { name: "Start" }))
    assert.deepStrictEqual(await page.context().cookies(callbacks[0]), [])
    await page.goto(callbacks[0] ?? "")
    assert.strictEqual(page.url(), `${origin}/?sage_error=client.callback-rejected`)
    assert.strictEqual((await sage.client("books").status()).state, "connected")
  })

  test("the built-in page is styled, and axe finds nothing to complain about, in any scheme and width", async ({
    browser
  }) => {
    const { origin } = await openApplication()
    const page = await openPage(browser)
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

  test("the built-in page is in the browser's language", async ({ browser }) => {
    const { origin } = await openApplication()
    const page = await openPage(browser, "de-AT")
    await page.goto(`${origin}/contacts?sage_error=business-cloud.access-denied`)
    await shown(page.getByRole("heading", { name: "Sage ist nicht verbunden" }))
    await shown(page.getByRole("link", { name: "Noch einmal" }))
    assert.strictEqual(await page.locator("html").getAttribute("lang"), "de")
  })

  test("the sandbox's own page has every address, every account and samples that work", async ({ browser }) => {
    const sandbox = await startSandbox({ control: true })
    onTestFinished(() => sandbox.stop())
    const { origin } = new URL(sandbox.urls["intacct-xml"].xml)
    const page = await openPage(browser)
    const complaints: Array<string> = []
    page.on("console", (message) => complaints.push(message.text()))
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("requestfailed", (request) => complaints.push(request.url()))
    await page.goto(`${origin}/`)
    await shown(page.getByRole("heading", { name: "The sandbox is running" }))
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
    for (const [width, colorScheme] of [
      [1200, "light"],
      [360, "dark"]
    ] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 800 })
      assert.deepStrictEqual(await violationsOf(page), [], `${colorScheme}, ${width} wide`)
      assert.isAtMost(await sticksOut(page), 0, `nothing sticks out sideways, ${width} wide`)
    }
    assert.deepStrictEqual(complaints, [])
  })

  test("the sandbox's pages of consent take the reader's colours, and offer first what takes one click", async ({
    browser
  }) => {
    const buttons = { signInButtons: true }
    const sandbox = await startSandbox({
      clock: "manual",
      intacctRest: buttons,
      businessCloud: buttons,
      x3: { identityProvider: buttons, gateway: buttons }
    })
    const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock })
    onTestFinished(async () => {
      await sage.close()
      await sandbox.stop()
    })
    const page = await openPage(browser)
    const look = async (what: string): Promise<void> => {
      const grounds: Array<string> = []
      for (const [width, colorScheme] of [
        [1200, "light"],
        [360, "dark"]
      ] as const) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 800 })
        assert.deepStrictEqual(await violationsOf(page), [], `${what}, ${colorScheme}`)
        assert.isAtMost(await sticksOut(page), 0, `${what}: nothing sticks out sideways`)
        grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor))
      }
      assert.notStrictEqual(grounds[0], grounds[1], `${what} is dark where the reader's screen is`)
    }
    for (const { connection, first, named, open } of [
      {
        connection: "payables",
        first: "Sign in as xml_gateway@AcmeHoldings",
        named: "Company AcmeHoldings",
        open: undefined
      },
      { connection: "books", first: "Sign in as ada@harbour.example", named: "Harbour Coffee Ltd", open: undefined },
      { connection: "erpSso", first: "Allow as grace@acme.example", named: "Grace Miller", open: undefined },
      { connection: "gateway", first: "Sign in as ", named: "https://x3.acme.example", open: "Decide as an X3 user" }
    ] as const) {
      await page.goto((await sage.client(connection).authorize({ returnTo: "/" })).url)
      if (open !== undefined) await page.getByRole("button", { name: open }).click()
      const quick = page.getByRole("button", { name: first }).first()
      await shown(quick)
      await look(`${connection}, who`)
      assert.strictEqual(await page.getByRole("button").first().innerText(), await quick.innerText())
      assert.include(await quick.innerText(), named)
      if (connection === "erpSso") continue
      await quick.click()
      await shown(page.getByRole("button", { name: "Allow" }))
      await look(`${connection}, consent`)
    }
  })

  test("Enter in a field signs in whom the fields name, and not whom the first button names", async ({ browser }) => {
    const { origin } = await openApplication()
    const page = await openPage(browser)
    await page.goto(`${origin}/contacts`)
    await page.getByLabel("Email address").fill("ravi@lantern.example")
    await page.getByLabel("Password").fill("wrong")
    await page.keyboard.press("Enter")
    await shown(page.getByRole("alert").filter({ hasText: "Sign-in information is incorrect" }))
    assert.strictEqual(await page.getByLabel("Email address").inputValue(), "ravi@lantern.example")
  })
})
