import { existsSync } from "node:fs"

const known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]

/** Where the browser is; undefined: there is none on this machine. */
export const browserPath: string | undefined = [process.env["CHROMIUM_PATH"], ...known].find(
  (path) => path !== undefined && path !== "" && existsSync(path)
)

/** Why tests in a browser are skipped; undefined: they are not. Where tests have to be complete, none is. */
export const skipped: string | undefined =
  browserPath !== undefined || process.env["CI"] !== undefined
    ? undefined
    : " (skipped: no Chromium on this machine: install it, or name it in CHROMIUM_PATH)"

/**
 * Features that no page needs: what Playwright leaves out, which this list takes the place of, and the pages behind the
 * address bar, which Chromium draws for each new context.
 */
const unneeded = [
  "AimEnabled",
  "AvoidCorsURLLoaderRestartOnRedirect",
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "HttpsFirstBalancedModeAutoEnable",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "NetworkTimeServiceQuerying",
  "OptimizationHints",
  "PaintHolding",
  "PreconnectToSearch",
  "ThirdPartyStoragePartitioning",
  "WebUIOmniboxAimPopup",
  "WebUIOmniboxFullPopup",
  "WebUIOmniboxPopup"
]

/** How Playwright launches it, without its own errands over the network. */
export const launching = (): { readonly executablePath: string; readonly args: Array<string> } => {
  if (browserPath === undefined) throw new Error("no Chromium here: install it, or name it in CHROMIUM_PATH")
  return {
    executablePath: browserPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      // few processes: each page and each site would be given one of its own
      "--no-zygote",
      "--renderer-process-limit=1",
      "--disable-site-isolation-trials",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--disable-features=${unneeded.join()}`
    ]
  }
}
