#!/usr/bin/env node
import { readFileSync } from "node:fs"
import { enableCompileCache } from "node:module"
import process from "node:process"
import { quickAnswer } from "./quickAnswer.ts"

const { env, stdout } = process
// the same rule as effect/cli has: NO_COLOR, then FORCE_COLOR, then what standard output is
const isForced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false"
const colours = env["TERM"] !== "dumb" && (env["NO_COLOR"] ?? "") === "" && (isForced || stdout.isTTY)
const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly version: string
}

// who reads no further, as `head` does, has all that it wants
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  process.exit(0)
})

const texts = new URL("help.json", import.meta.url)
const quick = quickAnswer(process.argv.slice(2), { colours, texts, version })
if (quick === undefined) {
  enableCompileCache()
  const { main } = await import("./main.ts")
  main(version)
} else {
  stdout.write(`${quick}\n`)
}
