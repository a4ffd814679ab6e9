/** Services that are about the session or the definition of objects, and bill nothing. */
const free = /^services\/core\/(?:session|model|metadata)\b/

const bulk = /^services\/bulk\/job\/create\b/

/** Objects by key; several keys make several of them. */
const byKeys = /^objects\/[^/?]+\/[^/?]+\/([^/?]+)/

const listed = (json: string): number => {
  try {
    const records: unknown = JSON.parse(json)
    return Array.isArray(records) ? Math.max(1, records.length) : 1
  } catch {
    return 1
  }
}

/** How many records the file of a bulk request has; one where it cannot be told. */
const recordsIn = (body: unknown): number | Promise<number> => {
  const file = body instanceof FormData ? body.get("file") : undefined
  if (typeof file === "string") return listed(file)
  return file instanceof Blob ? file.text().then(listed) : 1
}

const keysIn = (path: string): number => byKeys.exec(path)?.[1]?.split(/,|%2C/i).length ?? 1

const isList = (body: unknown): body is string => typeof body === "string" && /^\s*\[/.test(body)

/**
 * What a call counts of the company's allowance: one for each read, query and write, as the XML functions do; nothing
 * for tokens and sessions; one a record, or one a call, for bulk requests and for calls about several records.
 *
 * Source: developer.sage.com, Sage Intacct REST API, Transaction volume, concurrency and scaling.
 *
 * @param path below the API's base, with or without a slash
 */
export const transactionsOf = (
  path: string,
  body: unknown,
  bulkCounts: "record" | "call"
): number | Promise<number> => {
  const relative = path.replace(/^\/+/, "")
  if (free.test(relative)) return 0
  if (bulkCounts === "call") return 1
  if (bulk.test(relative)) return recordsIn(body)
  return isList(body) ? listed(body) : keysIn(relative)
}
