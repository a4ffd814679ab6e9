import { webSuite } from "../../src/web/suite.ts"
import { adapters } from "./adapters.ts"

for (const adapter of adapters) webSuite(adapter)
