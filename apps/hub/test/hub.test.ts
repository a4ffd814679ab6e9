import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { request } from "node:http"
import { fileURLToPath } from "node:url"
import type { BrowserContext, Locator, Page } from "playwright-core"
import { assert, describe, onTestFinished } from "vitest"
import { type Hub, openHub } from "../src/Hub.ts"
import { desktop, patience, phone, skipped, sticksOut, test as inBrowser, violationsOf } from "./browser.ts"

const artefacts = fileURLToPath(new URL("../.screenshots/", import.meta.url))
const root = new URL("../../../", import.meta.url)

/**
 * `hub` is one of a test's own, which may break things. `shared` is one for all tests that do not: each of them acts on
 * connections that no other one touches.
 */
const test = inBrowser
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern what a fixture needs
  .extend("shared", { scope: "file" }, async ({}, { onCleanup }) => {
    const hub = await openHub()
    onCleanup(() => hub.close())
    return hub
  })
  // oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern what a fixture needs
  .extend("hub", async ({}, { onCleanup }) => {
    const hub = await openHub()
    onCleanup(() => hub.close())
    return hub
  })

const topOf = async (what: Locator): Promise<number> => (await what.boundingBox())?.y ?? Number.NaN

/** everything that is streamed until `stop` is called */
const listen = async (hub: Hub): Promise<{ stop: () => Promise<string> }> => {
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

describe.skipIf(skipped !== undefined)(`the hub in a browser${skipped ?? ""}`, () => {
  let context: BrowserContext
  let page: Page
  let seen: Hub
  let complaints: Array<string> = []
  /** all that the browser is sent; undefined: no test asks for it */
  let received: Array<string> | undefined

  // a page that was opened once is opened again by the next test: a renderer costs more than what most tests do
  test.beforeAll(async ({ browser }) => {
    mkdirSync(artefacts, { recursive: true })
    context = await browser.newContext({ viewport: desktop, reducedMotion: "reduce" })
    page = await context.newPage()
    page.setDefaultTimeout(patience)
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text())
    })
    page.on("pageerror", (error) => complaints.push(error.message))
    page.on("response", (response) => {
      const told = received
      if (told === undefined || !response.url().startsWith(seen.url) || response.url().includes("/hub/stream")) return
      told.push(JSON.stringify(response.headers()))
      response.text().then(
        (text) => told.push(text),
        () => {}
      )
    })
    // what moved without a click or a key before it
    await page.addInitScript(() => {
      const shifts: Array<string> = []
      Object.assign(globalThis, { shifts })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          const { hadRecentInput, sources } = entry as unknown as {
            readonly hadRecentInput: boolean
            readonly sources: ReadonlyArray<{ readonly node: Node | null }>
          }
          if (hadRecentInput) continue
          for (const { node } of sources) {
            shifts.push(node instanceof Element ? node.outerHTML.slice(0, 120) : (node?.textContent ?? "?"))
          }
        }
      }).observe({ type: "layout-shift", buffered: true })
    })
  })
  test.beforeEach(() => {
    complaints = []
    received = undefined
  })
  test.afterEach(async () => {
    // nothing of this hub is asked for any more: the next one may have its port
    await page.goto("about:blank")
    await context.clearCookies()
    assert.deepStrictEqual(complaints, [], "the console stays empty")
  })
  test.afterAll(() => context?.close())

  const look = async (hub: Hub, viewport = desktop, colorScheme: "light" | "dark" = "light"): Promise<void> => {
    seen = hub
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme })
    await page.goto(hub.url)
    await card("books").waitFor()
  }

  const card = (connection: string, tenant = "Acme Holdings") =>
    page.getByRole("region", { name: tenant }).locator(`[data-connection="${connection}"]`)
  const saw = (text: string | RegExp) => page.locator("ol.feed li").filter({ hasText: text }).first().waitFor()
  const state = (connection: string, text: string, tenant?: string) =>
    card(connection, tenant)
      .locator(".state")
      // a sign, and these words alone: "not connected" is not "connected"
      .filter({ hasText: new RegExp(`^\\s*\\S\\s+${text}\\s*$`, "u") })
      .waitFor()
  const more = async (connection: string, tenant?: string): Promise<void> => {
    const details = card(connection, tenant).locator("details")
    if ((await details.getAttribute("open")) === null) await details.locator("summary").click()
  }
  const click = async (connection: string, name: RegExp, tenant?: string): Promise<void> => {
    if (!name.test("Call")) await more(connection, tenant)
    await card(connection, tenant).getByRole("button", { name }).click()
  }
  const breakIt = (connection: string, name: RegExp): Promise<void> => click(connection, name)
  const step = (name: string, tone: "good" | "doubt" | "bad") => page.locator(`[data-step="${name}"].${tone}`)
  const shifts = () =>
    page.evaluate(async () => {
      // entries are made with the frames that they are of
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      return (globalThis as unknown as { readonly shifts: ReadonlyArray<string> }).shifts
    })

  const names = () => page.locator("[data-connection] h4").allInnerTexts()
  /** waits until these connections are shown, and no others */
  const shows = (expected: ReadonlyArray<string>) =>
    page.waitForFunction(
      (wanted) =>
        [...document.querySelectorAll("[data-connection] h4")].map((each) => each.textContent).join() === wanted,
      expected.join()
    )
  const heightOfHeader = async (): Promise<number> => {
    const box = await page.getByRole("banner").boundingBox()
    return (box?.y ?? 0) + (box?.height ?? 0)
  }

  const connect = async (connection: string, signIn: string): Promise<void> => {
    await card(connection)
      .getByRole("link", { name: /Connect/ })
      .click()
    await page.getByRole("button", { name: signIn }).click()
    await page.getByRole("button", { name: "Allow" }).click()
    await state(connection, "connected")
  }
  const connectPayables = () => connect("payables", "Sign in as xml_gateway@AcmeHoldings")
  const connectBooks = () => connect("books", "Sign in as ada@harbour.example")

  /** what a consent is to a test of something else: given without the pages that ask for it */
  const consentToBooks = async ({ world: { sage, sandbox } }: Hub): Promise<void> => {
    const { cookie, url } = await sage.client("books", { tenant: "acme" }).authorize({ returnTo: "/" })
    await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
    await state("books", "connected")
  }

  for (const [device, viewport, scheme] of [
    ["a desktop, light", desktop, "light"],
    ["a phone, dark", phone, "dark"]
  ] as const) {
    test(`the three steps of "start here" lead somebody who has nothing but the page: ${device}`, async ({ hub }) => {
      await look(hub, viewport, scheme)
      const steps = page.locator("#steps > li")
      assert.strictEqual(await steps.count(), 3)
      for (let number = 0; number < 3; number++) {
        const words = await steps.nth(number).locator(".do").allInnerTexts()
        assert.isNotEmpty(words)
        await steps.nth(number).locator("a").first().click()
        const place = page.locator(":target")
        assert.strictEqual(await place.getAttribute("data-connection"), "books", "the step leads to its connection")
        assert.isAtLeast(await topOf(place), await heightOfHeader(), "the header hides nothing that was gone to")
        for (const word of words) {
          // where the step leads to, or on the pages that come from there
          await page
            .locator(":target a, :target button, :target summary, form button")
            .filter({ hasText: new RegExp(`^\\s*${word}\\b`) })
            .first()
            .click()
        }
        await steps.nth(number).getByText("● done").waitFor()
      }
      await saw(/acme \/ books\s+Call: HTTP 200, 20 records/)
      await step("written", "good").filter({ hasText: "The new pair is stored" }).waitFor()
      await state("books", "connected")
      // who has done it all is not told again
      await page.goto(hub.url)
      await card("books").waitFor()
      assert.isNull(await page.locator("#start").getAttribute("open"))
    })
  }

  test("the glossary says what the documentation says, and the guides that it names are there", async ({ shared }) => {
    await look(shared)
    const documented = readFileSync(new URL("docs/README.md", root), "utf8")
    const words = await page.locator("#words dt").allTextContents()
    const meanings = await page.locator("#words .meaning").allTextContents()
    const examples = await page.locator("#words .example").allTextContents()
    assert.includeMembers(words, ["grant", "pool", "rotation", "meter"])
    assert.lengthOf(examples, words.length, "each word comes with what it is here")
    for (const [index, word] of words.entries()) {
      const [, meaning] = new RegExp(`^\\| ${word} +\\| (.+?) +\\|$`, "m").exec(documented) ?? []
      assert.strictEqual(meanings[index]?.replaceAll(/\s+/g, " ").trim(), meaning?.replaceAll("`", ""), word)
    }
    // a word on the page leads to what it means
    for (const word of ["rotation", "pool", "meter", "lease", "intent", "credential"]) {
      await page.locator(`a[href="#word-${word}"]:visible`).first().click()
      assert.isTrue(await page.locator(`#word-${word}`).isVisible(), word)
    }
    const guides = await page
      .locator(".guides a")
      .evaluateAll((links) => links.map((link) => link.getAttribute("href")))
    assert.isNotEmpty(guides)
    for (const guide of guides) {
      const path = guide?.split("/blob/main/")[1] ?? assert.fail(`${guide} is no file of this repository`)
      assert.isTrue(existsSync(new URL(path, root)), path)
    }
  })

  test("connections are grouped by product, and filtered by tenant, product and state", async ({ shared }) => {
    await look(shared)
    const groups = page.getByRole("region", { name: "Birch Partners" }).getByRole("heading", { level: 3 })
    assert.deepStrictEqual(await groups.allInnerTexts(), ["Intacct", "Business Cloud Accounting", "X3"])
    const all = await names()
    assert.lengthOf(all, 22)
    await page.getByRole("combobox", { name: "Tenant" }).selectOption("Birch Partners")
    await shows(all.slice(0, 11))
    await page.getByRole("combobox", { name: "Product" }).selectOption("X3")
    await shows(all.slice(5, 11))
    assert.deepStrictEqual(await groups.allInnerTexts(), ["X3"])
    await page.getByRole("combobox", { name: "State" }).selectOption("not connected")
    const left = ["erpSso", "erpCloud", "gateway"]
    await shows(left)
    await page.getByText("3 of 22 connections").waitFor()
    // the address keeps what was chosen
    await page.reload()
    await shows(left)
    // so does a consent
    await card("erpSso", "Birch Partners")
      .getByRole("link", { name: /Connect/ })
      .click()
    await page.getByRole("button", { name: "Allow as grace@acme.example" }).click()
    await page.getByText("2 of 22 connections").waitFor()
    await shows(["erpCloud", "gateway"])
    await page.getByRole("combobox", { name: "State" }).selectOption("waiting, or in doubt")
    await page.getByText("No connection is like that at the moment.").waitFor()
    await page.getByRole("button", { name: "Show all" }).click()
    await shows(all)
    assert.strictEqual(page.url(), `${shared.url}/`)
  })

  test("the timeline shows a rotation from its lease to what was written, and how one that gets lost is saved", async ({
    hub
  }) => {
    await look(hub)
    await consentToBooks(hub)
    await page.locator('[data-step="lease"]').filter({ hasText: "One process may renew the grant" }).waitFor()
    await click("books", /^Refresh/)
    await step("written", "good").waitFor()
    const lines = page.locator("ol.rotation li")
    assert.deepStrictEqual(await lines.locator(".text").allInnerTexts(), [
      "Taken: nobody else renews this grant meanwhile",
      "Noted in the store before anything is sent",
      "The refresh token is sent to Sage",
      "HTTP 200, a new token",
      "The new pair is stored, and only now used"
    ])
    const times = await lines
      .locator("data")
      .evaluateAll((all) => all.map((each) => Number(each.getAttribute("value"))))
    assert.lengthOf(times, 5)
    assert.deepStrictEqual(
      times.toSorted((one, other) => one - other),
      times
    )
    assert.strictEqual(times[0], 0)

    await breakIt("books", /Lose a rotation on its way/)
    await step("request", "doubt").filter({ hasText: "Sent once more, with the same refresh token" }).waitFor()
    await step("answer", "good").filter({ hasText: "The first was lost; the second: HTTP 200, a new token" }).waitFor()
    await step("written", "good").waitFor()

    await breakIt("books", /Lose the answer of a rotation/)
    await step("answer", "bad")
      .filter({ hasText: /The first was lost; the second: HTTP 4\d\d, no new token/ })
      .waitFor()
    await step("written", "bad").filter({ hasText: "The grant is dead: a human has to connect again" }).waitFor()
    // what was before can be looked at again
    await page.getByLabel("Which rotation").selectOption({ index: 3 })
    await step("request", "good").waitFor()
    await step("written", "good").waitFor()
  })

  test("what is shown after everything was repaired is what a page that is loaded anew shows", async ({ hub }) => {
    await look(hub)
    await consentToBooks(hub)
    await breakIt("books", /Lose the answer of a rotation/)
    await state("books", "needs a human")
    await breakIt("payables", /Take the authorization server away/)
    await page.getByRole("list", { name: "Broken at the moment" }).getByText("intacct-rest").waitFor()
    await page.getByRole("button", { name: "Repair everything" }).click()
    const header = page.getByRole("banner")
    await header.getByText("Every server works").waitFor()
    // no server can bring a grant back, and nobody is told that it had
    await header.getByText(/1\s+connection\s+needs a human to connect again/).waitFor()
    await saw(/acme \/ books\s+No server can repair a dead grant: connect again/)
    const shown = async () => ({
      states: await page.locator(".state").allInnerTexts(),
      reasons: await page.locator(".reason").allInnerTexts(),
      counts: await page.getByRole("table").innerText(),
      notice: await page.locator("#notice").innerText()
    })
    const before = await shown()
    await page.reload()
    await card("books").waitFor()
    assert.deepStrictEqual(await shown(), before)
    assert.deepStrictEqual(hub.world.sandbox.faults(), [])
    // it leads to those that it counts
    await header.getByRole("link", { name: /needs a human/ }).click()
    await shows(["books"])
    await page.getByRole("button", { name: "Show all" }).click()
    await connectBooks()
    assert.notInclude(await header.innerText(), "needs a human")
  })

  test("times are relative, and a date stands where another day begins", async ({ hub }) => {
    const { clock } = hub.world.sandbox
    // at noon: the day is not to end by itself
    await clock.advance(86_400_000 + 43_200_000 - (clock.now() % 86_400_000))
    await look(hub)
    await consentToBooks(hub)
    await hub.world.sage.client("books", { tenant: "acme" }).refresh()
    await page
      .locator("#rotation .about")
      .filter({ hasText: /acme \/ books, (now|\d+ s ago)/ })
      .waitFor()
    hub.world.feed.add("plain", undefined, "The first thing")
    const first = page.locator("ol.feed li").filter({ hasText: "The first thing" })
    await first.filter({ hasText: /^\s*(now|\d+ s ago)/ }).waitFor()
    hub.world.feed.add("plain", undefined, "The second thing")
    await saw("The second thing")
    assert.strictEqual(await page.locator("ol.feed .day").count(), 0)
    await page.getByRole("button", { name: "Move the clock + 1 day forward" }).click()
    await first.filter({ hasText: /^\s*1 d ago/ }).waitFor()
    await page
      .locator("#rotation .about")
      .filter({ hasText: /acme \/ books, 1 d ago/ })
      .waitFor()
    assert.match(
      (await page.getByLabel("Which rotation").locator("option").allInnerTexts()).join(),
      /^the newest,acme \/ books, 1 d ago$/
    )
    hub.world.feed.add("plain", undefined, "On the next day")
    hub.world.feed.add("plain", undefined, "On the same day")
    await saw("On the same day")
    const today = new Date(hub.world.sandbox.clock.now()).toLocaleDateString("en-GB", {
      dateStyle: "medium",
      timeZone: "UTC"
    })
    assert.deepStrictEqual(await page.locator("ol.feed .day").allInnerTexts(), [today])
    await page.locator("ol.feed li").filter({ hasText: "On the next day" }).getByText(today).waitFor()
    await page.getByRole("banner").getByText(today).waitFor()
  })

  test("what is held still stays as it was, and goes on with what has happened meanwhile", async ({ hub }) => {
    await look(hub)
    await page.getByRole("button", { name: "Hold still" }).click()
    const { sage, sandbox } = hub.world
    const { cookie, url } = await sage.client("books", { tenant: "acme" }).authorize({ returnTo: "/" })
    const told = page.waitForResponse((response) => response.url().includes("/hub/actions"))
    await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
    hub.world.feed.add("bad", "acme / erp", "It came while all was held")
    // heard, and not shown
    await page.locator("#spoken").filter({ hasText: "while all was held" }).waitFor({ state: "attached" })
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    await state("books", "not connected")
    assert.strictEqual(await page.locator("ol.feed li").filter({ hasText: "while all was held" }).count(), 0)
    // what somebody asks for shows all the same
    await click("vendors", /^Call/)
    await told
    await state("vendors", "connected")
    await state("books", "connected")
    await page.getByRole("button", { name: "Go on" }).click()
    await saw("It came while all was held")

    // a board that came meanwhile is not sent again
    await page.getByRole("button", { name: "Hold still" }).click()
    await sage.client("books", { tenant: "acme" }).disconnect()
    await page.getByRole("button", { name: "Go on (news)" }).waitFor()
    await state("books", "connected")
    await page.getByRole("button", { name: "Go on" }).click()
    await state("books", "not connected")
  })

  test("the header stays, wherever the page is scrolled to", async ({ shared }) => {
    for (const viewport of [desktop, phone]) {
      await look(shared, viewport)
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
      await page.waitForFunction(() => scrollY > 500)
      assert.strictEqual(await topOf(page.getByRole("banner")), 0)
      const controls = await page.getByRole("banner").getByRole("button").all()
      assert.lengthOf(controls, 5)
      for (const control of controls) {
        const { width = 0, x = -1 } = (await control.boundingBox()) ?? {}
        assert.isAtLeast(x, 0)
        assert.isAtMost(x + width, viewport.width, "nothing in it has to be looked for")
      }
      // and leads back to what is to be done
      await page.getByRole("banner").getByRole("link", { name: "Start here" }).click()
      const steps = page.locator("#steps")
      assert.isAtLeast(await topOf(steps), await heightOfHeader())
      assert.isBelow(await topOf(steps), viewport.height)
    }
  })

  for (const [device, viewport] of [
    ["a desktop", desktop],
    ["a phone", phone]
  ] as const) {
    test(`nothing moves while data comes: ${device}`, async ({ hub }) => {
      const { feed, sandbox } = hub.world
      const act = async (asked: object): Promise<void> => {
        const response = await fetch(`${hub.url}/hub/actions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ tenant: "acme", connection: "books", ...asked })
        })
        assert.strictEqual(response.status, 200)
      }
      await look(hub, viewport)
      // by no click: what follows one is never counted
      await consentToBooks(hub)
      await act({ action: "call" })
      await saw(/acme \/ books\s+Call: HTTP 200/)
      await act({ action: "break", breakage: "drop-request" })
      await step("written", "good").waitFor()
      await act({ action: "break", breakage: "drop-response" })
      await state("books", "needs a human")
      await act({ action: "break", connection: "ledger", breakage: "fill-pool" })
      await page.locator(".pool").filter({ hasText: "full" }).waitFor()
      for (let line = 0; line < 90; line++)
        feed.add("bad", "acme / erp", `Line ${line} ${"of the feed ".repeat(line % 9)}`)
      await saw("Line 89")
      await act({ action: "repair" })
      await act({ action: "skip", minutes: 1_440 })
      await page.locator(".pool").filter({ hasText: "full" }).waitFor({ state: "detached" })
      feed.add("plain", undefined, "The next day")
      await page.locator("ol.feed .day").waitFor()
      assert.isAbove(sandbox.requests().length, 0)
      assert.deepStrictEqual(await shifts(), [])
    })
  }

  test("a person consents for Intacct REST and Business Cloud, and calls get through", async ({ shared }) => {
    await look(shared)
    await state("books", "not connected")
    await connectPayables()
    await connectBooks()
    assert.strictEqual(page.url(), `${shared.url}/`)
    await click("books", /^Call/)
    await saw(/acme \/ books\s+Call: HTTP 200, 20 records/)
    await click("payables", /^Call/)
    await saw(/acme \/ payables\s+Call: HTTP 200/)
    // by whomever it was sent
    await page.getByText(/^\s*calls answered: [1-9]\d*\s+failed: 0\s*$/).waitFor()
    await state("books", "not connected", "Birch Partners")
    await card("books")
      .getByRole("progressbar", { name: /Credential: \d+ (min|s)/ })
      .waitFor()
    await card("books")
      .getByRole("progressbar", { name: /Grant: \d+ d/ })
      .waitFor()
  })

  test("a declined consent comes back, says why, and can be given after all", async ({ hub }) => {
    await look(hub)
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

  test("a forced expiry is a renewal that nobody notices", async ({ hub }) => {
    await look(hub)
    await consentToBooks(hub)
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

  test("a rotation that never arrived is sent once more, and the grant lives", async ({ hub }) => {
    await look(hub)
    await consentToBooks(hub)
    await breakIt("books", /Lose a rotation on its way/)
    await saw(/The answer to a rotation was lost: it is sent once more/)
    await saw(/Refresh token rotated/)
    await state("books", "connected")
    await click("books", /^Call/)
    await saw(/HTTP 200/)
  })

  test("a lost answer is sent for again, and where the server knows the token no more, the page asks for consent", async ({
    hub
  }) => {
    await look(hub)
    await consentToBooks(hub)
    await breakIt("books", /Lose the answer of a rotation/)
    await saw(/The answer to a rotation was lost: it is sent once more/)
    await saw(/A human has to consent again \(RotationInDoubt\)/)
    await state("books", "needs a human")
    assert.strictEqual(await card("books").getByRole("progressbar", { name: /Grant/ }).count(), 0, "no time is left")
    await card("books").getByText("The answer to a rotation was lost, and the new refresh token with it.").waitFor()
    await connectBooks()
    await click("books", /^Call/)
    await saw(/HTTP 200/)
  })

  test("calls go on while the authorization server is away, and the page says what is broken", async ({ hub }) => {
    await look(hub)
    await consentToBooks(hub)
    await breakIt("books", /Take the authorization server away/)
    await page
      .getByRole("list", { name: "Broken at the moment" })
      .getByText("the authorization server is away")
      .waitFor()
    await click("books", /^Call/)
    await saw(/HTTP 200/)
    await page.getByRole("button", { name: "Repair everything" }).click()
    await saw("Every server works again")
    await click("books", /^Refresh/)
    await saw(/acme \/ books\s+Refreshed/)
  })

  test("a full pool makes calls wait, and all of them are answered", async ({ hub }) => {
    await look(hub)
    await click("ledger", /^Call/)
    await saw(/readByQuery: success/)
    await breakIt("ledger", /Fill the pool/)
    const pool = page.getByRole("region", { name: "Acme Holdings" }).locator(".pool")
    await pool.filter({ hasText: /full: 2 of 2 in use, [1-8] calls? waits?/ }).waitFor()
    await pool.filter({ hasText: "Sage answers 2 requests of a company at a time. The rest wait in order." }).waitFor()
    // in words, by a sign, and in a colour of its own
    assert.strictEqual(await pool.locator(".state.bad").innerText(), "▲ full")
    await page.getByRole("button", { name: "Move the clock + 1 min forward" }).click()
    await saw(/Pool full: all 2 permits are taken/)
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll("ol.feed li")].filter(({ textContent }) =>
          /readByQuery: success/.test(textContent)
        ).length === 9
    )
    await pool.filter({ hasText: /free: 0 of 2 in use, no call waits/ }).waitFor()
  })

  test("the gateway's callback is a POST of another site, and the pairing arrives all the same", async ({ shared }) => {
    await look(shared)
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

  test("a disconnect forgets, and a consent that was taken back asks for another", async ({ hub }) => {
    await look(hub)
    await consentToBooks(hub)
    await click("books", /^Disconnect/)
    await state("books", "not connected")
    await saw(/Disconnected/)
    await consentToBooks(hub)
    await breakIt("books", /Take the consent back/)
    await click("books", /^Refresh/)
    await state("books", "needs a human")
    await connectBooks()
  })

  test("the feed tells of events, and calls that are sent all the time are counted", async ({ hub }) => {
    await look(hub)
    await page.getByRole("button", { name: "Send calls all the time" }).click()
    await page.getByText(/^\s*calls answered: \d{2,}\s+failed: 0\s*$/).waitFor()
    await page.getByRole("button", { name: "Stop the calls" }).click()
    await saw("No more calls")
    const told = await page.locator("ol.feed").innerText()
    assert.match(told, /acme \/ ledger Session opened/)
    // a full pool may be told of: on a busy machine the first calls meet each other
    assert.notMatch(told, /Call: /)
  })

  test("a table tells how many connections of each tenant are in which state, and each number shows its own", async ({
    hub
  }) => {
    await look(hub)
    const cell = (row: string) => page.getByRole("row", { name: row }).getByRole("cell").first()
    const told = async (row: string, count: string): Promise<void> => {
      await cell(row).filter({ hasText: count }).waitFor()
    }
    await told("configured, not used yet", "6")
    await told("not connected", "5")
    await consentToBooks(hub)
    await told("connected", "1")
    await told("not connected", "4")
    await cell("not connected").getByRole("button").click()
    await shows(["payables", "erpSso", "erpCloud", "gateway"])
    assert.strictEqual(new URL(page.url()).search, "?tenant=acme&state=none")
    // what is filtered out can be gone to all the same
    await page.getByRole("table").getByRole("link", { name: "Birch Partners" }).click()
    assert.strictEqual(new URL(page.url()).hash, "#tenant-birch")
    const heading = page.getByRole("heading", { name: "Birch Partners" })
    await heading.waitFor()
    assert.isAtLeast(await topOf(heading), await heightOfHeader(), "the header hides nothing that was gone to")
  })

  test("a server that goes away and comes back is noticed both times, and nothing is told twice", async ({
    hub: first
  }) => {
    let hub = first
    await look(hub)
    await click("ledger", /^Call/)
    await saw(/readByQuery: success/)
    const port = Number(new URL(hub.url).port)
    await first.close()
    const alert = page.getByRole("alert").filter({ hasText: "The server is away" })
    await alert.waitFor()
    await click("ledger", /^Call/)
    await page.getByRole("alert").filter({ hasText: "The server does not answer" }).waitFor()
    hub = await openHub({ port })
    onTestFinished(() => hub.close())
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

  test("a screen reader hears what came of a click, and nothing of what was before", async ({ hub }) => {
    await look(hub)
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

  test("a narrow screen shows the newest line at the bottom, and nothing sticks out", async ({ hub }) => {
    await look(hub, { width: 320, height: 640 }, "dark")
    hub.world.feed.add("bad", "a-tenant-with-a-very-long-name-".repeat(4), "x".repeat(300))
    const latest = page.locator(".latest")
    await latest.filter({ hasText: "xxx" }).waitFor()
    assert.isTrue(await latest.isVisible())
    assert.isAtMost(await sticksOut(page), 0)
    await latest.click()
    assert.strictEqual(new URL(page.url()).hash, "#feed-title")
  })

  test("nothing secret reaches the browser", async ({ hub }) => {
    received = []
    const streamed = await listen(hub)
    await look(hub)
    await connectPayables()
    await connectBooks()
    await click("books", /^Call/)
    await saw(/HTTP 200/)
    await breakIt("books", /Lose the answer of a rotation/)
    await state("books", "needs a human")
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

  test("an action of another site is refused", async ({ shared }) => {
    await look(shared)
    const before = shared.world.feed.entries.length
    const form = await fetch(`${shared.url}/hub/actions`, {
      method: "POST",
      headers: { "content-type": "text/plain", origin: "https://evil.example" },
      body: '{"action":"repair"}'
    })
    assert.strictEqual(form.status, 400)
    const rebound = await new Promise<number | undefined>((resolve, reject) => {
      request(`${shared.url}/`, { headers: { host: "evil.example" } }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
        .once("error", reject)
        .end()
    })
    assert.strictEqual(rebound, 421, "a name that somebody else points at this machine")
    assert.strictEqual(shared.world.feed.entries.length, before)
  })

  test("axe finds nothing to complain about, at any width and in any scheme", async ({ hub }) => {
    await look(hub)
    await consentToBooks(hub)
    await breakIt("books", /Lose the answer of a rotation/)
    await state("books", "needs a human")
    await breakIt("books", /Take the authorization server away/)
    await breakIt("ledger", /Fill the pool/)
    await page.locator(".pool").filter({ hasText: "full" }).waitFor()
    await page.locator("#words > summary").click()
    // another tenant has nothing that this one has not
    await page.getByRole("combobox", { name: "Tenant" }).selectOption("Acme Holdings")
    for (const [name, viewport] of [
      ["desktop", desktop],
      ["phone", phone]
    ] as const) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme })
        assert.deepStrictEqual(await violationsOf(page), [], `${name}, ${colorScheme}`)
        assert.isAtMost(await sticksOut(page), 0, `nothing sticks out sideways: ${name}`)
        await page.screenshot({ path: `${artefacts}${name}-${colorScheme}.png` })
      }
    }
  })

  test("everything can be reached and done by keyboard", async ({ shared }) => {
    await look(shared)
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
