import { frameworkSuite, webSuite } from "../../src/web/suite.ts"
import { adapters } from "./adapters.ts"

for (const adapter of adapters) (adapter.name === "node:http" ? webSuite : frameworkSuite)(adapter)
