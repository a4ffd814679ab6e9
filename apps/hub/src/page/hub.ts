import { render } from "lit-html"
import type { Board, Entry } from "../Board.ts"
import { everything, type Filter, readFilter, searchOf } from "./filters.ts"
import { rotation, rotations } from "./rotation.ts"
import {
  type Click,
  clock,
  controls,
  feed,
  feedControls,
  filters,
  glance,
  latest,
  notice,
  sharing,
  tenants
} from "./views.ts"

/** how many lines the feed keeps, and how many more it may have before the oldest go, all at once */
const kept = 200

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
/** what came while everything is held still: none of it is sent again */
let held: Board | undefined
let news = false
let lost = false
let problem: string | undefined = unfinished()
let filter: Filter = everything
let chosen: number | undefined
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

/** takes a board, unless a newer one was taken */
const take = (newer: Board): void => {
  if (board !== undefined && newer.reading <= board.reading) return
  if (board === undefined) filter = readFilter(location.search, newer)
  board = newer
  receivedAt = performance.now()
}

const ask = async (body: Click): Promise<void> => {
  const { connection, tenant } = body
  asked = { who: tenant === undefined ? undefined : `${tenant} / ${connection}` }
  try {
    const response = await fetch("/hub/actions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
    problem = response.ok ? undefined : complaintIn(await response.text())
    // what became of a click shows, also to somebody who holds the rest still
    if (response.ok) take((await response.json()) as Board)
  } catch {
    problem = "The server does not answer."
  }
  draw()
}

const choose = (wanted: Filter): void => {
  filter = wanted
  history.replaceState(history.state, "", `/${searchOf(filter)}${location.hash}`)
  draw()
}

const say = (text: string): void => {
  element("spoken").textContent = text
}

const mark = (id: string, done: boolean): void => {
  const step = element(id)
  step.textContent = done ? "● done" : "○ to do"
  step.classList.toggle("good", done)
}

let drawn = false

const drawFeedControls = (): void => {
  const toggle = (): void => {
    paused = !paused
    if (held !== undefined) take(held)
    held = undefined
    news = false
    draw()
  }
  render(feedControls({ news, paused, toggle }), element("feed-controls"))
}

const drawFeed = (toEnd = false): void => {
  const before = document.querySelector("ol.feed")
  // somebody who reads an older line goes on reading it
  const follows = toEnd || before === null || before.scrollHeight - before.scrollTop - before.clientHeight < 4
  render(feed(entries, now()), element("feed"))
  const after = document.querySelector("ol.feed")
  if (follows && after !== null) after.scrollTop = after.scrollHeight
}

let due = false

/** draws with the next frame, once for all that has come until then */
const draw = (): void => {
  if (due) return
  due = true
  requestAnimationFrame(() => {
    due = false
    drawNow()
  })
}

const drawNow = (): void => {
  if (board === undefined) return
  // what the page says until there is something to show
  if (!drawn) element("glance").replaceChildren()
  render(clock(now()), element("clock"))
  render(controls({ board, ask }), element("controls"))
  render(notice({ board, choose, lost, problem }), element("notice"))
  render(glance({ board, filter, choose }), element("glance"))
  render(filters({ board, filter, choose }), element("filters"))
  render(tenants(board, { now: now(), ask, filter }), element("tenants"))
  render(sharing(board), element("sharing"))
  const { rotations: all, started } = board
  mark("step-connected", started.connected)
  mark("step-called", started.called)
  mark("step-rotated", started.rotated)
  render(rotation(all.find(({ id }) => id === chosen) ?? all[0], now()), element("rotation"))
  const chooseRotation = (id: number | undefined): void => {
    chosen = id
    draw()
  }
  render(rotations(all, { choose: chooseRotation, chosen, now: now() }), element("rotations"))
  drawFeedControls()
  drawFeed()
  render(latest(entries.at(-1)), element("latest"))
  if (drawn) return
  drawn = true
  element("aside").hidden = false
  drawFeed(true)
  // the place that an address names was not there when the page was opened
  if (location.hash !== "") document.getElementById(location.hash.slice(1))?.scrollIntoView()
}

/** draws what has come, or says that there is something to go on with */
const arrived = (): void => {
  if (!paused) return draw()
  news = true
  drawFeedControls()
}

const source = new EventSource("/hub/stream")
source.addEventListener("open", () => {
  // the server tells again what was before, and counts its boards anew
  entries = []
  board = undefined
  live = false
  lost = false
})
source.addEventListener("error", () => {
  lost = true
  draw()
})
source.addEventListener("board", ({ data }: MessageEvent<string>) => {
  live = true
  const newer = JSON.parse(data) as Board
  // what an earlier server had is not held
  const first = board === undefined
  if (paused && !first) held = newer
  else take(newer)
  if (first) draw()
  else arrived()
})
source.addEventListener("entry", ({ data }: MessageEvent<string>) => {
  const entry = JSON.parse(data) as Entry
  entries = entries.length < 2 * kept ? [...entries, entry] : [...entries.slice(-kept), entry]
  // one voice for what went wrong and what was asked for; the rest can be read
  const answers = asked !== undefined && asked.who === entry.who
  if (live && (answers || entry.tone === "bad"))
    say([entry.who, entry.text].filter((part) => part !== undefined).join(": "))
  arrived()
})
setInterval(() => {
  if (!paused) draw()
}, 1_000)
