import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { request } from "node:http"
import { fileURLToPath } from "node:url"
import { assert, onTestFinished } from "vitest"
import { openHub } from "../src/Hub.ts"
import { desktop, gone, phone, shown, sticksOut, there, violationsOf } from "./browser.ts"
import {
  breakIt,
  card,
  click,
  complaints,
  consentToBooks,
  describePage,
  heightOfHeader,
  look,
  names,
  page,
  saw,
  shifts,
  shows,
  state,
  step,
  test,
  topOf
} from "./hubPage.ts"

const artefacts = fileURLToPath(new URL("../.screenshots/", import.meta.url))
const root = new URL("../../../", import.meta.url)

const cell = (row: string) => page.getByRole("row", { name: row }).getByRole("cell").first()

describePage("the hub in a browser", () => {
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
        await shown(steps.nth(number).getByText("● done"))
      }
      await saw(/acme \/ books\s+Call: HTTP 200, 20 records/)
      await shown(step("written", "good").filter({ hasText: "The new pair is stored" }))
      await state("books", "connected")
      // who has done it all is not told again
      await page.goto(hub.url)
      await shown(card("books"))
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
    await shown(page.getByText("3 of 22 connections"))
    // the address keeps what was chosen
    await page.reload()
    await shows(left)
    // so does a consent
    await card("erpSso", "birch")
      .getByRole("link", { name: /Connect/ })
      .click()
    await page.getByRole("button", { name: "Allow as grace@acme.example" }).click()
    await shown(page.getByText("2 of 22 connections"))
    await shows(["erpCloud", "gateway"])
    await page.getByRole("combobox", { name: "State" }).selectOption("waiting, or in doubt")
    await shown(page.getByText("No connection is like that at the moment."))
    await page.getByRole("button", { name: "Show all" }).click()
    await shows(all)
    assert.strictEqual(page.url(), `${shared.url}/`)
  })

  test("times are relative, and a date stands where another day begins", async ({ hub }) => {
    const { clock } = hub.world.sandbox
    // at noon: the day is not to end by itself
    await clock.advance(86_400_000 + 43_200_000 - (clock.now() % 86_400_000))
    await look(hub)
    await consentToBooks(hub)
    await hub.world.sage.client("books", { tenant: "acme" }).refresh()
    await shown(page.locator("#rotation .about").filter({ hasText: /acme \/ books, (now|\d+ s ago)/ }))
    hub.world.feed.add("plain", undefined, "The first thing")
    const first = page.locator("ol.feed li").filter({ hasText: "The first thing" })
    await shown(first.filter({ hasText: /^\s*(now|\d+ s ago)/ }))
    hub.world.feed.add("plain", undefined, "The second thing")
    await saw("The second thing")
    assert.strictEqual(await page.locator("ol.feed .day").count(), 0)
    await page.getByRole("button", { name: "Move the clock + 1 day forward" }).click()
    await shown(first.filter({ hasText: /^\s*1 d ago/ }))
    await shown(page.locator("#rotation .about").filter({ hasText: /acme \/ books, 1 d ago/ }))
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
    await shown(page.locator("ol.feed li").filter({ hasText: "On the next day" }).getByText(today))
    await shown(page.getByRole("banner").getByText(today))
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
    await there(page.locator("#spoken").filter({ hasText: "while all was held" }))
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
    await shown(page.getByRole("button", { name: "Go on (news)" }))
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
      await shown(step("written", "good"))
      await act({ action: "break", breakage: "drop-response" })
      await state("books", "needs a human")
      // with a session: a login would have the first slow answer
      await act({ action: "call", connection: "ledger" })
      await act({ action: "break", connection: "ledger", breakage: "fill-pool" })
      await shown(page.locator(".pool").filter({ hasText: "full" }))
      for (let line = 0; line < 90; line++)
        feed.add("bad", "acme / erp", `Line ${line} ${"of the feed ".repeat(line % 9)}`)
      await saw("Line 89")
      await act({ action: "repair" })
      await act({ action: "skip", minutes: 1_440 })
      await gone(page.locator(".pool").filter({ hasText: "full" }))
      feed.add("plain", undefined, "The next day")
      await shown(page.locator("ol.feed .day"))
      assert.isAbove(sandbox.requests().length, 0)
      assert.deepStrictEqual(await shifts(), [])
    })
  }

  test("the feed tells of events, and calls that are sent all the time are counted", async ({ hub }) => {
    await look(hub)
    await page.getByRole("button", { name: "Send calls all the time" }).click()
    await shown(page.getByText(/^\s*calls answered: ([5-9]|\d{2,})\s+failed: 0\s*$/))
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
    const told = async (row: string, count: string): Promise<void> => {
      await shown(cell(row).filter({ hasText: count }))
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
    await shown(heading)
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
    await shown(alert)
    await click("ledger", /^Call/)
    await shown(page.getByRole("alert").filter({ hasText: "The server does not answer" }))
    hub = await openHub({ port })
    onTestFinished(() => hub.close())
    hub.world.feed.add("plain", undefined, "Told once")
    await saw("Told once")
    await gone(alert)
    await click("ledger", /^Call/)
    await saw(/readByQuery: success/)
    assert.deepStrictEqual(await page.getByRole("alert").allInnerTexts(), [])
    const told = await page.locator("ol.feed li").allInnerTexts()
    assert.strictEqual(told.filter((text) => text.includes("Told once")).length, 1)
    assert.strictEqual(told.filter((text) => text.includes("readByQuery: success")).length, 1, "nothing of the old one")
    assert.match(complaints.join("\n"), /ERR_/)
    complaints.length = 0
  })

  test("a screen reader hears what came of a click, and nothing of what was before", async ({ hub }) => {
    await look(hub)
    hub.world.feed.add("bad", "acme / erp", "Something else went wrong")
    await there(page.locator("#spoken").filter({ hasText: "Something else went wrong" }))
    await click("vendors", /^Call/)
    await there(page.locator("#spoken").filter({ hasText: /acme \/ vendors: Call: HTTP 200/ }))
    hub.world.feed.add("bad", "acme / erp", "The last thing before")
    await saw("The last thing before")
    await page.reload()
    await saw("The last thing before")
    await shown(card("books"))
    assert.strictEqual(await page.locator("#spoken").innerText(), "")
  })

  test("a narrow screen shows the newest line at the bottom, and nothing sticks out", async ({ hub }) => {
    await look(hub, { width: 320, height: 640 }, "dark")
    hub.world.feed.add("bad", "a-tenant-with-a-very-long-name-".repeat(4), "x".repeat(300))
    const latest = page.locator(".latest")
    await shown(latest.filter({ hasText: "xxx" }))
    assert.isTrue(await latest.isVisible())
    assert.isAtMost(await sticksOut(page), 0)
    await latest.click()
    assert.strictEqual(new URL(page.url()).hash, "#feed-title")
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
    // with a session: a login would have the first slow answer
    await click("ledger", /^Call/)
    await saw(/readByQuery: success/)
    await breakIt("ledger", /Fill the pool/)
    await shown(page.locator(".pool").filter({ hasText: "full" }))
    await page.locator("#words > summary").click()
    // another tenant has nothing that this one has not
    await page.getByRole("combobox", { name: "Tenant" }).selectOption("Acme Holdings")
    mkdirSync(artefacts, { recursive: true })
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
    await shown(card("ledger").getByRole("button", { name: /Kill the session/ }))
  })
})
