import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "@effect/vitest"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"
import { intacctEnvironment } from "./intacctEnvironment.ts"
import { environmentOf, freePort } from "./loginWorld.ts"
import { skipped, startInPipes, startInPipeTo, startInTerminal, startInTerminalBeside } from "./terminal.ts"

const folder = mkdtempSync(join(tmpdir(), "sage-auth-cli-"))
let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await startSandbox()
  sandbox.company(sandbox.accounts["intacct-xml"].login.companyId).define({
    records: {
      VENDOR: Array.from({ length: 1_000 }, (_, index) => ({ VENDORID: `P-${index}`, NAME: `Paged ${index}` }))
    }
  })
})

afterAll(async () => {
  await sandbox.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** The address that is shown below the words for it. */
const addressIn = (shown: string): string => /Open this address in a browser:\s+(http\S+)\s/.exec(shown)?.[1] ?? ""

const approve = (url: string): Effect.Effect<string> => Effect.promise(() => sandbox.approve(url))

describe.skipIf(skipped !== undefined)(`in a terminal${skipped ?? ""}, login`, () => {
  it.effect("takes a pasted address without showing it", () =>
    Effect.gen(function* () {
      const environment = environmentOf({ folder, sandbox }, "intacct-rest", "https://192.0.2.7/sage/callback")
      const terminal = yield* startInTerminal(["login", "intacct-rest"], { folder, environment })
      const url = addressIn(yield* terminal.shows("Paste the address"))
      // what belongs to no sign-in is told of, and the question comes again
      yield* terminal.type("https://192.0.2.7/sage/callback?error=access_denied\r")
      yield* terminal.shows("still waiting")
      const callback = yield* approve(url)
      yield* terminal.type(`${callback}\r`)
      const { shown, status } = yield* terminal.ended
      expect(shown).toContain("intacct-rest is signed in for default")
      expect(status).toBe(0)
      expect(shown).not.toContain(new URL(callback).searchParams.get("code"))
    })
  )

  it.effect("counts down while it waits, and leaves the port at Ctrl-C", () =>
    Effect.gen(function* () {
      const port = yield* Effect.promise(freePort)
      const redirectUri = `http://127.0.0.1:${port}/cb`
      const environment = environmentOf({ folder, sandbox }, "business-cloud", redirectUri)
      const terminal = yield* startInTerminal(["login", "business-cloud", "--no-browser"], { folder, environment })
      yield* terminal.shows(/Waiting for the answer at \S+ {2}9:5\d/)
      expect((yield* Effect.promise(() => fetch(`${redirectUri}/elsewhere`))).status).toBe(404)
      yield* terminal.type("\u0003")
      expect((yield* terminal.ended).status).toBe(130)
      expect(yield* Effect.promise(() => fetch(redirectUri).catch(() => "closed"))).toBe("closed")
    })
  )

  it.effect("ends at Ctrl-C while it asks", () =>
    Effect.gen(function* () {
      const environment = environmentOf({ folder, sandbox }, "intacct-rest", "https://192.0.2.7/sage/callback")
      const terminal = yield* startInTerminal(["login", "intacct-rest", "--manual"], { folder, environment })
      yield* terminal.shows("Paste the address")
      yield* terminal.type("\u0003")
      expect((yield* terminal.ended).status).toBe(130)
    })
  )
})

describe.skipIf(skipped !== undefined)(`in a terminal${skipped ?? ""}, init`, () => {
  it.effect("asks what it has to know, and writes", () =>
    Effect.gen(function* () {
      const project = mkdtempSync(join(folder, "project-"))
      const terminal = yield* startInTerminal(["init"], { folder: project, environment: {} })
      yield* terminal.shows("Which Sage product?")
      yield* terminal.type("\u001b[B\r")
      const { shown, status } = yield* terminal.ended
      expect(shown).toContain("npx @sage-auth/cli login books")
      expect(status).toBe(0)
      expect(readFileSync(join(project, "sage-auth.config.ts"), "utf8")).toContain("businessCloud(")
    })
  )
})

describe.skipIf(skipped !== undefined)(`in a terminal${skipped ?? ""}, doctor`, () => {
  it.effect("shows what is well in green, what is wrong in red and what was left out dimmed, and none in a file", () =>
    Effect.gen(function* () {
      const environment = environmentOf({ folder, sandbox }, "business-cloud", "https://192.0.2.7/sage/callback")
      const file = join(folder, "errors.txt")
      const terminal = yield* startInTerminalBeside(file, ["doctor"], { folder, environment })
      const { shown, status } = yield* terminal.ended
      expect(shown).toContain("\u001b[32mok      \u001b[0mConfiguration")
      expect(shown).toContain("\u001b[31mfailed  \u001b[0mGrant")
      expect(shown).toContain("\u001b[2mskipped \u001b[0mRefresh token")
      expect(status).toBe(7)
      // standard error, which went there
      expect(readFileSync(file, "utf8")).toMatch(/^error {2}\d of \d+ checks failed/)
    })
  )

  it.effect("shows no colours where NO_COLOR is set", () =>
    Effect.gen(function* () {
      const connection = environmentOf({ folder, sandbox }, "business-cloud", "https://192.0.2.7/sage/callback")
      const environment = { ...connection, NO_COLOR: "1" }
      const { shown } = yield* (yield* startInTerminal(["doctor"], { folder, environment })).ended
      expect(shown).toContain("failed  Grant")
      expect(shown).not.toContain("\u001b[3")
    })
  )
})

describe.skipIf(skipped !== undefined)(`in a terminal${skipped ?? ""}, Ctrl-C`, () => {
  it.effect.each([
    [["events"], "Waiting for events"],
    [["proxy"], "Ctrl-C ends it"]
  ] as const)("ends %s well: it runs until then", ([args, shown]) =>
    Effect.gen(function* () {
      const environment = environmentOf({ folder, sandbox }, "intacct-rest", "https://192.0.2.7/sage/callback")
      const terminal = yield* startInTerminal(args, { folder, environment })
      yield* terminal.shows(shown)
      yield* terminal.type("\u0003")
      expect((yield* terminal.ended).status).toBe(0)
    })
  )
})

describe("without a terminal, login --manual", () => {
  it.effect("reads the address from standard input", () =>
    Effect.gen(function* () {
      const environment = environmentOf({ folder, sandbox }, "intacct-rest", "https://192.0.2.7/sage/callback")
      const piped = yield* startInPipes(["login", "intacct-rest", "--manual", "--json"], { folder, environment })
      const { url } = JSON.parse(yield* piped.shows("\n")) as { readonly url: string }
      yield* piped.type(`${yield* approve(url)}\n`)
      const { shown, status } = yield* piped.ended
      expect(status).toBe(0)
      expect(JSON.parse(shown.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ state: "connected" })
    })
  )

  it.effect("takes what the gateway of X3 has posted", () =>
    Effect.gen(function* () {
      const environment = environmentOf({ folder, sandbox }, "x3-gateway", "https://192.0.2.7/sage/callback")
      const piped = yield* startInPipes(["login", "x3-gateway", "--manual", "--json"], { folder, environment })
      const { url } = JSON.parse(yield* piped.shows("\n")) as { readonly url: string }
      const { body } = yield* Effect.promise(() => sandbox.x3.pairingCallback(url))
      yield* piped.type(`${body ?? ""}\n`)
      const { shown, status } = yield* piped.ended
      expect(status).toBe(0)
      expect(JSON.parse(shown.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({ state: "connected" })
    })
  )
})

/** More than a pipe holds. */
const vendors = ["request", "intacct-rest", "objects/accounts-payable/vendor", "--all"]

const count = (): number => sandbox.company(sandbox.accounts["intacct-xml"].login.companyId).records("VENDOR").length

const around = () => ({ folder, environment: intacctEnvironment(sandbox) })

describe.skipIf(skipped !== undefined)(`in a terminal${skipped ?? ""}, request --all`, () => {
  it.effect("prints a line for each record", () =>
    Effect.gen(function* () {
      const terminal = yield* startInTerminal(vendors, around())
      const { shown, status } = yield* terminal.ended
      expect(status).toBe(0)
      expect(shown.trim().split(/\r?\n/)).toHaveLength(count())
    })
  )
})

describe("request --all in a pipe", () => {
  it.effect("prints all of it before it ends", () =>
    Effect.gen(function* () {
      const piped = yield* startInPipes([...vendors, "--json"], around())
      const { shown, status } = yield* piped.ended
      expect(status).toBe(0)
      expect(shown.length).toBeGreaterThan(65_536)
      expect(JSON.parse(shown)).toHaveLength(count())
    })
  )

  it.effect("ends well where its reader leaves before the end", () =>
    Effect.gen(function* () {
      const piped = yield* startInPipeTo("head -n 1", [...vendors, "--page-size", "10"], around())
      const { shown, status } = yield* piped.ended
      expect(JSON.parse(shown)).toHaveProperty("key")
      expect(status).toBe(0)
    })
  )
})
