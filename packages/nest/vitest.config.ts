import { defineConfig } from "vitest/config"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  // time is the sandbox's and stands still; the limit is for a machine that is busy with something else
  test: { name: "nest", include: ["test/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 }
})
