import { Console, Effect, Exit, Runtime } from "effect"
import { run } from "../src/main.ts"
import { Surroundings } from "../src/Surroundings.ts"

/** What a command printed, and the status that its process would end with. */
export interface Ran {
  readonly out: string
  readonly err: string
  readonly status: number
}

/**
 * Runs a command line in this process, with a folder and an environment of its own. Standard output is no terminal.
 */
export const runCommand = (
  args: ReadonlyArray<string>,
  surroundings: { readonly folder: string; readonly environment?: NodeJS.ProcessEnv }
): Effect.Effect<Ran> => {
  const lines = { out: new Array<string>(), err: new Array<string>() }
  const console: Console.Console = {
    ...globalThis.console,
    log: (...texts: ReadonlyArray<unknown>) => void lines.out.push(texts.join(" ")),
    error: (...texts: ReadonlyArray<unknown>) => void lines.err.push(texts.join(" "))
  }
  return run(args, "0.0.0").pipe(
    Effect.provideService(Console.Console, console),
    Effect.provideService(Surroundings, { environment: {}, ...surroundings }),
    Effect.exit,
    Effect.map((exit) => {
      let status = 0
      Runtime.defaultTeardown(exit, (code) => (status = code))
      return { out: lines.out.join("\n"), err: lines.err.join("\n"), status: Exit.isSuccess(exit) ? 0 : status }
    })
  )
}
