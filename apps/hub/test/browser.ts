import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { setTimeout } from "node:timers/promises"
import { chromium, type Locator, type Page } from "playwright-core"
import { test as base } from "vitest"
import { launching } from "../../../tests/src/chromium.ts"

export { skipped } from "../../../tests/src/chromium.ts"

/** in milliseconds: ends what hangs, and nothing that a busy machine is slow at */
export const patience = 100_000

export const desktop = { width: 1400, height: 1000 }
export const phone = { width: 390, height: 844 }

/** Tests that share one browser, whatever file they are in. */
// oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern what a fixture needs
export const test = base.extend("browser", { scope: "worker" }, async ({}, { onCleanup }) => {
  const browser = await chromium.launch(launching())
  onCleanup(() => browser.close())
  return browser
})

/** how long what is waited for is left alone between two looks, in milliseconds: looks take their time from the page */
const pause = 80

/** Waits for the page, and not as Playwright does: that looks again after pauses that grow to half a second. */
const until = async (what: Locator, holds: () => Promise<boolean>): Promise<void> => {
  const late = performance.now() + patience
  while (!(await holds())) {
    if (performance.now() > late) throw new Error(`still waiting for ${what.toString()}`)
    await setTimeout(pause)
  }
}

/** Waits until it is seen. */
export const shown = (what: Locator): Promise<void> => until(what, () => what.isVisible())

/** Waits until the page has it, seen or not. */
export const there = (what: Locator): Promise<void> => until(what, async () => (await what.count()) > 0)

/** Waits until the page has it no more. */
export const gone = (what: Locator): Promise<void> => until(what, async () => (await what.count()) === 0)

const checker = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

/** What axe has against a page as it is now. Evaluated, not added: the pages let in no script of others. */
export const violationsOf = async (page: Page): Promise<ReadonlyArray<string>> => {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(checker)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      readonly axe: {
        run(options: object): Promise<{
          violations: ReadonlyArray<{ id: string; nodes: ReadonlyArray<{ html: string }> }>
        }>
      }
    }
    // what is not looked at is not worked out
    const { violations } = await axe.run({ resultTypes: ["violations"], selectors: false })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`)
  })
}

/** By how many pixels something sticks out sideways. */
export const sticksOut = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
