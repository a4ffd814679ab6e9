import { defineConfig } from "vitest/config"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  // Express is CommonJS: its packages take what they require, not what they could import
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  test: { name: "intacct-rest", testTimeout: 120_000, hookTimeout: 120_000, include: ["test/**/*.test.ts"] }
})
