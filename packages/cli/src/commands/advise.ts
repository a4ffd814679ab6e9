import {
  type Advised,
  type Answers,
  advise as adviseFor,
  cellText,
  findTable,
  type QuestionId,
  questions,
  type Recommendation,
  render,
  tables
} from "@sage-auth/core/advice"
import { Effect, Option } from "effect"
import { Argument, Command, Flag, Prompt } from "effect/cli"
import { exitStatus, Failure } from "../Failure.ts"
import { columns, Output, reported } from "../Output.ts"

const ids = Object.keys(questions) as ReadonlyArray<QuestionId>

/** Each question of the tree as an option, for scripts. */
export const answers = Object.fromEntries(
  ids.map((id) => [
    id,
    Flag.Literals(id, Object.keys(questions[id].choices)).pipe(Flag.withDescription(questions[id].text), Flag.optional)
  ])
) as Readonly<Record<QuestionId, Flag.Flag<Option.Option<string>>>>

/** Asks what is missing, one question after the other, until there is a recommendation. */
const asked = (
  given: Readonly<Partial<Record<QuestionId, string>>>
): Effect.Effect<Advised, unknown, Output | Prompt.Environment> =>
  Effect.gen(function* () {
    const advised = adviseFor(given as Answers)
    if (advised.outcome === "recommendation") return advised
    const { ask } = (yield* Output).terminal
    if (!ask) return advised
    const answer = yield* Prompt.Select({
      message: advised.text,
      choices: Object.entries(advised.choices).map(([value, { hint, text }]) =>
        hint === undefined ? { title: text, value } : { title: text, value, description: hint }
      )
    })
    return yield* asked({ ...given, [advised.question]: answer })
  })

type Given = Readonly<Partial<Record<QuestionId, string>>>

/** What was answered by options. */
export const givenAnswers = (input: Readonly<Record<QuestionId, Option.Option<string>>>): Given =>
  Object.fromEntries(
    ids.flatMap((id) => Option.match(input[id], { onNone: () => [], onSome: (answer) => [[id, answer] as const] }))
  )

/** The recommendation for what was answered. What is missing is asked for, or named where it cannot be. */
export const recommended = (
  given: Given
): Effect.Effect<Extract<Advised, { readonly outcome: "recommendation" }>, unknown, Output | Prompt.Environment> =>
  Effect.gen(function* () {
    const advised = yield* asked(given)
    if (advised.outcome === "recommendation") return advised
    return yield* new Failure({
      message: `One answer is missing: ${advised.text}`,
      remedy: `Give --${advised.question} with one of: ${Object.keys(advised.choices).join(", ")}.`,
      status: exitStatus.usage,
      details: { question: advised.question, choices: advised.choices, path: advised.path }
    })
  })

const inWords = (recommendation: Recommendation, paint: Output["Service"]["paint"]): string => {
  const { code, flow, guide, lifetimes, limits, needs, renewal, title, variables, warnings, why } = recommendation
  const list = (name: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
    lines.length === 0 ? [] : ["", paint("bold", name), ...lines.map((line) => `- ${line}`)]
  return [
    paint("green", title),
    "",
    why,
    ...list(
      "Flow",
      flow.map((cell) => cellText(cell))
    ),
    ...list(
      "What it needs",
      needs.map(({ cost, what }) => `${cellText(what)}: ${cost}`)
    ),
    ...list(
      "Limits",
      limits.map((cell) => cellText(cell))
    ),
    ...list(
      "Lifetimes",
      lifetimes.map((cell) => cellText(cell))
    ),
    ...list("Renewal", [renewal]),
    ...list(
      "Warnings",
      warnings.map((cell) => cellText(cell))
    ),
    ...list("Variables", variables),
    "",
    paint("bold", "Code"),
    "",
    code.trimEnd(),
    "",
    `${paint("bold", "Guide")} ${guide}`
  ].join("\n")
}

const table = Command.make(
  "table",
  {
    name: Argument.String("name").pipe(
      Argument.withDescription("The name of a table; without one, their names"),
      Argument.optional
    ),
    format: Flag.Literals("format", ["text", "markdown", "csv", "json"]).pipe(
      Flag.withDescription("How it is written (default: text, or json with --json)"),
      Flag.optional
    ),
    sources: Flag.Boolean("sources").pipe(
      Flag.withDescription("End each cell with its source"),
      Flag.withDefault(false)
    )
  },
  ({ format, name, sources }) =>
    Effect.gen(function* () {
      const output = yield* Output
      if (Option.isNone(name)) {
        return yield* output.answer({
          data: tables.map((each) => ({ name: each.name, title: each.title })),
          text: columns([["table", "holds"], ...tables.map((each) => [each.name, each.title])])
        })
      }
      const found = findTable(name.value)
      if (found === undefined) {
        return yield* new Failure({
          message: "There is no table of this name.",
          remedy: `Their names are: ${tables.map((each) => each.name).join(", ")}.`,
          status: exitStatus.usage
        })
      }
      const chosen = Option.getOrElse(format, () => (output.json ? "json" : "text"))
      const text = render(found, chosen, { sources })
      yield* chosen === "json"
        ? output.answer({ data: JSON.parse(text), text })
        : output.answer({ data: { text }, text })
    }).pipe(reported)
).pipe(
  Command.withDescription("Print a table of what is known about Sage's products"),
  Command.withExamples([
    { command: "sage-auth advise table", description: "The names of the tables" },
    { command: "sage-auth advise table quick-reference --format markdown --sources" }
  ])
)

/** `sage-auth advise`: which flow, why, what it needs, and the code for it. */
export const advise = Command.make("advise", answers, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { path, recommendation, unused } = yield* recommended(givenAnswers(input))
    yield* output.answer({ data: { path, unused, recommendation }, text: inWords(recommendation, output.paint) })
    if (unused.length > 0)
      yield* output.note(output.paint("dim", `Not needed for this: ${unused.map((id) => `--${id}`).join(", ")}`))
  }).pipe(reported)
).pipe(
  Command.withDescription("Find the way to authenticate: questions, or options for scripts"),
  Command.withExamples([
    { command: "sage-auth advise" },
    { command: "sage-auth advise --product business-cloud", description: "Without questions" },
    { command: "sage-auth advise --product intacct --api rest --actor program --identity username --json" }
  ]),
  Command.withSubcommands([table])
)
