import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { generateKey } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"
import { runCommand } from "./runCommand.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
const [first, second] = [generateKey(), generateKey()]
let sandbox: Sandbox

/** A configuration with these keys, over one store. */
const configured = (name: string, keys: ReadonlyArray<string>): string => {
  const { client, user } = sandbox.accounts["intacct-rest"]
  const options = {
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    username: user.username,
    environment: "sandbox",
    urls: sandbox.urls["intacct-rest"]
  }
  writeFileSync(
    join(folder, name),
    `import { intacctRest } from ${JSON.stringify(import.meta.resolve("@sage-auth/core"))}
export default {
  log: false,
  connections: { vendors: intacctRest.clientCredentials(${JSON.stringify(options)}) },
  store: ${JSON.stringify(`sqlite:${join(folder, "grants.db")}`)},
  keys: ${JSON.stringify(keys)}
}
`
  )
  return name
}

beforeAll(async () => {
  sandbox = await startSandbox()
})

afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe("keys rotate", () => {
  it.effect("fails, with the remedy, where a grant does not open, and says how many it sealed otherwise", () =>
    Effect.gen(function* () {
      const rotate = (config: string, ...more: ReadonlyArray<string>) =>
        runCommand(["keys", "rotate", "--config", config, ...more], { folder })
      yield* runCommand(["refresh", "vendors", "--config", configured("one.mjs", [first])], { folder })
      const without = configured("two.mjs", [second])

      const failed = yield* rotate(without)
      expect(failed).toMatchObject({ status: 1, out: expect.stringContaining("0 sealed again, 1 failed") })
      expect(failed.out).toContain("Put the key with that id back")
      expect(failed.err).toContain("Keep every key")
      const json = yield* rotate(without, "--json")
      expect(json.status).toBe(1)
      expect(JSON.parse(json.out)).toEqual({
        resealed: 0,
        failures: [
          {
            connection: "vendors",
            tenant: "default",
            message: expect.any(String),
            remedy: expect.stringContaining("Put the key")
          }
        ]
      })

      const both = configured("three.mjs", [second, first])
      expect(yield* rotate(both)).toEqual({ out: "1 sealed again, 0 failed", err: "", status: 0 })
      expect(yield* rotate(both)).toEqual({ out: "0 sealed again, 0 failed", err: "", status: 0 })
    })
  )
})
