import { render } from "lit-html"
import type { Board, Entry } from "../Board.ts"
import { type Asked, controls, feed, feedControls, tenants } from "./views.ts"

/** how many lines the feed shows */
const shown = 80

const element = (id: string): HTMLElement => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

/** what a consent came to that brought its user back here without one */
const unfinished = (): string | undefined => {
  const address = new URL(location.href)
  const code = address.searchParams.get("sage_error")
  if (code === null) return undefined
  // a page that is loaded again has nothing new to tell
  address.searchParams.delete("sage_error")
  history.replaceState(history.state, "", address)
  return code.endsWith(".access-denied")
    ? `The consent was declined, and nothing was changed (${code}).`
    : `The consent was not completed (${code}). Connect once more.`
}

let board: Board | undefined
let receivedAt = 0
let entries: ReadonlyArray<Entry> = []
let paused = false
let lost = false
let problem: string | undefined = unfinished()
/** whether what the stream tells is news, and not what was before this page looked */
let live = false
/** whom the last click was about */
let asked: { readonly who: string | undefined } | undefined

/** the sandbox's clock, as far as is known between two boards */
const now = (): number => (board === undefined ? 0 : board.now + (paused ? 0 : performance.now() - receivedAt))

/** why something asked for was not done: words of this server's, or a problem (RFC 9457) */
const complaintIn = (text: string): string => {
  try {
    const { detail, title } = JSON.parse(text) as { readonly detail?: string; readonly title?: string }
    return detail ?? title ?? text
  } catch {
    return text.trim()
  }
}

const ask = async (body: Asked): Promise<void> => {
  const { connection, tenant } = body
  asked = { who: tenant === undefined ? undefined : `${tenant} / ${connection}` }
  try {
    const response = await fetch("/hub/actions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    problem = response.ok ? undefined : complaintIn(await response.text())
  } catch {
    problem = "The server does not answer."
  }
  draw()
}

const say = (text: string): void => {
  element("spoken").textContent = text
}

let drawn = false

const draw = (): void => {
  if (board === undefined) return
  // what the page says until there is something to show
  if (!drawn) element("tenants").replaceChildren()
  drawn = true
  render(controls({ board, now: now(), ask, lost, problem }), element("controls"))
  render(tenants({ board, now: now(), ask }), element("tenants"))
  render(
    feedControls({
      paused,
      toggle: () => {
        paused = !paused
        draw()
      }
    }),
    element("feed-controls")
  )
  render(feed(entries), element("feed"))
}

const source = new EventSource("/hub/stream")
source.addEventListener("open", () => {
  // the server tells again what was before
  entries = []
  live = false
  lost = false
  draw()
})
source.addEventListener("error", () => {
  lost = true
  draw()
})
source.addEventListener("board", ({ data }: MessageEvent<string>) => {
  live = true
  if (paused) return
  board = JSON.parse(data) as Board
  receivedAt = performance.now()
  draw()
})
source.addEventListener("entry", ({ data }: MessageEvent<string>) => {
  const entry = JSON.parse(data) as Entry
  entries = [entry, ...entries].slice(0, shown)
  // one voice for what went wrong and what was asked for; the rest can be read
  const answers = asked !== undefined && asked.who === entry.who
  if (live && (answers || entry.tone === "bad"))
    say([entry.who, entry.text].filter((part) => part !== undefined).join(": "))
  if (!paused) draw()
})
setInterval(() => {
  if (!paused) draw()
}, 250)
