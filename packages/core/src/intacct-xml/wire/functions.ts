/**
 * What the name of a function says about sending it twice and about counting it.
 */

const replayable: ReadonlySet<string> = new Set([
  "read",
  "readByQuery",
  "readByName",
  "readByKey",
  "readRelated",
  "readView",
  "query",
  "inspect",
  "lookup",
  "get",
  "getAPISession",
  "getSession"
])

/**
 * Whether a function may be sent again when nobody knows whether the first one arrived: those that only read.
 *
 * `readMore` is none of them: the cursor moves with every call, and a second one would skip a page. Neither is
 * `readReport`, which starts a job. A function this library does not know is taken for one that writes.
 */
export const isReplayable = (functionName: string): boolean =>
  replayable.has(functionName) || /^get(_|[A-Z])/.test(functionName)

const unbilled: ReadonlySet<string> = new Set(["inspect", "lookup"])

/**
 * Whether a function counts as one transaction of the company's allowance.
 *
 * Everything that reads or writes records does, the older functions of a single object (`create_invoice`, `get_list`)
 * included, and so does a function this library does not know: a count that is too high warns early, one that is too
 * low costs money. Functions about the session, the user or the definition of objects do not: `getAPISession`,
 * `getUserPermissions`, `inspect` and the like.
 *
 * @see https://developer.sage.com/intacct/docs/developer-portal/api-essentials/txn-volume-concurrency-scaling
 */
export const billable = (functionName: string): boolean =>
  !unbilled.has(functionName) && !/^get[A-Z]/.test(functionName)
