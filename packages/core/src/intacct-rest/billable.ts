/** Services that are about the session or the definition of objects, and bill nothing. */
const free = /^services\/core\/(?:session|model|metadata)\b/

const bulk = /^services\/bulk\/job\/create\b/

/** How many records the file of a bulk request has; one where it cannot be told. */
const recordsIn = (body: unknown): number => {
  const file = body instanceof FormData ? body.get("file") : undefined
  if (typeof file !== "string") return 1
  try {
    const records: unknown = JSON.parse(file)
    return Array.isArray(records) ? Math.max(1, records.length) : 1
  } catch {
    return 1
  }
}

/**
 * What a call counts of the company's allowance: one for each read, query and write, as the XML functions do; nothing
 * for tokens and sessions; one a record, or one a call, for bulk requests.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Transaction volume, concurrency and scaling.
 *
 * @param path below the API's base, with or without a slash
 */
export const transactionsOf = (path: string, body: unknown, bulkCounts: "record" | "call"): number => {
  const relative = path.replace(/^\/+/, "")
  if (free.test(relative)) return 0
  return bulk.test(relative) && bulkCounts === "record" ? recordsIn(body) : 1
}
