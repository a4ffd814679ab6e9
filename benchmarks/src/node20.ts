import { fileURLToPath } from "node:url"

/** The Node for the official SDK, which calls functions of `node:util` that Node 23 removed. */
export const node20 = fileURLToPath(new URL("../node_modules/node20/bin/node", import.meta.url))
