import { isSageAuthError, type SageAuthError, type StoreUnavailable, storeUnavailable } from "@sage-auth/core"

const codeOf = (error: unknown): string => {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined
  return typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code) ? code : ""
}

/** The code of an error that PostgreSQL itself has sent, see its manual, appendix A; undefined for any other error. */
const sqlState = (error: unknown): string | undefined => {
  const code = codeOf(error)
  return /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code) ? code : undefined
}

/** Whether a server that could not be reached may be there in a moment: it restarts, or all of its places are taken. */
export const mayComeBack = (error: unknown): boolean => {
  const state = sqlState(error)
  if (state !== undefined) return ["57P01", "57P02", "57P03", "53300"].includes(state) || state.startsWith("08")
  return !["ENOTFOUND", "EACCES", "ERR_INVALID_URL", "DEPTH_ZERO_SELF_SIGNED_CERT"].includes(codeOf(error))
}

/** Whether an error means that the connection is gone, and that the server may have done what it was asked. */
export const isLost = (error: unknown): boolean => {
  const state = sqlState(error)
  // what the driver or the socket says has no state
  return state === undefined ? !isSageAuthError(error) : /^(?:57P0|08|25P0[234])/.test(state)
}

/** Whether the server undid a statement because of others at work, and would do it now. */
export const isUndone = (error: unknown): boolean => ["40001", "40P01"].includes(sqlState(error) ?? "")

interface Meaning {
  readonly said: string
  readonly remedy: string
  readonly retryable?: boolean
}

const meanings: Readonly<Record<string, Meaning>> = {
  "28000": {
    said: "refuses this role",
    remedy: "Check the role and `pg_hba.conf` of the server: it may ask for TLS, or not know this host.",
    retryable: false
  },
  "28P01": { said: "refuses the password", remedy: "Check the password in `url` or of the `pool`.", retryable: false },
  "3D000": { said: "does not exist", remedy: "Create the database, or name another one in `url`.", retryable: false },
  "42501": {
    said: "does not let this role do what the store needs",
    remedy:
      "Grant the role USAGE on the schema and its sequence, and SELECT, INSERT, UPDATE and DELETE on its tables. To migrate, it also needs CREATE on the database.",
    retryable: false
  },
  "42P01": {
    said: "has no tables of this store any more",
    remedy: "Restore the schema, or start the application again, which makes the tables anew.",
    retryable: false
  },
  "25006": {
    said: "is read-only",
    remedy: "Connect to the primary. After a failover, `target_session_attrs=read-write` or your proxy finds it."
  },
  "53100": { said: "has a full disk", remedy: "Free space on the server's disk. What was stored before is kept." },
  "53300": {
    said: "has no connection left",
    remedy: "Lower `connections` or `max` of the pool, use PgBouncer, or raise `max_connections`."
  },
  "57P03": { said: "is starting", remedy: "Wait: calls are tried again." },
  "57014": { said: "took too long", remedy: "Look at the load of the server, and at its `statement_timeout`." },
  ECONNREFUSED: { said: "refuses connections", remedy: "Start the server, or correct host and port." },
  ENOTFOUND: { said: "has a host with no address", remedy: "Correct the host in `url` or of the `pool`." },
  EAI_AGAIN: { said: "has a host whose address cannot be found now", remedy: "Look at the name service of this host." }
}

/** What an error of the driver means. It is told and dropped: its text may quote what was written. */
export const postgresFailure = (place: string, error: unknown): SageAuthError<StoreUnavailable> => {
  if (isSageAuthError(error)) return error as SageAuthError<StoreUnavailable>
  const code = codeOf(error)
  const { remedy, retryable, said } = meanings[code] ?? {
    said: isLost(error) ? "cannot be reached, or has ended the connection" : `failed with code ${code}`,
    remedy: "Look at the server's log; calls are tried again."
  }
  return storeUnavailable({ message: `${place} ${said}`, remedy, code: code === "" ? undefined : code, retryable })
}
