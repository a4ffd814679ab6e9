import { realpathSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { environment, maxWorkers } from "../../../build/tests.ts"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

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
    include: ["test/**/*.test.ts"],
    env: { ...environment, NEST: "11" },
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
