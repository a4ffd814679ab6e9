import type { BrowserContext, Locator, Page } from "playwright-core"
import { assert, describe } from "vitest"
import { type Hub, openHub } from "../src/Hub.ts"
import { desktop, patience, shown, skipped, test as inBrowser } from "./browser.ts"

/**
 * `hub` is one of a test's own, which may break things. `shared` is one for all tests that do not: each of them acts on
 * connections that no other one touches.
 */
export const test = inBrowser
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

export const topOf = async (what: Locator): Promise<number> => (await what.boundingBox())?.y ?? Number.NaN

/** The one page of a file's tests, from its first test on. */
export let page: Page
let context: BrowserContext
let seen: Hub
/** what the console was told; a test that expects something empties it */
export const complaints: Array<string> = []
/** all that the browser is sent; undefined: no test asks for it */
let received: Array<string> | undefined

/** from now on, all that this test's hub sends to the browser */
export const receive = (): ReadonlyArray<string> => (received = [])

/** Tests of the hub's page, each of which ends with an empty console. */
export const describePage = (title: string, tests: () => void): void => {
  describe.skipIf(skipped !== undefined)(`${title}${skipped ?? ""}`, () => {
    test.beforeAll(async ({ browser }) => {
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
      complaints.length = 0
      received = undefined
    })
    test.afterEach(async () => {
      // nothing of this hub is asked for any more: the next one may have its port
      await page.goto("about:blank")
      await context.clearCookies()
      assert.deepStrictEqual(complaints, [], "the console stays empty")
    })
    test.afterAll(() => context?.close())
    tests()
  })
}

export const look = async (hub: Hub, viewport = desktop, colorScheme: "light" | "dark" = "light"): Promise<void> => {
  seen = hub
  await page.setViewportSize(viewport)
  await page.emulateMedia({ colorScheme })
  await page.goto(hub.url)
  await shown(card("books"))
}

export const card = (connection: string, tenant = "acme") => page.locator(`#${tenant}-${connection}`)
export const saw = (text: string | RegExp) => shown(page.locator("ol.feed li").filter({ hasText: text }).first())
export const state = (connection: string, text: string, tenant?: string) =>
  shown(
    card(connection, tenant)
      .locator(".state")
      // a sign, and these words alone: "not connected" is not "connected"
      .filter({ hasText: new RegExp(`^\\s*\\S\\s+${text}\\s*$`, "u") })
  )
export const more = async (connection: string, tenant?: string): Promise<void> => {
  const details = card(connection, tenant).locator("details")
  if ((await details.getAttribute("open")) === null) await details.locator("summary").click()
}
export const click = async (connection: string, name: RegExp, tenant?: string): Promise<void> => {
  if (!name.test("Call")) await more(connection, tenant)
  await card(connection, tenant).getByRole("button", { name }).click()
}
export const breakIt = (connection: string, name: RegExp): Promise<void> => click(connection, name)
export const step = (name: string, tone: "good" | "doubt" | "bad") => page.locator(`[data-step="${name}"].${tone}`)
export const shifts = () =>
  page.evaluate(async () => {
    // entries are made with the frames that they are of
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
    return (globalThis as unknown as { readonly shifts: ReadonlyArray<string> }).shifts
  })

export const names = () => page.locator("[data-connection] h4").allInnerTexts()
/** waits until these connections are shown, and no others */
export const shows = (expected: ReadonlyArray<string>) =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll("[data-connection] h4")].map((each) => each.textContent).join() === wanted,
    expected.join()
  )
export const heightOfHeader = async (): Promise<number> => {
  const box = await page.getByRole("banner").boundingBox()
  return (box?.y ?? 0) + (box?.height ?? 0)
}

export const connect = async (connection: string, signIn: string): Promise<void> => {
  await card(connection)
    .getByRole("link", { name: /Connect/ })
    .click()
  await page.getByRole("button", { name: signIn }).click()
  await page.getByRole("button", { name: "Allow" }).click()
  await state(connection, "connected")
}
export const connectPayables = () => connect("payables", "Sign in as xml_gateway@AcmeHoldings")
export const connectBooks = () => connect("books", "Sign in as ada@harbour.example")

/** what a consent is to a test of something else: given without the pages that ask for it */
export const consentToBooks = async ({ world: { sage, sandbox } }: Hub): Promise<void> => {
  const { cookie, url } = await sage.client("books", { tenant: "acme" }).authorize({ returnTo: "/" })
  await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
  await state("books", "connected")
}
