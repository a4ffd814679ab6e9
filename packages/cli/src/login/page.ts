import { createHash } from "node:crypto"
import type { ServerResponse } from "node:http"

const style =
  ":root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}main{max-width:36rem;margin:20vh auto;padding:0 1rem}"

// the code has been used up, or never was one of ours: it need not stand in the history of the browser
const script = 'history.replaceState(null,"",location.pathname)'

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`

const headers = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  connection: "close"
}

/** What the browser shows. Every text of it is one of these: nothing that arrived is repeated. */
const pages = {
  done: [200, "You are signed in", "You may close this window. The terminal goes on."],
  failed: [400, "You are not signed in", "You may close this window. The terminal says what was wrong."],
  waiting: [400, "This is not the answer", "The command still waits for the answer of Sage. The terminal says more."],
  nothing: [404, "There is nothing here", "You may close this window."],
  method: [405, "There is nothing here", "You may close this window."],
  large: [413, "This is not the answer", "You may close this window."]
} as const

/** Answers with a page. Resolves when the browser has it, or is gone. */
export const showPage = (response: ServerResponse, page: keyof typeof pages): Promise<void> =>
  new Promise((resolve) => {
    const [status, title, text] = pages[page]
    const isEnd = page === "done" || page === "failed"
    response.once("close", resolve)
    response.writeHead(status, headers)
    response.end(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><style>${style}</style></head><body><main><h1>${title}</h1><p>${text}</p></main>${isEnd ? `<script>${script}</script>` : ""}</body></html>\n`
    )
  })
