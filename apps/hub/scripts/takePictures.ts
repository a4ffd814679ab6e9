/**
 * Takes the pictures of the README, in docs/images: the hub with a full pool, a dead grant and a rotation that was
 * saved. `CHROMIUM_PATH` names the browser where it is not Debian's.
 */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"
import { openHub } from "../src/Hub.ts"

const images = fileURLToPath(new URL("../../../docs/images/", import.meta.url))
const hub = await openHub()
const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"]
})
const { sage, sandbox } = hub.world

const act = async (asked: object): Promise<void> => {
  await fetch(`${hub.url}/hub/actions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ tenant: "acme", ...asked })
  })
}

for (const connection of ["books", "payables"] as const) {
  const { cookie, url } = await sage.client(connection, { tenant: "acme" }).authorize({ returnTo: "/" })
  await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
  await act({ action: "call", connection })
}
for (const connection of ["ledger", "vendors"]) await act({ action: "call", connection })
await act({ action: "break", connection: "books", breakage: "drop-response" })
await act({ action: "break", connection: "payables", breakage: "drop-request" })

for (const [name, viewport, colorScheme, filter] of [
  ["hub-desktop", { width: 1280, height: 1330 }, "light", "?tenant=acme"],
  ["hub-phone", { width: 390, height: 844 }, "dark", ""]
] as const) {
  const page = await browser.newPage({ viewport, colorScheme, reducedMotion: "reduce" })
  await page.goto(`${hub.url}/${filter}`)
  await page.locator('[data-connection="books"].bad').waitFor()
  if (name === "hub-desktop") {
    await act({ action: "break", connection: "ledger", breakage: "fill-pool" })
    await page.locator(".pool").filter({ hasText: "full" }).waitFor()
    await page.locator("ol.feed").getByText("Pool full").waitFor()
  } else {
    await page.locator("#acme-books").evaluate((row) => row.scrollIntoView({ block: "center" }))
  }
  const devtools = await page.context().newCDPSession(page)
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 80 })
  writeFileSync(`${images}${name}.webp`, Buffer.from(data, "base64"))
  await page.close()
}

await browser.close()
await hub.close()
