import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import process from "node:process"
import { text as readAll } from "node:stream/consumers"
import { Effect } from "effect"
import { type Failure, usage } from "./Failure.ts"
import { Surroundings } from "./Surroundings.ts"

/** The text of standard input, to its end. */
export const standardInput: Effect.Effect<string> = Effect.promise(() => readAll(process.stdin))

/**
 * The text of a file that the command line names, or of standard input for `-`. The path counts from the folder that
 * the command runs in.
 *
 * @param option what names it, in words for the user
 */
export const textOfFile = (path: string, option: string): Effect.Effect<string, Failure> =>
  path === "-"
    ? standardInput
    : Effect.flatMap(Surroundings, ({ folder }) =>
        Effect.tryPromise({
          try: () => readFile(resolve(folder, path), "utf8"),
          catch: (error) =>
            usage(
              `${option} names no file that can be read${error instanceof Error && "code" in error ? ` (${String(error.code)})` : ""}.`,
              "Check the path: it counts from the folder that you are in."
            )
        })
      )
