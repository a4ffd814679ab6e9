/** Imports the module that is named and says how many milliseconds that took. A process does this once. */
import process from "node:process"

const cpu = process.cpuUsage()
const start = performance.now()
await import(process.argv[2] as string)
const clock = performance.now() - start
const { system, user } = process.cpuUsage(cpu)
process.stdout.write(JSON.stringify({ processor: (system + user) / 1000, clock }))
