import { createRequire } from "node:module"
import { resolve } from "node:path"
import { Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { configurationNames } from "../configuration.ts"
import { exitStatus, Failure, failureOf } from "../Failure.ts"
import { sampleNames } from "../init/write.ts"
import { Output, reported } from "../Output.ts"
import { Surroundings } from "../Surroundings.ts"
import { answers, givenAnswers, recommended } from "./advise.ts"

const flags = {
  folder: Argument.String("folder").pipe(
    Argument.withDescription("Where the files are written (default: here; a sample needs a folder of its own)"),
    Argument.optional
  ),
  sample: Flag.Literals("sample", sampleNames).pipe(
    Flag.withDescription("Write a whole application instead, which runs against a sandbox until it has credentials"),
    Flag.optional
  ),
  force: Flag.Boolean("force").pipe(Flag.withDescription("Replace files that are there"), Flag.withDefault(false)),
  ...answers
}

const rivals = configurationNames.slice(1)

/** The version of the library that this command came with. */
const coreVersion = (): string =>
  (createRequire(import.meta.url)("@sage-auth/core/package.json") as { readonly version: string }).version

/** `sage-auth init`: the configuration, and a script that runs. */
export const init = Command.make("init", flags, (input) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { folder: here } = yield* Surroundings
    const { force } = input
    const given = Option.getOrUndefined(input.folder)
    const folder = resolve(here, given ?? ".")
    const { ignore, writeFiles } = yield* Effect.promise(() => import("../init/write.ts"))
    const answer = (what: string, written: ReadonlyArray<string>, next: ReadonlyArray<string>, id: string) =>
      output.answer({
        data: { folder, is: id, written, next },
        text: [
          output.paint("green", what),
          ...written.map((path) => `  ${path}`),
          "",
          output.paint("bold", "Next"),
          ...next.map((line) => `  ${line}`)
        ].join("\n")
      })

    if (Option.isSome(input.sample)) {
      const name = input.sample.value
      if (given === undefined) {
        return yield* new Failure({
          message: "A sample needs a folder of its own.",
          remedy: `Name it: sage-auth init --sample ${name} my-${name}`,
          status: exitStatus.usage
        })
      }
      const { filesOfSample } = yield* Effect.promise(() => import("../init/write.ts"))
      const files = yield* Effect.try({
        try: () => {
          const all = filesOfSample(name)
          writeFiles(folder, all, { force })
          return Object.keys(all)
        },
        catch: failureOf
      })
      const next = [`cd ${given}`, "npm install", "npm start"]
      return yield* answer(`The sample ${name} is in ${folder}`, files, next, name)
    }

    const { recommendation } = yield* recommended(givenAnswers(input))
    const { projectOf } = yield* Effect.promise(() => import("../init/project.ts"))
    const written = yield* Effect.try({
      try: () => {
        const project = projectOf(recommendation, folder, coreVersion())
        writeFiles(folder, project.files, { force, rivals })
        const ignored = ignore(folder, project.ignored)
        return { ...project, written: [...Object.keys(project.files), ...(ignored.length > 0 ? [".gitignore"] : [])] }
      },
      catch: failureOf
    })
    yield* answer(recommendation.title, written.written, written.next, recommendation.id)
  }).pipe(reported)
).pipe(
  Command.withDescription("Write a configuration, or a sample: questions, or options for scripts"),
  Command.withExamples([
    { command: "sage-auth init" },
    { command: "sage-auth init accounting --product business-cloud", description: "Without questions" },
    { command: "sage-auth init --sample x3 my-x3", description: "An application that runs at once" }
  ])
)
