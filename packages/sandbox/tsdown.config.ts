import { defineConfig } from "tsdown"
import { library } from "../../build/library.ts"

export default defineConfig(
  library({
    entries: { index: "src/index.ts" },
    imports: ["@sage-auth/core", "asn1js", "fast-xml-parser", "graphql", "pkijs"],
    inlinedForRequire: ["asn1js", "pkijs", "@peculiar/utils", "bytestreamjs", "@noble/hashes"]
  })
)
