import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Config, type Connections, createSageAuth, generateKey, type Sage } from "@sage-auth/core"
import { type Sandbox, type SandboxOptions, startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"
import type { Report } from "../src/doctor/examine.ts"
import { type Ran, runCommand } from "./runCommand.ts"

/** An application beside a sandbox, as a folder in which commands find it. */
export interface World {
  readonly sandbox: Sandbox<"manual">
  readonly folder: string
  /** what the configuration gives to createSageAuth; tests lay other options over it */
  config: Config<Connections>
  /** what the configuration gives in place of its options: an application that is open already */
  opened: Sage<Connections> | undefined
  /** consents to an interactive connection, as its human */
  readonly consent: (connection: string) => Promise<void>
  readonly doctor: (...args: ReadonlyArray<string>) => Promise<Ran>
  readonly stop: () => Promise<void>
}

// the configuration's file is loaded by Node itself: it asks for its world by this
const configs = new Map<string, () => Config<Connections> | Sage<Connections>>()
const place = Symbol.for("@sage-auth/cli/test/configs")
Object.assign(globalThis, { [place]: configs })

/** One retry without a pause, whatever the server says of when to ask again: how long a command waits is tested in core. */
const promptly = { first: 0, times: 1, within: "24 hours", retryAfter: false } as const

/** Starts a sandbox, and an application whose grants live in SQLite. */
export const startWorld = async (options?: SandboxOptions<"manual">): Promise<World> => {
  const sandbox = await startSandbox({ clock: "manual", ...options })
  const folder = mkdtempSync(join(tmpdir(), "sage-auth-doctor-"))
  writeFileSync(
    join(folder, "sage-auth.config.mjs"),
    `export default () => globalThis[Symbol.for("@sage-auth/cli/test/configs")].get(${JSON.stringify(folder)})()\n`
  )
  const world: World = {
    sandbox,
    folder,
    opened: undefined,
    config: {
      connections: sandbox.connections(),
      clock: sandbox.clock,
      log: false,
      retry: { transient: promptly, rateLimited: promptly },
      store: `sqlite:${join(folder, "grants.db")}`,
      keys: [generateKey()]
    },
    consent: async (connection) => {
      const sage = world.opened ?? createSageAuth(world.config)
      const client = sage.client(connection) as unknown as {
        authorize(options: { readonly returnTo: string }): Promise<{ readonly url: string; readonly cookie: string }>
      }
      const { cookie, url } = await client.authorize({ returnTo: "/" })
      if (connection === "gateway") {
        const { body, url: callback } = await sandbox.x3.pairingCallback(url)
        await sage.completeAuthorization({
          url: callback,
          cookie,
          ...(body === undefined ? {} : { body: new URLSearchParams(body) })
        })
      } else {
        await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
      }
      if (world.opened === undefined) await sage.close()
    },
    doctor: (...args) => Effect.runPromise(runCommand(["doctor", ...args], { folder })),
    stop: async () => {
      configs.delete(folder)
      await sandbox.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
  configs.set(folder, () => world.opened ?? world.config)
  return world
}

/** The ids of what is not well, each once. */
export const notWell = ({ out }: Ran): ReadonlyArray<string> => {
  const { application, connections } = JSON.parse(out) as Report
  const all = [...application, ...connections.flatMap(({ checks }) => checks)]
  return [...new Set(all.filter(({ result }) => result === "failed" || result === "warning").map(({ id }) => id))]
}
