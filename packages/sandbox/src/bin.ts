#!/usr/bin/env node
import process from "node:process"
import { command } from "./command.ts"

command(process.argv.slice(2), (text) => process.stdout.write(text)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : "The sandbox could not start"}\n`)
  process.exitCode = 1
})
