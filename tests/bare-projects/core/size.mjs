// What an application that has core, and nothing else, has to carry: every package with the bytes of its files.
import assert from "node:assert/strict"
import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"

const limits = { megabytes: 8, packages: new Set(["@sage-auth/core", "jose", "undici"]) }

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"))
const sizeOf = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((file) => statSync(join(folder, file)))
    .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0)

const sizes = Object.keys(packages)
  .filter((place) => place !== "")
  .map((place) => [place.replace(/^node_modules\//, ""), sizeOf(place) / 1_000_000])
const sum = sizes.reduce((total, [, size]) => total + size, 0)
for (const [name, size] of sizes) console.log(`${name}: ${size.toFixed(2)} MB`)
console.log(`${sizes.length} packages, ${sum.toFixed(2)} of ${limits.megabytes} MB`)
assert.deepEqual(new Set(sizes.map(([name]) => name)), limits.packages, "core needs other packages than it did")
assert.ok(sum <= limits.megabytes, `core installs ${sum.toFixed(2)} MB, its budget is ${limits.megabytes}`)
