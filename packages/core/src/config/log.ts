/** Where a human who runs the application reads: the logger of most libraries fits. */
export interface Log {
  warn(message: string): unknown
}

/** Variables that test runners set: Vitest, Jest, Node's own, and by convention all the others. */
const testVariables = ["VITEST", "JEST_WORKER_ID", "NODE_TEST_CONTEXT"]

/**
 * Whether this process runs tests, as far as their runner says so.
 *
 * @category web
 */
export const isUnderTest = (env: NodeJS.ProcessEnv = process.env): boolean =>
  env["NODE_ENV"] === "test" || testVariables.some((name) => (env[name] ?? "") !== "")

/** Node's warnings: on stderr, once each, and switched off as all of them are. */
export const processLog: Log = {
  warn: (message) => process.emitWarning(message, { type: "SageAuthWarning" })
}
