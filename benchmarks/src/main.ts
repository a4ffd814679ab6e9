import { availableParallelism, cpus, loadavg } from "node:os"
import process from "node:process"
import { parseArgs } from "node:util"
import { type Effort, full, quick } from "./effort.ts"
import { authorizedCall } from "./subjects/authorizedCall.ts"
import { cachedCredential } from "./subjects/cachedCredential.ts"
import { coldStart } from "./subjects/coldStart.ts"
import { commandLine } from "./subjects/commandLine.ts"
import { expressOverhead } from "./subjects/expressOverhead.ts"
import { importCost } from "./subjects/importCost.ts"
import { installSize } from "./subjects/installSize.ts"
import { nestOverhead } from "./subjects/nestOverhead.ts"
import { parsing } from "./subjects/parsing.ts"
import { roundTrips } from "./subjects/roundTrips.ts"
import { scale } from "./subjects/scale.ts"
import { xmlReaders } from "./subjects/xmlReaders.ts"
import { print, type Table } from "./table.ts"

const subjects: Readonly<Record<string, (effort: Effort) => Promise<Table>>> = {
  "round-trips": roundTrips,
  parsing,
  "xml-readers": xmlReaders,
  call: authorizedCall,
  "cached-credential": cachedCredential,
  express: expressOverhead,
  nest: nestOverhead,
  import: importCost,
  install: installSize,
  "cold-start": coldStart,
  cli: commandLine,
  scale
}

const usage = `Usage: bench [--quick] [--only <subject>]...

  --quick            a short run that shows that everything runs; its figures say little
  --only <subject>   ${Object.keys(subjects).join(", ")}
`

const machine = (): string => {
  const busy = loadavg()[0] ?? 0
  return `Node ${process.version}, ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? "unknown"}), load ${busy.toFixed(1)}`
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: { quick: { type: "boolean" }, only: { type: "string", multiple: true }, help: { type: "boolean" } }
  })
  if (values.help === true) {
    process.stdout.write(usage)
    return
  }
  const names = values.only ?? Object.keys(subjects)
  const unknown = names.find((name) => subjects[name] === undefined)
  if (unknown !== undefined) throw new Error(`There is no subject ${unknown}.\n\n${usage}`)
  const effort = values.quick === true ? quick : full
  process.stdout.write(
    `${machine()}\nFigures differ from machine to machine and from run to run: the ratios within one run count.\n\n`
  )
  for (const name of names) {
    const table = await subjects[name]?.(effort)
    if (table !== undefined) process.stdout.write(`${print(table)}\n`)
  }
  process.stdout.write(`${machine()} at the end\n`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
