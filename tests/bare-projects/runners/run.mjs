// The same tests in Jest 29 and 30, Vitest, and node:test by `import` and by `require`: without flags for modules, two at a time. Time is for a machine that is busy.
import { execFile } from "node:child_process"
import process from "node:process"
import { promisify } from "node:util"

const jest = (version) => [`node_modules/jest-${version}/bin/jest.js`, "--ci", "--silent"]
const runners = {
  "Jest 29": jest(29),
  "Jest 30": jest(30),
  Vitest: ["node_modules/vitest/vitest.mjs", "run", "--testTimeout=60000", "test/vitest.test.mjs"],
  "node:test by import": ["--test", "--test-reporter=tap", "test/node.test.mjs"],
  "node:test by require": ["--test", "--test-reporter=tap", "test/node.test.cjs"]
}
/** what each of them says of tests that passed, and what has to be there */
const passed = /^Tests: +(\d+) passed, \d+ total|^ +Tests +(\d+) passed \(|^# pass (\d+)$/m

const left = Object.entries(runners)
const counts = {}
const worker = async () => {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const [name, parameters] = next
    const env = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" }
    try {
      const { stderr, stdout } = await promisify(execFile)(process.execPath, parameters, { env, timeout: 300_000 })
      counts[name] = Number(
        passed
          .exec(`${stdout}${stderr}`)
          ?.slice(1)
          .find((count) => count !== undefined)
      )
      if (!(counts[name] > 0)) throw new Error(`nothing is said of tests that passed:\n${stdout}${stderr}`)
      console.log(`${name}: ${counts[name]} tests`)
    } catch (error) {
      process.exitCode = 1
      console.error(`${name} fails: ${error.message}\n${error.stdout ?? ""}${error.stderr ?? ""}`)
    }
  }
}
await Promise.all([worker(), worker()])
if (new Set(Object.values(counts)).size > 1) {
  process.exitCode = 1
  console.error("not all of them ran the same tests")
}
