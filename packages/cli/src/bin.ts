#!/usr/bin/env node
import { readFileSync } from "node:fs"
import module from "node:module"
import process from "node:process"
import { olderThan } from "./olderThan.ts"
import { quickAnswer } from "./quickAnswer.ts"

const { env, stdout } = process
// the same rule as effect/cli has: NO_COLOR, then FORCE_COLOR, then what standard output is
const isForced = (env["FORCE_COLOR"] ?? "") !== "" && env["FORCE_COLOR"] !== "0" && env["FORCE_COLOR"] !== "false"
const colours = env["TERM"] !== "dumb" && (env["NO_COLOR"] ?? "") === "" && (isForced || stdout.isTTY)
const { engines, version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  readonly engines: { readonly node: string }
  readonly version: string
}
const needed = engines.node.replace(">=", "")

// who reads no further, as `head` does, has all that it wants
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error
  process.exit(0)
})

const texts = new URL("help.json", import.meta.url)
const quick = quickAnswer(process.argv.slice(2), { colours, texts, version })
if (quick !== undefined) {
  stdout.write(`${quick}\n`)
} else if (olderThan(needed, process.versions.node)) {
  // what is loaded from here on needs what an older Node.js does not have
  const message = `sage-auth needs Node.js ${needed} or later, and this is ${process.versions.node}.`
  const remedy = "Install the current release from https://nodejs.org, and run the command again."
  const asJson = JSON.stringify({ error: { message, remedy, status: 1 } })
  process.stderr.write(`${process.argv.includes("--json") ? asJson : `error  ${message}\nremedy ${remedy}`}\n`)
  process.exitCode = 1
} else {
  module.enableCompileCache()
  const { main } = await import("./main.ts")
  main(version)
}
