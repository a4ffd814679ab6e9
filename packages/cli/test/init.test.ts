import { execFile } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import process from "node:process"
import { promisify } from "node:util"
import { afterAll, describe, expect, it } from "@effect/vitest"
import { routes } from "@sage-auth/core/advice"
import { startSandbox } from "@sage-auth/sandbox"
import { Effect } from "effect"
import { inject } from "vitest"
import { sampleNames } from "../src/init/write.ts"
import { runCommand } from "./runCommand.ts"

const root = realpathSync(mkdtempSync(join(tmpdir(), "sage-auth-cli-")))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let folders = 0
const newFolder = (): string => {
  const folder = join(root, String(++folders))
  mkdirSync(folder)
  return folder
}

const read = (folder: string, file: string): string => readFileSync(join(folder, file), "utf8")

/** The way to the one recommendation whose addresses all come from the environment, and so can be the sandbox's. */
const withCertificate = routes()
  .find(({ recommendation }) => recommendation.code.includes("x3.certificate("))
  ?.path.map(({ answer, question }) => `--${question}=${answer}`)

describe("init", () => {
  it.effect("writes for every way through the tree its code, its variables without values, and what git ignores", () =>
    Effect.gen(function* () {
      for (const { path, recommendation } of routes()) {
        const folder = newFolder()
        const flags = path.flatMap(({ answer, question }) => [`--${question}`, answer])
        const ran = yield* runCommand(["init", ...flags, "--json"], {
          folder,
          environment: { SAGE_INTACCT_REST_CLIENT_SECRET: "s3cr3t-canary" }
        })
        expect(ran).toMatchObject({ status: 0, err: "" })
        const answer = JSON.parse(ran.out)
        expect(answer).toMatchObject({ folder, is: recommendation.id })
        for (const file of answer.written) expect(existsSync(join(folder, file))).toBe(true)
        const configuration = read(folder, "sage-auth.config.ts")
        // the recommended code, but for the address that the browser comes back to
        for (const line of recommendation.code.split("\n")) {
          if (!line.includes("https://app.example/")) expect(configuration).toContain(line)
        }
        expect(configuration).toContain("export default sage")
        expect(configuration).not.toContain("app.example")
        const example = read(folder, ".env.example")
        for (const name of recommendation.variables) expect(example).toMatch(new RegExp(`^${name}=(?:"")?$`, "m"))
        expect(read(folder, ".gitignore").split("\n")).toEqual(expect.arrayContaining([".env", ".sage-auth/"]))
        expect(answer.next.some((line: string) => line.includes(" login "))).toBe(
          recommendation.code.includes("app.example")
        )
        expect(JSON.parse(read(folder, "package.json")).dependencies["@sage-auth/core"]).toMatch(/^\^\d/)
      }
    })
  )

  it.effect("adds to a .gitignore once what it does not have, and to a package nothing", () =>
    Effect.gen(function* () {
      const folder = newFolder()
      writeFileSync(join(folder, ".gitignore"), "dist\r\n  .env  \r\ncoverage")
      writeFileSync(join(folder, "package.json"), '{"name":"mine"}')
      const ran = yield* runCommand(["init", "--product", "business-cloud"], { folder })
      expect(ran.status).toBe(0)
      const once = read(folder, ".gitignore")
      expect(once).toMatch(/^dist\r\n {2}\.env {2}\r\ncoverage\n\.sage-auth\/\n/)
      expect(read(folder, "package.json")).toBe('{"name":"mine"}')
      yield* runCommand(["init", "--product", "business-cloud", "--force"], { folder })
      expect(read(folder, ".gitignore")).toBe(once)
    })
  )

  it.effect("refuses to replace what is there, and then writes nothing at all", () =>
    Effect.gen(function* () {
      for (const file of ["sage-auth.config.mjs", "first-call.ts", ".env.example"]) {
        const folder = newFolder()
        writeFileSync(join(folder, file), "mine")
        const ran = yield* runCommand(["init", "--product", "business-cloud"], { folder })
        expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining(file) })
        expect(ran.err).toContain("--force")
        expect(read(folder, file)).toBe("mine")
        expect(existsSync(join(folder, ".gitignore"))).toBe(false)
        expect(yield* runCommand(["init", "--product", "business-cloud", "--force"], { folder })).toMatchObject({
          status: 0
        })
        expect(read(folder, "sage-auth.config.ts")).toContain("businessCloud(")
      }
    })
  )

  it.effect("names the option that is missing where there is nobody to ask", () =>
    Effect.gen(function* () {
      const folder = newFolder()
      const ran = yield* runCommand(["init", "--product", "x3"], { folder })
      expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining("--deployment") })
      expect(existsSync(join(folder, ".gitignore"))).toBe(false)
    })
  )

  it.live("writes a first script that runs, and a configuration that the command reads", () =>
    Effect.promise(async () => {
      const folder = newFolder()
      const ran = await Effect.runPromise(runCommand(["init", ...(withCertificate ?? [])], { folder }))
      expect(ran.status).toBe(0)
      const core = dirname(createRequire(import.meta.url).resolve("@sage-auth/core/package.json"))
      mkdirSync(join(folder, "node_modules/@sage-auth"), { recursive: true })
      symlinkSync(core, join(folder, "node_modules/@sage-auth/core"), "junction")
      const run = (...args: ReadonlyArray<string>) =>
        promisify(execFile)(process.execPath, ["--conditions=@sage-auth/source", ...args], {
          cwd: folder,
          env: { PATH: process.env["PATH"] }
        }).then(
          ({ stdout }) => stdout,
          (error: { readonly stderr: string }) => error.stderr
        )
      // without values it says which are missing
      expect(await run("first-call.ts")).toContain("baseUrl")
      const sandbox = await startSandbox()
      try {
        const { certificate } = sandbox.accounts["x3-web-services"]
        writeFileSync(join(folder, "integration.pfx"), certificate.pfx)
        writeFileSync(join(folder, "ca.pem"), sandbox.ca)
        writeFileSync(
          join(folder, ".env"),
          [
            `SAGE_X3_WEB_SERVICES_BASE_URL=${sandbox.urls["x3-web-services"].tls}`,
            `SAGE_X3_WEB_SERVICES_PASSPHRASE="${certificate.passphrase}"`
          ].join("\n")
        )
        expect(await run("first-call.ts")).toContain("BPCNUM")
        const connections = await run(inject("program"), "connections", "--json")
        expect(JSON.parse(connections)).toMatchObject([{ name: "erp", surface: "x3-web-services" }])
      } finally {
        await sandbox.stop()
      }
    })
  )
})

describe("init --sample", () => {
  it.effect.each(sampleNames.map((name) => [name] as const))("writes %s with nothing of this workspace", ([name]) =>
    Effect.gen(function* () {
      const folder = newFolder()
      const ran = yield* runCommand(["init", "--sample", name, "mine", "--json"], { folder })
      expect(ran).toMatchObject({ status: 0, err: "" })
      const mine = join(folder, "mine")
      const { written } = JSON.parse(ran.out) as { readonly written: ReadonlyArray<string> }
      expect(written).toEqual(expect.arrayContaining(["package.json", "tsconfig.json", "src/main.ts", ".env.example"]))
      for (const file of written) expect(read(mine, file)).not.toMatch(/workspace:|catalog:|pnpm@|\]\(\.\.\/\.\./)
      const { dependencies, devDependencies } = JSON.parse(read(mine, "package.json"))
      for (const version of Object.values({ ...dependencies, ...devDependencies })) {
        expect(version).toMatch(/^[~^]?\d+\.\d+\.\d+/)
      }
      expect(read(mine, ".gitignore").split("\n")).toEqual(expect.arrayContaining([".env", ".sage-auth/"]))
      const again = yield* runCommand(["init", "--sample", name, "mine"], { folder })
      expect(again).toMatchObject({ status: 2, err: expect.stringContaining("package.json") })
    })
  )

  it.effect("needs a folder", () =>
    Effect.gen(function* () {
      const folder = newFolder()
      const ran = yield* runCommand(["init", "--sample", "x3"], { folder })
      expect(ran).toMatchObject({ out: "", status: 2, err: expect.stringContaining("folder of its own") })
    })
  )
})
