import { spawn, spawnSync } from "node:child_process"
import process from "node:process"
import { Effect, type Scope } from "effect"
import { program } from "./program.ts"

// a terminal of its own for the program: what is written to standard input is typed there
const inTerminal = `
import os, pty, sys
status = pty.spawn(sys.argv[1:])
sys.exit(os.waitstatus_to_exitcode(status) & 255)
`

/** Python itself, which starts faster than a version manager's script for it; undefined: there is none that can do it. */
const python: string | undefined =
  spawnSync("python3", ["-c", "import pty, sys; print(sys.executable)"], { encoding: "utf8" }).stdout?.trim() ||
  undefined

/** Nothing but Python's own modules: what is installed is looked for at each start. */
const alone = ["-I", "-S"]

/** Why tests in a terminal are skipped; undefined: they are not. Where tests have to be complete, none is. */
export const skipped: string | undefined =
  python !== undefined || process.env["CI"] !== undefined
    ? undefined
    : " (skipped: no Python 3 with the module pty on this machine)"

/** The command in a terminal. */
export interface InTerminal {
  /** waits until the terminal shows a text, and gives all that it has shown */
  readonly shows: (text: string | RegExp) => Effect.Effect<string>
  /** types */
  readonly type: (text: string) => Effect.Effect<void>
  /** all that it has shown, and the status that the command ended with */
  readonly ended: Effect.Effect<{ readonly shown: string; readonly status: number | null }>
}

const began = (
  command: ReadonlyArray<string>,
  { environment, folder }: { readonly folder: string; readonly environment: NodeJS.ProcessEnv }
): Effect.Effect<InTerminal, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const [file = "", ...args] = command
        const { PATH, TMPDIR } = process.env
        const child = spawn(file, args, {
          cwd: folder,
          env: { PATH, TERM: "xterm-256color", ...(TMPDIR === undefined ? {} : { TMPDIR }), ...environment }
        })
        const state = { shown: "", changed: new Set<() => void>() }
        const add = (chunk: Buffer): void => {
          state.shown += chunk.toString("utf8")
          for (const tell of state.changed) tell()
        }
        child.stdout.on("data", add)
        child.stderr.on("data", add)
        const ended = new Promise<number | null>((resolve) =>
          child.once("close", (code) => {
            resolve(code)
            for (const tell of state.changed) tell()
          })
        )
        return { child, state, ended }
      }),
      ({ child, ended }) =>
        Effect.promise(() => {
          if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL")
          return ended
        })
    ),
    ({ child, ended, state }): InTerminal => ({
      shows: (text) =>
        Effect.callback((resume) => {
          const look = (): void => {
            if (typeof text === "string" ? state.shown.includes(text) : text.test(state.shown)) {
              state.changed.delete(look)
              resume(Effect.succeed(state.shown))
            } else if (child.exitCode !== null) {
              state.changed.delete(look)
              resume(Effect.die(new Error(`the command ended and did not show ${String(text)}:\n${state.shown}`)))
            }
          }
          state.changed.add(look)
          look()
        }),
      type: (text) => Effect.sync(() => void child.stdin.write(text)),
      ended: Effect.promise(() => ended.then((status) => ({ shown: state.shown, status })))
    })
  )

/** Starts the command in a terminal; it ends with the scope. */
export const startInTerminal = (
  args: ReadonlyArray<string>,
  around: { readonly folder: string; readonly environment: NodeJS.ProcessEnv }
) => began([python ?? "python3", ...alone, "-c", inTerminal, ...program, ...args], around)

/** Starts the command with its output in a pipe to another one, and ends with its status if that of the other is 0. */
export const startInPipeTo = (
  reader: string,
  args: ReadonlyArray<string>,
  around: { readonly folder: string; readonly environment: NodeJS.ProcessEnv }
) => began(["bash", "--norc", "-c", `set -o pipefail; "$@" | ${reader}`, "bash", ...program, ...args], around)

/** Starts the command in a process whose input and output are pipes. */
export const startInPipes = (
  args: ReadonlyArray<string>,
  around: { readonly folder: string; readonly environment: NodeJS.ProcessEnv }
) => began([...program, ...args], around)

/** Starts the command in a terminal, with its standard error in a file. */
export const startInTerminalBeside = (
  file: string,
  args: ReadonlyArray<string>,
  around: { readonly folder: string; readonly environment: NodeJS.ProcessEnv }
) =>
  began(
    [
      python ?? "python3",
      ...alone,
      "-c",
      inTerminal,
      "bash",
      "--norc",
      "-c",
      '"${@:2}" 2>"$1"',
      "bash",
      file,
      ...program,
      ...args
    ],
    around
  )
