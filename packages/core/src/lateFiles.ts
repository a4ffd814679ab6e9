/** What is loaded at its first use and at once, in one file for Node. */
export { readVariables } from "./config/lateVariables.ts"
export { findEntries } from "./errors/lateEntries.ts"
export { readEnvironment } from "./intacct-xml/lateEnvironment.ts"
export { lintNodelocal } from "./x3/nodelocal/lateLinter.ts"
