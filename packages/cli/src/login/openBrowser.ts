import { spawn } from "node:child_process"
import process from "node:process"
import { Effect } from "effect"

/**
 * How a platform opens an address: a program, and the arguments before the address. Never a shell, which would read
 * `&`.
 */
const openerOf = (environment: NodeJS.ProcessEnv): readonly [string, ReadonlyArray<string>] | undefined => {
  const given = environment["BROWSER"]
  if (given !== undefined && given !== "") return [given, []]
  switch (process.platform) {
    case "darwin":
      return ["open", []]
    case "win32":
      return ["rundll32", ["url.dll,FileProtocolHandler"]]
    default:
      // without a display xdg-open would take a browser in text into this terminal
      return [environment["DISPLAY"], environment["WAYLAND_DISPLAY"], environment["WSL_DISTRO_NAME"]].every(
        (display) => display === undefined || display === ""
      )
        ? undefined
        : ["xdg-open", []]
  }
}

/**
 * Opens an address in the browser: with the program of `BROWSER`, or with that of the platform.
 *
 * @returns whether that worked, as far as the program says
 */
export const openBrowser = (url: string, environment: NodeJS.ProcessEnv): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const opener = openerOf(environment)
    if (opener === undefined) return resume(Effect.succeed(false))
    const [program, args] = opener
    const child = spawn(program, [...args, url], { stdio: "ignore", detached: true, env: environment })
    child.once("error", () => resume(Effect.succeed(false)))
    child.once("exit", (status) => resume(Effect.succeed(status === 0)))
    child.unref()
  })
