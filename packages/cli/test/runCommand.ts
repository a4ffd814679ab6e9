import { Console, Effect, Exit, Fiber, Queue, Runtime } from "effect"
import { run } from "../src/main.ts"
import { Surroundings } from "../src/Surroundings.ts"

/** What a command printed, and the status that its process would end with. */
export interface Ran {
  readonly out: string
  readonly err: string
  readonly status: number
}

/** A command that runs. */
export interface Started {
  readonly fiber: Fiber.Fiber<Ran>
  /** the next thing that it prints on standard output, or on standard error */
  readonly line: (stream: "out" | "err") => Effect.Effect<string>
}

/** A folder and an environment of its own. */
export interface Around {
  readonly folder: string
  readonly environment?: NodeJS.ProcessEnv
}

/** Starts a command line in this process. Standard output is no terminal. */
export const startCommand = (args: ReadonlyArray<string>, around: Around): Effect.Effect<Started> =>
  Effect.gen(function* () {
    const lines = { out: new Array<string>(), err: new Array<string>() }
    const arriving = { out: yield* Queue.unbounded<string>(), err: yield* Queue.unbounded<string>() }
    const print =
      (stream: "out" | "err") =>
      (...texts: ReadonlyArray<unknown>): void => {
        lines[stream].push(texts.join(" "))
        Queue.offerUnsafe(arriving[stream], texts.join(" "))
      }
    const console: Console.Console = { ...globalThis.console, log: print("out"), error: print("err") }
    const fiber = yield* run(args, "0.0.0").pipe(
      Effect.provideService(Console.Console, console),
      Effect.provideService(Surroundings, { environment: {}, ...around }),
      Effect.exit,
      Effect.map((exit): Ran => {
        let status = 0
        Runtime.defaultTeardown(exit, (code) => (status = code))
        return { out: lines.out.join("\n"), err: lines.err.join("\n"), status: Exit.isSuccess(exit) ? 0 : status }
      }),
      Effect.forkDetach
    )
    return { fiber, line: (stream) => Queue.take(arriving[stream]) }
  })

/** Runs a command line in this process to its end. */
export const runCommand = (args: ReadonlyArray<string>, around: Around): Effect.Effect<Ran> =>
  Effect.flatMap(startCommand(args, around), ({ fiber }) => Fiber.join(fiber))
