import { assert } from "vitest"
import type { Hub } from "../src/Hub.ts"
import { shown } from "./browser.ts"
import {
  breakIt,
  card,
  click,
  connectBooks,
  connectPayables,
  consentToBooks,
  describePage,
  look,
  page,
  receive,
  saw,
  shows,
  state,
  step,
  test
} from "./hubPage.ts"

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

/** what a reader would compare */
const whatIsShown = async () => ({
  states: await page.locator(".state").allInnerTexts(),
  reasons: await page.locator(".reason").allInnerTexts(),
  counts: await page.getByRole("table").innerText(),
  notice: await page.locator("#notice").innerText()
})

describePage("consents, and what breaks, in a browser", () => {
  test("the timeline shows a rotation from its lease to what was written, and how one that gets lost is saved", async ({
    hub
  }) => {
    await look(hub)
    await consentToBooks(hub)
    await shown(page.locator('[data-step="lease"]').filter({ hasText: "One process may renew the grant" }))
    await click("books", /^Refresh/)
    await shown(step("written", "good"))
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
    await shown(step("request", "doubt").filter({ hasText: "Sent once more, with the same refresh token" }))
    await shown(step("answer", "good").filter({ hasText: "The first was lost; the second: HTTP 200, a new token" }))
    await shown(step("written", "good"))

    await breakIt("books", /Lose the answer of a rotation/)
    await shown(step("answer", "bad").filter({ hasText: /The first was lost; the second: HTTP 4\d\d, no new token/ }))
    await shown(step("written", "bad").filter({ hasText: "The grant is dead: a human has to connect again" }))
    // what was before can be looked at again
    await page.getByLabel("Which rotation").selectOption({ index: 3 })
    await shown(step("request", "good"))
    await shown(step("written", "good"))
  })

  test("what is shown after everything was repaired is what a page that is loaded anew shows", async ({ hub }) => {
    await look(hub)
    await consentToBooks(hub)
    await breakIt("books", /Lose the answer of a rotation/)
    await state("books", "needs a human")
    await breakIt("payables", /Take the authorization server away/)
    await shown(page.getByRole("list", { name: "Broken at the moment" }).getByText("intacct-rest"))
    await page.getByRole("button", { name: "Repair everything" }).click()
    const header = page.getByRole("banner")
    await shown(header.getByText("Every server works"))
    // no server can bring a grant back, and nobody is told that it had
    await shown(header.getByText(/1\s+connection\s+needs a human to connect again/))
    await saw(/acme \/ books\s+No server can repair a dead grant: connect again/)
    const before = await whatIsShown()
    await page.reload()
    await shown(card("books"))
    assert.deepStrictEqual(await whatIsShown(), before)
    assert.deepStrictEqual(hub.world.sandbox.faults(), [])
    // it leads to those that it counts
    await header.getByRole("link", { name: /needs a human/ }).click()
    await shows(["books"])
    await page.getByRole("button", { name: "Show all" }).click()
    await connectBooks()
    assert.notInclude(await header.innerText(), "needs a human")
  })

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
    await shown(page.getByText(/^\s*calls answered: [1-9]\d*\s+failed: 0\s*$/))
    await state("books", "not connected", "birch")
    await shown(card("books").getByRole("progressbar", { name: /Credential: \d+ (min|s)/ }))
    await shown(card("books").getByRole("progressbar", { name: /Grant: \d+ d/ }))
  })

  test("a declined consent comes back, says why, and can be given after all", async ({ hub }) => {
    await look(hub)
    await card("books")
      .getByRole("link", { name: /Connect/ })
      .click()
    await page.getByRole("button", { name: "Sign in as ada@harbour.example" }).click()
    await page.getByRole("button", { name: /Deny|Decline|Cancel/ }).click()
    const told = page.getByRole("alert").filter({ hasText: "business-cloud.access-denied" })
    await shown(told.filter({ hasText: "The consent was declined, and nothing was changed" }))
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
    await shown(card("books").getByText("The answer to a rotation was lost, and the new refresh token with it."))
    await connectBooks()
    await click("books", /^Call/)
    await saw(/HTTP 200/)
  })

  test("calls go on while the authorization server is away, and the page says what is broken", async ({ hub }) => {
    await look(hub)
    await consentToBooks(hub)
    await breakIt("books", /Take the authorization server away/)
    await shown(page.getByRole("list", { name: "Broken at the moment" }).getByText("the authorization server is away"))
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
    await shown(pool.filter({ hasText: /full: 2 of 2 in use, [1-8] calls? waits?/ }))
    await shown(pool.filter({ hasText: "Sage answers 2 requests of a company at a time. The rest wait in order." }))
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
    await shown(pool.filter({ hasText: /free: 0 of 2 in use, no call waits/ }))
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

  test("nothing secret reaches the browser", async ({ hub }) => {
    const received = receive()
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
    const sent = [
      ...received,
      stream,
      await page.content(),
      JSON.stringify(await page.context().cookies(hub.url))
    ].join("\n")
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
      assert.notInclude(sent, secret)
    }
  })
})
