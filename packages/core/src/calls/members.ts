/** What every client of an HTTP surface can do, by name. */
export const httpCalls = ["fetch", "headers", "run", "refresh", "status", "disconnect"] as const
