import { html, nothing, type TemplateResult } from "lit-html"
import { ifDefined } from "lit-html/directives/if-defined.js"
import { repeat } from "lit-html/directives/repeat.js"
import type { Board, CompanyShown, ConnectionShown, Entry, Span, State, TenantShown, TrafficShown } from "../Board.ts"
import { clockTime, duration, money } from "./texts.ts"

/** What a click asks for, and of which connection where it is about one. */
export interface Asked {
  readonly action: string
  readonly tenant?: string
  readonly connection?: string
  readonly [detail: string]: unknown
}

/** Sends a click to the server. */
export type Ask = (asked: Asked) => Promise<void>

const states: Readonly<Record<State, { readonly sign: string; readonly text: string; readonly tone: string }>> = {
  connected: { sign: "●", text: "connected", tone: "good" },
  configured: { sign: "○", text: "configured, not used yet", tone: "plain" },
  storing: { sign: "◐", text: "being stored", tone: "doubt" },
  pairing: { sign: "◐", text: "waiting for the pairing", tone: "doubt" },
  "in-doubt": { sign: "◆", text: "in doubt", tone: "doubt" },
  stalled: { sign: "◆", text: "held by a process that hangs", tone: "bad" },
  "reauthorization-required": { sign: "▲", text: "consent needed", tone: "bad" },
  disconnected: { sign: "○", text: "not connected", tone: "plain" }
}

const skips = [
  { label: "1 minute", minutes: 1 },
  { label: "10 minutes", minutes: 10 },
  { label: "1 day", minutes: 24 * 60 }
]

const button = (label: string, act: () => void, name?: string, kind = ""): TemplateResult =>
  html`<button type="button" class=${kind} aria-label=${ifDefined(name)} @click=${act}>${label}</button>`

/** How the calls fare that are sent all the time. */
const calls = ({ answered, failed }: TrafficShown): TemplateResult => html`
  <p class="calls">
    ${answered.toLocaleString("en")} calls answered,
    <span class=${failed === 0 ? "" : "bad"}>${failed.toLocaleString("en")} failed</span>
  </p>
`

/** The clock, what is broken, and what can be done to all of it. */
export const controls = ({
  ask,
  board,
  lost,
  now,
  problem
}: {
  readonly board: Board
  readonly now: number
  readonly ask: Ask
  readonly lost: boolean
  readonly problem: string | undefined
}): TemplateResult => html`
  <div class="clock">
    <span class="label" id="clock-label">Sandbox clock</span>
    <time aria-labelledby="clock-label" datetime=${new Date(now).toISOString()}>${clockTime(now)}</time>
  </div>
  <div class="row" role="group" aria-label="Move the clock forward">
    ${skips.map(({ label, minutes }) => button(`+ ${label}`, () => void ask({ action: "skip", minutes }), `Move the clock ${label} forward`))}
  </div>
  <div class="row">
    <button
      type="button"
      class=${board.traffic.on ? "primary" : ""}
      @click=${() => void ask({ action: "traffic", on: !board.traffic.on })}
    >
      ${board.traffic.on ? "Stop the calls" : "Send calls all the time"}
    </button>
    ${button("Repair everything", () => void ask({ action: "mend" }))}
  </div>
  ${board.traffic.on || board.traffic.answered + board.traffic.failed > 0 ? calls(board.traffic) : nothing}
  ${
    board.faults.length === 0
      ? nothing
      : html`<ul class="faults" aria-label="Broken at the moment">
          ${board.faults.map((text) => html`<li>${text}</li>`)}
        </ul>`
  }
  ${lost ? html`<p class="problem" role="alert">The server is away; what is shown may be old.</p>` : nothing}
  ${problem === undefined ? nothing : html`<p class="problem" role="alert">${problem}</p>`}
`

/** How much of a span is left, as a bar and in words. */
const left = (what: string, span: Span | undefined, now: number, none: string): TemplateResult => {
  if (span === undefined)
    return html`<div class="span"><span class="label">${what}</span><span class="muted">${none}</span></div>`
  const remaining = Math.max(0, span.until - now)
  const whole = Math.max(1, span.until - span.from)
  const text = remaining === 0 ? "over" : `${duration(remaining)} left`
  return html`<div class="span">
    <span class="label">${what}</span>
    <progress
      max=${whole}
      .value=${Math.min(whole, remaining)}
      class=${remaining < whole * 0.2 ? "low" : ""}
      aria-label=${`${what}: ${text}`}
    ></progress>
    <span class="value">${text}</span>
  </div>`
}

const connection = (tenant: string, shown: ConnectionShown, now: number, ask: Ask): TemplateResult => {
  const { sign, text, tone } = states[shown.state]
  const { connection: name } = shown
  const act =
    (action: string, more: object = {}) =>
    () =>
      void ask({ action, tenant, connection: name, ...more })
  const live = shown.state !== "disconnected" || !shown.interactive
  // it is not its end that it died of
  const dead = shown.state === "reauthorization-required"
  return html`<li class="card" data-connection=${name}>
    <div class="card-head">
      <h3>${name}</h3>
      <p class="state ${tone}"><span aria-hidden="true">${sign}</span> ${text}</p>
    </div>
    <p class="about">${shown.about}</p>
    ${shown.problem === undefined ? nothing : html`<p class="problem">${shown.problem}</p>`}
    ${left("Credential", shown.credential, now, "none in hand")}
    ${shown.interactive ? left("Grant", dead ? undefined : shown.grant, now, dead ? "dead" : shown.state === "disconnected" ? "none" : "no end known") : nothing}
    <div class="row">
      ${
        shown.interactive
          ? html`<a
              class="button ${live && !dead ? "" : "primary"}"
              href=${`/sage/connect/${name}?tenant=${tenant}&returnTo=/`}
              aria-label=${`Connect ${name} of ${tenant}`}
              >${shown.state === "connected" ? "Connect again" : "Connect"}</a
            >`
          : nothing
      }
      ${
        live
          ? [
              button("Call", act("call"), `Call ${name} of ${tenant}`),
              button("Refresh", act("refresh"), `Refresh ${name} of ${tenant}`),
              button("Disconnect", act("disconnect"), `Disconnect ${name} of ${tenant}`)
            ]
          : nothing
      }
    </div>
    ${
      shown.breakages.length === 0
        ? nothing
        : html`<details>
            <summary aria-label=${`Break something about ${name} of ${tenant}`}>Break something</summary>
            <div class="row">
              ${shown.breakages.map(({ id, label }) => button(label, act("break", { breakage: id }), `${label}: ${name} of ${tenant}`, "break"))}
            </div>
          </details>`
    }
  </li>`
}

const company = (shown: CompanyShown): TemplateResult => {
  const { company: name, inUse, permits, projected, projectedOverage, used, waiting } = shown
  const waits = waiting === 0 ? "no call waits" : `${waiting} ${waiting === 1 ? "call waits" : "calls wait"}`
  return html`<dl class="company" aria-label=${`Intacct company ${name}`}>
    <div>
      <dt>Intacct company</dt>
      <dd>${name}</dd>
    </div>
    <div>
      <dt>Pool</dt>
      <dd>
        <progress max=${permits} .value=${inUse} class="pool" aria-label=${`Permits of ${name} in use`}></progress>
        ${inUse} of ${permits} in use, ${waits}
      </dd>
    </div>
    <div>
      <dt>Transactions in ${shown.month}</dt>
      <dd>
        <progress max=${shown.budget} .value=${Math.min(used, shown.budget)} aria-label=${`Transactions of ${name}`}></progress>
        ${used.toLocaleString("en")} of ${shown.budget.toLocaleString("en")}
      </dd>
    </div>
    <div>
      <dt>By the end of the month</dt>
      <dd>${projected.toLocaleString("en")} ${projected === 1 ? "transaction" : "transactions"}, ${money(projectedOverage)} beyond the allowance</dd>
    </div>
  </dl>`
}

const tenant = ({ companies, connections, id, name }: TenantShown, now: number, ask: Ask): TemplateResult => html`
  <section class="tenant" aria-labelledby=${`tenant-${id}`}>
    <h2 id=${`tenant-${id}`}>${name} <span class="muted">${id}</span></h2>
    ${companies.map(company)}
    <ul class="cards" role="list">
      ${repeat(
        connections,
        ({ connection: key }) => key,
        (shown) => connection(id, shown, now, ask)
      )}
    </ul>
  </section>
`

/** How many of a tenant's connections are in which state. */
const counts = (connections: ReadonlyArray<ConnectionShown>): ReadonlyArray<TemplateResult> =>
  (Object.keys(states) as ReadonlyArray<State>).flatMap((state) => {
    const count = connections.filter((each) => each.state === state).length
    const { sign, text, tone } = states[state]
    return count === 0
      ? []
      : [html`<span class="state ${tone}"><span aria-hidden="true">${sign}</span> ${count} ${text}</span> `]
  })

/** Every tenant in one line. */
const overview = (shown: ReadonlyArray<TenantShown>): TemplateResult => html`
  <nav aria-label="Tenants">
    <ul class="overview" role="list">
      ${shown.map(
        ({ connections, id, name }) => html`<li><a href=${`#tenant-${id}`}>${name}</a> ${counts(connections)}</li>`
      )}
    </ul>
  </nav>
`

/** Every tenant: in one line, and with its companies and connections. */
export const tenants = ({
  ask,
  board,
  now
}: {
  readonly board: Board
  readonly now: number
  readonly ask: Ask
}): TemplateResult =>
  html`${overview(board.tenants)}
  ${repeat(
    board.tenants,
    ({ id }) => id,
    (shown) => tenant(shown, now, ask)
  )}`

/** Holds everything that moves. */
export const feedControls = ({
  paused,
  toggle
}: {
  readonly paused: boolean
  readonly toggle: () => void
}): TemplateResult =>
  html`<button type="button" class=${paused ? "primary" : ""} @click=${toggle}>
    ${paused ? "Go on" : "Hold still"}
  </button>`

/** The newest line, for screens where the feed is far below. */
const latest = ({ text, tone, who }: Entry): TemplateResult =>
  html`<a class="latest ${tone}" href="#feed-title">${who === undefined ? "" : `${who}: `}${text}</a>`

/** What happened, the newest first. */
export const feed = (entries: ReadonlyArray<Entry>): TemplateResult =>
  entries.length === 0
    ? html`<p class="muted">Nothing yet. Connect something, or send calls.</p>`
    : html`<ol class="feed" role="list" tabindex="0" aria-label="What happened, the newest first">
        ${repeat(
          entries,
          ({ id }) => id,
          ({ at, text, tone, who }) =>
            html`<li class=${tone}>
              <time datetime=${new Date(at).toISOString()}>${clockTime(at)}</time>
              ${who === undefined ? nothing : html`<span class="who">${who}</span>`}
              <span class="text">${text}</span>
            </li>`
        )}
      </ol>
      ${entries.slice(0, 1).map(latest)}`
