import { html, type TemplateResult } from "lit-html"
import type { RotationShown, Step } from "../Board.ts"
import { ago, measured } from "./texts.ts"

const steps: ReadonlyArray<{ readonly step: Step; readonly name: TemplateResult; readonly meaning: string }> = [
  { step: "lease", name: html`<a href="#word-lease">Lease</a>`, meaning: "One process may renew the grant" },
  { step: "intent", name: html`<a href="#word-intent">Intent</a>`, meaning: "It notes that it is about to" },
  { step: "request", name: html`Request`, meaning: "It sends the refresh token to Sage" },
  { step: "answer", name: html`Answer`, meaning: "Sage gives a new pair; the old one is used up" },
  { step: "written", name: html`Written`, meaning: "The new pair is stored before it is used" }
]

const signs = { good: "●", doubt: "◆", bad: "▲" } as const

/** The steps of one rotation. Those that were not taken yet say what they would be, so that nothing moves. */
export const rotation = (shown: RotationShown | undefined, now: number): TemplateResult => html`
  <p class="about">
    ${shown === undefined ? "None yet. The third step makes one." : html`<b>${shown.who}</b>, ${ago(now - shown.at)}`}
  </p>
  <ol class="rotation" role="list">
    ${steps.map(({ meaning, name, step }) => {
      const taken = shown?.steps.find((each) => each.step === step)
      return html`<li class=${taken?.tone ?? "muted"} data-step=${step}>
        <span class="sign" aria-hidden="true">${taken === undefined ? "○" : signs[taken.tone]}</span>
        <span class="name">${name}</span>
        <span class="text">${taken?.text ?? meaning}</span>
        ${
          taken === undefined
            ? html`<span class="after"></span>`
            : html`<data class="after" value=${Math.round(taken.after)}>+ ${measured(taken.after)}</data>`
        }
      </li>`
    })}
  </ol>
`

/** Which of the last rotations is shown. */
export const rotations = (
  all: ReadonlyArray<RotationShown>,
  {
    choose,
    chosen,
    now
  }: {
    readonly chosen: number | undefined
    readonly choose: (id: number | undefined) => void
    readonly now: number
  }
): TemplateResult => html`<select
  aria-label="Which rotation"
  @change=${({ target }: Event) => {
    if (target instanceof HTMLSelectElement) choose(target.value === "" ? undefined : Number(target.value))
  }}
>
  <option value="" ?selected=${chosen === undefined}>the newest</option>
  ${all.map(({ at, id, who }) => html`<option value=${id} ?selected=${id === chosen}>${who}, ${ago(now - at)}</option>`)}
</select>`
