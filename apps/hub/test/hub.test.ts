import { mkdirSync, readFileSync } from "node:fs"
import { request } from "node:http"
import { createRequire } from "node:module"
import { fileURLToPath } from "node:url"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, test } from "vitest"
import { type Hub, openHub } from "../src/Hub.ts"
import { openBrowser, skipped } from "./browser.ts"

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js")
const artefacts = fileURLToPath(new URL("../.screenshots/", import.meta.url))

/** in milliseconds: ends what hangs, and nothing that a busy machine is slow at */
const patience = 100_000

const desktop = { width: 1400, height: 1000 }
const phone = { width: 390, height: 844 }

describe.skipIf(skipped !== undefined)(`the hub in a browser${skipped ?? ""}`, () => {
  let browser: Browser
  let hub: Hub
  let context: BrowserContext
  let page: Page
  let complaints: Array<string> = []
  let received: Array<string> = []

  beforeAll(async () => {
    mkdirSync(artefacts, { recursive: true })
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  const look = async (viewport = desktop, colorScheme: "light" | "dark" = "light"): Promise<void> => {
    context = await browser.newContext({ viewport, colorScheme })
    page = await context.newPage()
    page.setDefaultTimeout(patience)
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("response", (response) => {
      if (!response.url().startsWith(hub.url) || response.url().includes("/hub/stream")) return
      received.push(JSON.stringify(response.headers()))
      response.text().then(
        (text) => received.push(text),
        () => {}
      )
    })
    await page.goto(hub.url)
    await card("books").waitFor()
  }

  beforeEach(async () => {
    complaints = []
    received = []
    hub = await openHub()
  })
  afterEach(async () => {
    await context?.close()
    await hub.close()
    assert.deepStrictEqual(complaints, [], "the console stays empty")
  })

  const card = (connection: string, tenant = "Acme Holdings") =>
    page.getByRole("region", { name: tenant }).locator(`[data-connection="${connection}"]`)
  const saw = (text: string | RegExp) => page.locator("ol.feed li").filter({ hasText: text }).first().waitFor()
  const state = (connection: string, text: string, tenant?: string) =>
    card(connection, tenant).locator(".state").filter({ hasText: text }).waitFor()
  const click = (connection: string, name: RegExp, tenant?: string) =>
    card(connection, tenant).getByRole("button", { name }).click()
  const breakIt = async (connection: string, name: RegExp): Promise<void> => {
    const details = card(connection).locator("details")
    if ((await details.getAttribute("open")) === null) await details.locator("summary").click()
    await click(connection, name)
  }

  const connectPayables = async (): Promise<void> => {
    await card("payables")
      .getByRole("link", { name: /Connect/ })
      .click()
    await page.getByRole("button", { name: "Sign in as xml_gateway@AcmeHoldings" }).click()
    await page.getByRole("button", { name: "Allow" }).click()
    await state("payables", "connected")
  }
  const connectBooks = async (): Promise<void> => {
    await card("books")
      .getByRole("link", { name: /Connect/ })
      .click()
    await page.getByRole("button", { name: "Sign in as ada@harbour.example" }).click()
    await page.getByRole("button", { name: "Allow" }).click()
    await state("books", "connected")
  }

  /** what a consent is to a test of something else: given without the pages that ask for it */
  const consentToBooks = async (): Promise<void> => {
    const { sage, sandbox } = hub.world
    const { cookie, url } = await sage.client("books", { tenant: "acme" }).authorize({ returnTo: "/" })
    await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
    await state("books", "connected")
  }

  test("a person consents for Intacct REST and Business Cloud, and calls get through", async () => {
    await look()
    await state("books", "not connected")
    await connectPayables()
    await connectBooks()
    assert.strictEqual(page.url(), `${hub.url}/`)
    await click("books", /^Call/)
    await saw(/acme \/ books\s+Call: HTTP 200, 20 records/)
    await click("payables", /^Call/)
    await saw(/acme \/ payables\s+Call: HTTP 200/)
    await state("books", "not connected", "Birch Partners")
    await card("books")
      .getByRole("progressbar", { name: /Credential: \d+ (min|s)/ })
      .waitFor()
    await card("books")
      .getByRole("progressbar", { name: /Grant: \d+ d/ })
      .waitFor()
    await page.screenshot({ path: `${artefacts}consented.png`, fullPage: true })
  })

  test("a declined consent comes back, says why, and can be given after all", async () => {
    await look()
    await card("books")
      .getByRole("link", { name: /Connect/ })
      .click()
    await page.getByRole("button", { name: "Sign in as ada@harbour.example" }).click()
    await page.getByRole("button", { name: /Deny|Decline|Cancel/ }).click()
    const told = page.getByRole("alert").filter({ hasText: "business-cloud.access-denied" })
    await told.filter({ hasText: "The consent was declined, and nothing was changed" }).waitFor()
    assert.strictEqual(page.url(), `${hub.url}/`, "what was told once is not told by the address again")
    await state("books", "not connected")
    await connectBooks()
    assert.strictEqual(await told.count(), 0)
  })

  test("a forced expiry is a renewal that nobody notices", async () => {
    await look()
    await consentToBooks()
    await click("books", /^Call/)
    await saw(/HTTP 200/)
    await breakIt("books", /Expire the access token/)
    await click("books", /^Call/)
    await saw(/Credential renewed because the server refused it/)
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll("ol.feed li")].filter(({ textContent }) => /HTTP 200/.test(textContent))
          .length === 2
    )
    await state("books", "connected")
  })

  test("a rotation that never arrived is sent once more, and the grant lives", async () => {
    await look()
    await consentToBooks()
    await breakIt("books", /Lose a rotation on its way/)
    await saw(/The answer to a rotation was lost: it is sent once more/)
    await saw(/Refresh token rotated/)
    await state("books", "connected")
    await click("books", /^Call/)
    await saw(/HTTP 200/)
  })

  test("a lost answer is sent for again, and where the server knows the token no more, the page asks for consent", async () => {
    await look()
    await consentToBooks()
    await breakIt("books", /Lose the answer of a rotation/)
    await saw(/The answer to a rotation was lost: it is sent once more/)
    await saw(/A human has to consent again \(RotationInDoubt\)/)
    await state("books", "consent needed")
    assert.strictEqual(await card("books").getByRole("progressbar", { name: /Grant/ }).count(), 0, "no time is left")
    await page.screenshot({ path: `${artefacts}lost-answer.png` })
    await connectBooks()
    await click("books", /^Call/)
    await saw(/HTTP 200/)
  })

  test("calls go on while the authorization server is away, and the page says what is broken", async () => {
    await look()
    await consentToBooks()
    await breakIt("books", /Take the authorization server away/)
    await page
      .getByRole("list", { name: "Broken at the moment" })
      .getByText("the authorization server is away")
      .waitFor()
    await click("books", /^Call/)
    await saw(/HTTP 200/)
    await page.getByRole("button", { name: "Repair everything" }).click()
    await saw("Everything is repaired")
    await click("books", /^Refresh/)
    await saw(/acme \/ books\s+Refreshed/)
  })

  test("a full pool makes calls wait, and all of them are answered", async () => {
    await look()
    await click("ledger", /^Call/)
    await saw(/readByQuery: success/)
    await breakIt("ledger", /Fill the pool/)
    await page
      .getByText(/2 of 2 in use, [1-8] calls? waits?/)
      .first()
      .waitFor()
    await page.screenshot({ path: `${artefacts}full-pool.png` })
    await page.getByRole("button", { name: "Move the clock 1 minute forward" }).click()
    await saw(/Pool full: all 2 permits are taken/)
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll("ol.feed li")].filter(({ textContent }) =>
          /readByQuery: success/.test(textContent)
        ).length === 9
    )
    await page
      .getByText(/0 of 2 in use, no call waits/)
      .first()
      .waitFor()
  })

  test("the gateway's callback is a POST of another site, and the pairing arrives all the same", async () => {
    await look()
    await card("gateway")
      .getByRole("link", { name: /Connect/ })
      .click()
    await page.locator('button[name="next"][value="review"]').click()
    await page.locator('button[name="reviewer"]').first().click()
    await page.locator('button[name="decision"][value="allow"]').click()
    await state("gateway", "connected")
    await click("gateway", /^Call/)
    await saw(/acme \/ gateway\s+Call: \d+ folders/)
  })

  test("a disconnect forgets, and a consent that was taken back asks for another", async () => {
    await look()
    await consentToBooks()
    await click("books", /^Disconnect/)
    await state("books", "not connected")
    await saw(/Disconnected/)
    await consentToBooks()
    await breakIt("books", /Take the consent back/)
    await click("books", /^Refresh/)
    await state("books", "consent needed")
    await connectBooks()
  })

  test("the feed tells of events, and calls that are sent all the time are counted", async () => {
    await look()
    await page.getByRole("button", { name: "Send calls all the time" }).click()
    await page.getByText(/^\s*(?:[3-9]\d|\d{3,}) calls answered,\s+0 failed\s*$/).waitFor()
    await page.getByRole("button", { name: "Stop the calls" }).click()
    await saw("No more calls")
    const told = await page.locator("ol.feed").innerText()
    assert.match(told, /acme \/ ledger Session opened/)
    // a full pool may be told of: on a busy machine the first calls meet each other
    assert.notMatch(told, /Call: /)
  })

  test("one line tells how a tenant's connections are", async () => {
    await look()
    const lines = page.getByRole("navigation", { name: "Tenants" }).getByRole("listitem")
    const line = lines.filter({ hasText: "Acme Holdings" })
    await line.filter({ hasText: "6 configured, not used yet" }).filter({ hasText: "5 not connected" }).waitFor()
    await consentToBooks()
    await line.filter({ hasText: "1 connected" }).filter({ hasText: "4 not connected" }).waitFor()
    await line.getByRole("link").click()
    assert.strictEqual(new URL(page.url()).hash, "#tenant-acme")
  })

  test("a server that goes away and comes back is noticed both times, and nothing is told twice", async () => {
    await look()
    await click("ledger", /^Call/)
    await saw(/readByQuery: success/)
    const port = Number(new URL(hub.url).port)
    await hub.close()
    const alert = page.getByRole("alert").filter({ hasText: "The server is away" })
    await alert.waitFor()
    await click("ledger", /^Call/)
    await page.getByRole("alert").filter({ hasText: "The server does not answer" }).waitFor()
    hub = await openHub({ port })
    hub.world.feed.add("plain", undefined, "Told once")
    await saw("Told once")
    await alert.waitFor({ state: "detached" })
    await click("ledger", /^Call/)
    await saw(/readByQuery: success/)
    assert.deepStrictEqual(await page.getByRole("alert").allInnerTexts(), [])
    const told = await page.locator("ol.feed li").allInnerTexts()
    assert.strictEqual(told.filter((text) => text.includes("Told once")).length, 1)
    assert.strictEqual(told.filter((text) => text.includes("readByQuery: success")).length, 1, "nothing of the old one")
    assert.match(complaints.join("\n"), /ERR_/)
    complaints = []
  })

  test("a screen reader hears what came of a click, and nothing of what was before", async () => {
    await look()
    hub.world.feed.add("bad", "acme / erp", "Something else went wrong")
    await page.locator("#spoken").filter({ hasText: "Something else went wrong" }).waitFor({ state: "attached" })
    await click("vendors", /^Call/)
    await page
      .locator("#spoken")
      .filter({ hasText: /acme \/ vendors: Call: HTTP 200/ })
      .waitFor({ state: "attached" })
    hub.world.feed.add("bad", "acme / erp", "The last thing before")
    await saw("The last thing before")
    await page.reload()
    await saw("The last thing before")
    await card("books").waitFor()
    assert.strictEqual(await page.locator("#spoken").innerText(), "")
  })

  test("a narrow screen shows the newest line at the bottom, and nothing sticks out", async () => {
    await look({ width: 320, height: 640 }, "dark")
    hub.world.feed.add("bad", "a-tenant-with-a-very-long-name-".repeat(4), "x".repeat(300))
    const latest = page.locator(".latest")
    await latest.filter({ hasText: "xxx" }).waitFor()
    assert.isTrue(await latest.isVisible())
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.isAtMost(wide, 0)
    await latest.click()
    assert.strictEqual(new URL(page.url()).hash, "#feed-title")
    await page.screenshot({ path: `${artefacts}narrow.png` })
  })

  /** everything that is streamed until `stop` is called */
  const listen = async (): Promise<{ stop: () => Promise<string> }> => {
    const { body } = await fetch(`${hub.url}/hub/stream`)
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ""
    const hearing = (async () => {
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true }
        if (done) return
        heard += value
      }
    })()
    return {
      stop: async () => {
        await reader?.cancel()
        await hearing
        return heard
      }
    }
  }

  test("nothing secret reaches the browser", async () => {
    const streamed = await listen()
    await look()
    await connectPayables()
    await connectBooks()
    await click("books", /^Call/)
    await saw(/HTTP 200/)
    await breakIt("books", /Lose the answer of a rotation/)
    await state("books", "consent needed")
    await connectBooks()
    const stream = await streamed.stop()
    assert.match(stream, /event: board[^]*Call: HTTP 200[^]*event: board/)
    const shown = [...received, stream, await page.content(), JSON.stringify(await context.cookies(hub.url))].join("\n")
    const { accounts } = hub.world.sandbox
    const secrets = [
      accounts["intacct-xml"].sender.password,
      accounts["intacct-xml"].login.password,
      accounts["intacct-rest"].client.clientSecret,
      accounts["business-cloud"].client.clientSecret,
      accounts["business-cloud"].user.password,
      accounts["x3-graphql"].app.clientSecret,
      (await hub.world.sage.client("books", { tenant: "acme" }).headers())["authorization"]?.slice(7, 60) ?? "",
      (await hub.world.sage.client("payables", { tenant: "acme" }).headers())["authorization"]?.slice(7, 60) ?? ""
    ]
    for (const secret of secrets) {
      assert.isAbove(secret.length, 8)
      assert.notInclude(shown, secret)
    }
  })

  test("an action of another site is refused", async () => {
    await look()
    const before = hub.world.feed.entries.length
    const form = await fetch(`${hub.url}/hub/actions`, {
      method: "POST",
      headers: { "content-type": "text/plain", origin: "https://evil.example" },
      body: '{"action":"mend"}'
    })
    assert.strictEqual(form.status, 400)
    const rebound = await new Promise<number | undefined>((resolve, reject) => {
      request(`${hub.url}/`, { headers: { host: "evil.example" } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .once("error", reject)
        .end()
    })
    assert.strictEqual(rebound, 421, "a name that somebody else points at this machine")
    assert.strictEqual(hub.world.feed.entries.length, before)
  })

  test("axe finds nothing to complain about, at any width and in any scheme", async () => {
    await look()
    await click("vendors", /^Call/)
    await saw(/HTTP 200/)
    await card("books").locator("summary").click()
    // evaluated, not added: the page lets in no script of others
    await page.evaluate(readFileSync(axe, "utf8"))
    for (const [name, viewport] of [
      ["desktop", desktop],
      ["phone", phone]
    ] as const) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme })
        const violations = await page.evaluate(async () => {
          const { axe: checker } = globalThis as unknown as {
            readonly axe: {
              run(): Promise<{ violations: ReadonlyArray<{ id: string; nodes: ReadonlyArray<{ html: string }> }> }>
            }
          }
          return (await checker.run()).violations.map(
            ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`
          )
        })
        assert.deepStrictEqual(violations, [], `${name}, ${colorScheme}`)
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth
        )
        assert.isAtMost(wide, 0, `nothing sticks out sideways: ${name}`)
        await page.screenshot({ path: `${artefacts}${name}-${colorScheme}.png`, fullPage: true })
      }
    }
  })

  test("everything can be reached and done by keyboard", async () => {
    await look()
    await page.keyboard.press("Tab")
    assert.strictEqual(await page.evaluate(() => document.activeElement?.textContent), "Skip to the connections")
    await card("ledger").getByRole("button", { name: /^Call/ }).focus()
    await page.keyboard.press("Enter")
    await saw(/readByQuery: success/)
    // what is drawn anew keeps the focus
    assert.match((await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))) ?? "", /^Call ledger/)
    await card("ledger").locator("summary").focus()
    await page.keyboard.press("Enter")
    await card("ledger")
      .getByRole("button", { name: /Kill the session/ })
      .waitFor()
  })
})
