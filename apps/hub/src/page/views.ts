import { html, nothing, type TemplateResult } from "lit-html"
import { ifDefined } from "lit-html/directives/if-defined.js"
import { repeat } from "lit-html/directives/repeat.js"
import type { Board, CompanyShown, ConnectionShown, Entry, Product, Span, TenantShown } from "../Board.ts"
import { count, everything, type Filter, fits, products, searchOf } from "./filters.ts"
import { type Kind, kinds, states } from "./states.ts"
import { ago, clockTime, date, duration, money, monthName } from "./texts.ts"

/** What a click asks for, and of which connection where it is about one. */
export interface Click {
  readonly action: string
  readonly tenant?: string
  readonly connection?: string
  readonly [detail: string]: unknown
}

/** Sends a click to the server. */
export type Ask = (click: Click) => Promise<void>

/** Shows other connections. */
export type Choose = (filter: Filter) => void

const skips = [
  { label: "1 min", minutes: 1 },
  { label: "10 min", minutes: 10 },
  { label: "1 day", minutes: 24 * 60 }
]

const button = (label: string, act: () => void, name?: string, kind = ""): TemplateResult =>
  html`<button type="button" class=${kind} aria-label=${ifDefined(name)} @click=${act}>${label}</button>`

const signed = (tone: string, sign: string, text: string): TemplateResult =>
  html`<span class="state ${tone}"><span aria-hidden="true">${sign}</span> ${text}</span>`

/** The sandbox's clock. The only date that always shows. */
export const clock = (now: number): TemplateResult => html`
  <span class="label" id="clock-label"><span class="long">Sandbox</span> clock, ${date(now)}</span>
  <time aria-labelledby="clock-label" datetime=${new Date(now).toISOString()}>${clockTime(now)}</time>
`

/** What can be done to all of it. */
export const controls = ({ ask, board }: { readonly board: Board; readonly ask: Ask }): TemplateResult => html`
  <div class="row" role="group" aria-label="Move the clock forward">
    <span class="label" aria-hidden="true">Move the clock</span>
    ${skips.map(({ label, minutes }) => button(`+ ${label}`, () => void ask({ action: "skip", minutes }), `Move the clock + ${label} forward`))}
  </div>
  <button
    type="button"
    class="traffic ${board.traffic.on ? "primary" : ""}"
    @click=${() => void ask({ action: "traffic", on: !board.traffic.on })}
  >
    ${board.traffic.on ? "Stop the calls" : "Send calls all the time"}
  </button>
  ${button("Repair everything", () => void ask({ action: "repair" }), undefined, "repair")}
`

/** One line on how all of it is doing: it is always there, so that nothing moves when it has more to say. */
export const notice = ({
  board,
  choose,
  lost,
  problem
}: {
  readonly board: Board
  readonly choose: Choose
  readonly lost: boolean
  readonly problem: string | undefined
}): TemplateResult => {
  const { faults, tenants, traffic } = board
  const dead = tenants.reduce((sum, tenant) => sum + count(tenant, "human"), 0)
  const wrong = problem ?? (lost ? "The server is away; what is shown may be old." : undefined)
  return html`
    <div class="notices">
      ${
        wrong !== undefined
          ? html`<span class="state bad" role="alert"><span aria-hidden="true">▲</span> ${wrong}</span>`
          : faults.length === 0
            ? signed("good", "●", "Every server works")
            : html`<ul class="faults" role="list" tabindex="0" aria-label="Broken at the moment">
                ${faults.map((text) => html`<li class="state doubt"><span aria-hidden="true">◆</span> ${text}</li>`)}
              </ul>`
      }
    </div>
    <a class="begin" href="#steps">Start here</a>
    <p class="dead">
      ${
        dead === 0
          ? nothing
          : html`<a
              class="state bad"
              href="#filters"
              @click=${() => choose({ ...everything, state: "human" })}
              ><span aria-hidden="true">▲</span> ${dead}
              <span class="long">${dead === 1 ? "connection" : "connections"}</span>
              ${dead === 1 ? "needs" : "need"} a human <span class="long">to connect again</span></a
            >`
      }
    </p>
    <p class="calls">
      <span><span class="long">calls</span> answered: ${traffic.answered.toLocaleString("en")}</span>
      <span class=${traffic.failed === 0 ? "" : "bad"}>failed: ${traffic.failed.toLocaleString("en")}</span>
    </p>
  `
}

/** How many connections of whom are in which state; each number shows its connections. */
export const glance = ({
  board,
  choose,
  filter
}: {
  readonly board: Board
  readonly filter: Filter
  readonly choose: Choose
}): TemplateResult => html`
  <table class="panel glance">
    <caption>At a glance</caption>
    <thead>
      <tr>
        <td></td>
        ${board.tenants.map(
          ({ id, name }) => html`<th scope="col">
            <a
              href=${`#tenant-${id}`}
              @click=${() => {
                // what is filtered out cannot be gone to
                if (filter.tenant !== "" && filter.tenant !== id) choose(everything)
              }}
              >${name}</a
            >
          </th>`
        )}
      </tr>
    </thead>
    <tbody>
      ${(Object.keys(kinds) as ReadonlyArray<Kind>).map((kind) => {
        const { sign, text, tone } = kinds[kind]
        return html`<tr>
          <th scope="row">${signed(tone, sign, text)}</th>
          ${board.tenants.map((tenant) => {
            const found = count(tenant, kind)
            return html`<td>
              ${
                found === 0
                  ? html`<span class="muted">0</span>`
                  : button(
                      String(found),
                      () => choose({ tenant: tenant.id, product: "", state: kind }),
                      `${found} of ${tenant.name}: ${text}`,
                      "count"
                    )
              }
            </td>`
          })}
        </tr>`
      })}
    </tbody>
  </table>
`

const selection = (
  label: string,
  value: string,
  all: string,
  options: ReadonlyArray<readonly [value: string, text: string]>,
  change: (value: string) => void
): TemplateResult => html`<label
  >${label}
  <select
    .value=${value}
    @change=${({ target }: Event) => {
      if (target instanceof HTMLSelectElement) change(target.value)
    }}
  >
    <option value="" ?selected=${value === ""}>${all}</option>
    ${options.map(([each, text]) => html`<option value=${each} ?selected=${each === value}>${text}</option>`)}
  </select></label
>`

/** By tenant, product and state. */
export const filters = ({
  board,
  choose,
  filter
}: {
  readonly board: Board
  readonly filter: Filter
  readonly choose: Choose
}): TemplateResult => {
  const all = board.tenants.flatMap((tenant) => tenant.connections.map((shown) => fits(filter, tenant, shown)))
  const names = board.tenants.map(({ id, name }) => [id, name] as const)
  const texts = (Object.keys(kinds) as ReadonlyArray<Kind>).map((kind) => [kind, kinds[kind].text] as const)
  return html`<div class="filters" role="group" aria-label="Filter the connections">
    ${selection("Tenant", filter.tenant, "Every tenant", names, (tenant) => choose({ ...filter, tenant }))}
    ${selection(
      "Product",
      filter.product,
      "Every product",
      products.map((product) => [product, product] as const),
      (product) => choose({ ...filter, product })
    )}
    ${selection("State", filter.state, "Every state", texts, (state) => choose({ ...filter, state }))}
    <p class="shown" role="status">${all.filter(Boolean).length} of ${all.length} connections</p>
    ${button("Show all", () => choose(everything))}
  </div>`
}

/** How much of a span is left, as a bar and in words. */
const left = (what: "Credential" | "Grant", span: Span | undefined, now: number, none: string): TemplateResult => {
  const remaining = span === undefined ? 0 : Math.max(0, span.until - now)
  const whole = span === undefined ? 1 : Math.max(1, span.until - span.from)
  const text = span === undefined ? none : remaining === 0 ? "over" : `${duration(remaining)} left`
  return html`<div class="span">
    <a class="label" href=${`#word-${what.toLowerCase()}`}>${what}</a>
    ${
      span === undefined
        ? html`<span class="muted none">${text}</span>`
        : html`<progress
              max=${whole}
              .value=${Math.min(whole, remaining)}
              class=${remaining < whole * 0.2 ? "low" : ""}
              aria-label=${`${what}: ${text}`}
            ></progress>
            <span class="value">${text}</span>`
    }
  </div>`
}

/** What there is to know about a connection: why it does not work, what to do first, or how long it will. */
const facts = (shown: ConnectionShown, now: number): TemplateResult => {
  if (shown.reason !== undefined) return html`<p class="reason">${shown.reason}</p>`
  if (shown.state === "disconnected" && shown.signInAs !== undefined)
    return html`<p class="muted">Connect, and sign in as ${shown.signInAs}.</p>`
  return html`${left("Credential", shown.credential, now, "none in hand")}
  ${shown.interactive ? left("Grant", shown.grant, now, "no end known") : nothing}`
}

/** Where the list is drawn, and what its clicks do. */
interface Drawn {
  readonly now: number
  readonly ask: Ask
  readonly filter: Filter
}

const connection = (tenant: string, shown: ConnectionShown, { ask, filter, now }: Drawn): TemplateResult => {
  const { kind, text } = states[shown.state]
  const { sign, tone } = kinds[kind]
  const { connection: name } = shown
  const act =
    (action: string, more: object = {}) =>
    () =>
      void ask({ action, tenant, connection: name, ...more })
  const live = shown.state !== "disconnected" || !shown.interactive
  const doing = (label: string, action: string): TemplateResult => html`<button
    type="button"
    aria-label=${`${label} ${name} of ${tenant}`}
    ?disabled=${!live}
    @click=${act(action)}
  >
    ${label}
  </button>`
  const returnTo = encodeURIComponent(`/${searchOf(filter)}`)
  const wanted = kind === "none" || kind === "human"
  return html`<li class="connection ${tone}" id=${`${tenant}-${name}`} data-connection=${name}>
    <div class="what">
      <h4>${name}</h4>
      <p class="about">${shown.about}</p>
    </div>
    <div class="how">
      ${signed(tone, sign, text)}
      <div class="facts">${facts(shown, now)}</div>
    </div>
    <div class="does">
      ${
        shown.interactive
          ? html`<a
              class="button connect ${wanted ? "primary" : ""}"
              href=${`/sage/connect/${name}?tenant=${tenant}&returnTo=${returnTo}`}
              aria-label=${`${live ? "Connect again" : "Connect"}: ${name} of ${tenant}`}
              >${live ? "Connect again" : "Connect"}</a
            >`
          : html`<span class="connect"></span>`
      }
      ${doing("Call", "call")}
      <details>
        <summary aria-label=${`More about ${name} of ${tenant}`}>More</summary>
        <div class="more">
          ${doing("Refresh", "refresh")} ${doing("Disconnect", "disconnect")}
          ${shown.breakages.map(({ id, label }) => button(label, act("break", { breakage: id }), `${label}: ${name} of ${tenant}`, "break"))}
        </div>
      </details>
    </div>
  </li>`
}

const poolOf = ({ inUse, permits, waiting }: CompanyShown): TemplateResult => {
  const waits = waiting === 0 ? "no call waits" : `${waiting} ${waiting === 1 ? "call waits" : "calls wait"}`
  const [tone, sign, text, why] =
    inUse < permits
      ? ["good", "●", "free", "Calls go out at once."]
      : waiting === 0
        ? ["doubt", "◆", "taken", "The next call waits until one is answered."]
        : ["bad", "▲", "full", `Sage answers ${permits} requests of a company at a time. The rest wait in order.`]
  return html`<dd>
    ${signed(tone ?? "", sign ?? "", text ?? "")}: ${inUse} of ${permits} in use, ${waits}
    <p class="muted why">${why}</p>
  </dd>`
}

const company = (shown: CompanyShown): TemplateResult => {
  const { company: name, inUse, permits, projected, projectedOverage, used } = shown
  return html`<dl class="company" aria-label=${`Intacct company ${name}`}>
    <div>
      <dt>Intacct company</dt>
      <dd>${name}</dd>
    </div>
    <div class="pool">
      <dt><a href="#word-pool">Pool</a></dt>
      <dd>
        <progress
          max=${permits}
          .value=${inUse}
          class=${inUse < permits ? "" : "full"}
          aria-label=${`Permits of ${name} in use`}
        ></progress>
      </dd>
      ${poolOf(shown)}
    </div>
    <div>
      <dt><a href="#word-meter">Meter</a>: transactions in ${monthName(shown.month)}</dt>
      <dd>
        <progress max=${shown.budget} .value=${Math.min(used, shown.budget)} aria-label=${`Transactions of ${name}`}></progress>
        ${used.toLocaleString("en")} of ${shown.budget.toLocaleString("en")}
        <p class="muted why">
          At this pace ${projected.toLocaleString("en")} by the end of the month, and ${money(projectedOverage)} beyond
          what is included.
        </p>
      </dd>
    </div>
  </dl>`
}

/** What a product is, for somebody who has never heard of it. */
const kindsOfProduct: Readonly<Record<Product, string>> = {
  Intacct: "accounting in the cloud, for companies of some size",
  "Business Cloud Accounting": "accounting in the cloud, for small companies",
  X3: "a whole company's software (ERP), on its own server or online"
}

const group = (product: Product, tenant: TenantShown, drawn: Drawn): TemplateResult | typeof nothing => {
  const shown = tenant.connections.filter((each) => each.product === product && fits(drawn.filter, tenant, each))
  const id = `${tenant.id}-${product.replaceAll(" ", "-")}`
  return shown.length === 0
    ? nothing
    : html`<div class="group" role="group" aria-labelledby=${id}>
        <div class="group-head">
          <h3 id=${id}>${product}</h3>
          <p class="about">${kindsOfProduct[product]}</p>
        </div>
        ${product === "Intacct" ? tenant.companies.map(company) : nothing}
        <ul class="connections" role="list">
          ${repeat(
            shown,
            ({ connection: key }) => key,
            (each) => connection(tenant.id, each, drawn)
          )}
        </ul>
      </div>`
}

/** Every tenant's connections by product, as far as the filter lets them through. */
export const tenants = (board: Board, drawn: Drawn): TemplateResult => {
  const found = board.tenants.filter((each) => each.connections.some((shown) => fits(drawn.filter, each, shown)))
  return html`${found.length === 0 ? html`<p class="muted">No connection is like that at the moment.</p>` : nothing}
  ${repeat(
    found,
    ({ id }) => id,
    (tenant) =>
      html`<section class="tenant" aria-labelledby=${`tenant-${tenant.id}`}>
        <h2 id=${`tenant-${tenant.id}`}>${tenant.name} <span class="muted">${tenant.id}</span></h2>
        ${products.map((product) => group(product, tenant, drawn))}
      </section>`
  )}`
}

/** Where grants and pools are, and who renews at this moment. */
export const sharing = ({ sharing: { coordination, leases, store } }: Board): TemplateResult => html`
  <dl class="sharing">
    <div><dt>Grants are in</dt><dd>${store}</dd></div>
    <div><dt>Pools are in</dt><dd>${coordination}</dd></div>
    <div><dt>Leases</dt><dd>${leases.length === 0 ? "none at this moment" : leases.join("; ")}</dd></div>
  </dl>
`

/** Holds everything that moves. */
export const feedControls = ({
  news,
  paused,
  toggle
}: {
  readonly paused: boolean
  /** whether something has come since */
  readonly news: boolean
  readonly toggle: () => void
}): TemplateResult =>
  html`<button type="button" class="hold ${paused ? "primary" : ""}" @click=${toggle}>
    ${paused ? (news ? "Go on (news)" : "Go on") : "Hold still"}
  </button>`

/** The newest line, for screens where the feed is far below. */
export const latest = (entry: Entry | undefined): TemplateResult =>
  html`<a class="latest ${entry?.tone ?? "plain"}" href="#feed-title"
    >${entry === undefined ? "Nothing has happened yet." : `${entry.who === undefined ? "" : `${entry.who}: `}${entry.text}`}</a
  >`

/** What happened, the newest last. A date stands where another day begins. */
export const feed = (entries: ReadonlyArray<Entry>, now: number): TemplateResult => html`
  <ol class="feed" role="list" tabindex="0" aria-label="What happened, the newest last">
    ${entries.length === 0 ? html`<li class="muted none">Nothing yet. Connect something, or send calls.</li>` : nothing}
    ${repeat(
      entries,
      ({ id }) => id,
      ({ at, text, tone, who }, index) => {
        const before = entries[index - 1]
        return html`<li class=${tone}>
          ${before === undefined || date(before.at) === date(at) ? nothing : html`<strong class="day">${date(at)}</strong>`}
          <time datetime=${new Date(at).toISOString()} title=${clockTime(at)}>${ago(now - at)}</time>
          ${who === undefined ? nothing : html`<span class="who">${who}</span>`}
          <span class="text">${text}</span>
        </li>`
      }
    )}
  </ol>
`
