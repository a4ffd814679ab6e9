import { realpathSync } from "node:fs"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { environment, maxWorkers } from "../../../build/tests.ts"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * All the tests of the package are among the storms, which repeat. `pnpm test` has those that begin with each version:
 * how an application starts, and what every framework is asked.
 */
const include =
  process.env["SAGE_AUTH_STORMS"] === undefined ? ["test/boot.test.ts", "test/suite.test.ts"] : ["test/**/*.test.ts"]

// the tests of the package once more, with NestJS 11 in place of 12: what they and the package import is this folder's
export default defineConfig({
  root: at(".."),
  resolve: {
    conditions: ["@sage-auth/source"],
    alias: [{ find: /^@nestjs\/(.*)$/, replacement: `${realpathSync(at("node_modules/@nestjs"))}/$1` }]
  },
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  test: {
    name: "nest-11",
    isolate: false,
    maxWorkers,
    include,
    env: { ...environment, NEST: "11" },
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
