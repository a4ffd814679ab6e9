import { defineConfig } from "vitest/config"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "import", "module", "default"] } },
  test: { name: "intacct-xml", testTimeout: 120_000, hookTimeout: 120_000, include: ["test/**/*.test.ts"] }
})
