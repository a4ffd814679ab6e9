// The command, as npm links it: its help, its version, and the connections of a configuration in TypeScript.
import assert from "node:assert/strict"
import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { promisify } from "node:util"

const sageAuth = async (...parameters) => {
  const { stdout } = await promisify(execFile)("node_modules/.bin/sage-auth", parameters)
  return stdout
}

const { version } = JSON.parse(await readFile("node_modules/@sage-auth/cli/package.json", "utf8"))
assert.ok((await sageAuth("--version")).includes(version))
assert.match(await sageAuth("--help"), /connections/)
const connections = JSON.parse(await sageAuth("connections", "--json"))
assert.ok(JSON.stringify(connections).includes('"vendors"'), JSON.stringify(connections))
assert.ok(!JSON.stringify(connections).includes("not-to-be-seen"))
console.log("the command's help, version and connections")
