import { defineConfig } from "tsdown"
import { common } from "../../build/library.ts"
import { thirdPartyNotices } from "../../build/thirdPartyNotices.ts"

// a program: Effect and its command line are inlined, and what a command needs is loaded when it runs
export default defineConfig({
  ...common,
  dts: false,
  entry: { bin: "src/bin.ts" },
  deps: {
    alwaysBundle: [/^effect(\/|$)/, /^@effect\//],
    onlyBundle: false,
    onlyImport: [
      "@sage-auth/core",
      "@sage-auth/core/advice",
      "@sage-auth/core/inspect",
      "@sage-auth/core/web",
      "@sage-auth/sandbox",
      "selfsigned"
    ]
  },
  outputOptions: { ...common.outputOptions, chunkFileNames: "chunks/[name].js" },
  plugins: [thirdPartyNotices()]
})
