import type { Sent } from "./Recorder.ts"

/** Where the demo writes, and whether colours are wanted there. */
export interface Output {
  readonly write: (text: string) => unknown
  readonly colour: boolean
}

/** What became of a flow. */
export interface Outcome {
  readonly name: string
  readonly requests: number
  readonly failure: string | undefined
  readonly milliseconds: number
}

const styles = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39] } as const

const milliseconds = (time: number): string => `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

/** The time, in a column of its own in front of what took it. */
const timed = (took: string, text: string): string => `${took.padStart(18)}  ${text}`

const what = ({ authentication, grantType, method, path, status, step }: Sent): string => {
  const by = authentication === undefined ? "" : ` by ${authentication}`
  return `${method} ${path}  ${grantType ?? step}${by}: ${status === 0 ? "no answer" : status}`
}

interface Group {
  readonly text: string
  readonly times: ReadonlyArray<number | undefined>
  /** what stands in place of a time that was not measured here */
  readonly elsewhere: string
}

const elsewhereOf = ({ step }: Sent): string => (step === "authorize" ? "in the browser" : "not timed")

/** Requests that look the same and came one after the other, as one line. */
const grouped = (requests: ReadonlyArray<Sent>): ReadonlyArray<Group> => {
  const groups: Array<Group & { readonly times: Array<number | undefined> }> = []
  for (const request of requests) {
    const text = what(request)
    const last = groups.at(-1)
    if (last?.text === text) last.times.push(request.milliseconds)
    else groups.push({ text, times: [request.milliseconds], elsewhere: elsewhereOf(request) })
  }
  return groups
}

/** The demo's output: plain lines that read well without colour. */
export class Screen {
  readonly #output: Output

  constructor(output: Output) {
    this.#output = output
  }

  line(text = ""): void {
    this.#output.write(`${text}\n`)
  }

  #style(style: keyof typeof styles, text: string): string {
    const [on, off] = styles[style]
    return this.#output.colour ? `\u001b[${on}m${text}\u001b[${off}m` : text
  }

  title(text: string): void {
    this.line()
    this.line(this.#style("bold", text))
  }

  /** what was sent where; requests that look the same share a line */
  requests(requests: ReadonlyArray<Sent>): void {
    for (const { elsewhere, text, times } of grouped(requests)) {
      const many = times.length === 1 ? "" : `${times.length} x `
      const known = times.filter((time) => time !== undefined)
      const [shortest, longest] = [Math.min(...known), Math.max(...known)]
      const took =
        known.length === 0
          ? elsewhere
          : known.length === 1
            ? milliseconds(longest)
            : `${milliseconds(shortest)} to ${milliseconds(longest)}`
      this.line(this.#style("dim", `   > ${timed(took, `${many}${text}`)}`))
    }
  }

  /** what came back */
  came(did: string, came: string, took: number): void {
    this.line(`  ${this.#style("green", "ok")} ${timed(milliseconds(took), `${did}: ${came}`)}`)
  }

  failed(did: string, failure: string): void {
    this.line(`  ${this.#style("red", "FAILED")} ${did}: ${failure}`)
  }

  table(outcomes: ReadonlyArray<Outcome>): void {
    const names = Math.max(...outcomes.map(({ name }) => name.length), 4)
    const row = (name: string, requests: string, result: string, took: string) =>
      `${name.padEnd(names)}  ${requests.padStart(8)}  ${result.padEnd(6)}  ${took.padStart(9)}`
    this.title(row("flow", "requests", "result", "ms"))
    for (const { failure, milliseconds: took, name, requests } of outcomes) {
      const line = row(name, String(requests), failure === undefined ? "ok" : "FAILED", took.toFixed(0))
      this.line(failure === undefined ? line : this.#style("red", line))
    }
    const wrong = outcomes.filter(({ failure }) => failure !== undefined)
    const total = outcomes.reduce((sum, { requests }) => sum + requests, 0)
    const time = outcomes.reduce((sum, { milliseconds: took }) => sum + took, 0)
    const result = wrong.length === 0 ? "all as they should be" : `${wrong.length} went wrong`
    this.line()
    this.line(
      `${plural(outcomes.length, "flow")}, ${plural(total, "request")}, ${(time / 1000).toFixed(1)} s: ${result}`
    )
    const first = wrong[0]
    if (first !== undefined) {
      this.line()
      this.line(this.#style("red", `First thing that went wrong, in "${first.name}":`))
      this.line(`  ${first.failure}`)
    }
  }
}
