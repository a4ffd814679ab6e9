/** Imports the module that is named and says how many milliseconds that took. A process does this once. */
import process from "node:process"

const start = performance.now()
await import(process.argv[2] as string)
process.stdout.write(String(performance.now() - start))
