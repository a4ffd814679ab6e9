import { defineConfig } from "vitest/config"
export default defineConfig({
  resolve: { conditions: ["@sage-auth/source"] },
  // without "import": vitest hands these to Node, where CommonJS packages such as Express's would get ES modules
  ssr: { resolve: { conditions: ["@sage-auth/source", "node", "default"] } },
  // time is the sandbox's and stands still; the limit is for a machine that is busy with something else
  test: { name: "express", include: ["test/**/*.test.ts"], testTimeout: 30_000 }
})
