import { isSageAuthError, type SageAuthError, type StoreUnavailable, storeUnavailable } from "@sage-auth/core"

const textOf = (error: unknown): string => (error instanceof Error ? error.message : "")

/** The word with which an answer of Redis begins, or the code of the system. What follows may quote anything. */
const codeOf = (error: unknown): string | undefined => {
  const [word] = /^[A-Z]{2,20}(?= )/.exec(textOf(error)) ?? []
  if (word !== undefined) return word
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined
  return typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code) ? code : undefined
}

/** Whether the server does not know a script: it was restarted, flushed, or another one took over. */
export const isUnknownScript = (error: unknown): boolean => codeOf(error) === "NOSCRIPT"

/** No answer came in time. */
export class NoAnswer extends Error {}

const meanings: Readonly<Record<string, readonly [said: string, remedy: string]>> = {
  NOAUTH: ["asks for a password", "Give the client the password of Redis."],
  WRONGPASS: ["refuses the password", "Correct user and password of the client."],
  NOPERM: [
    "does not let this user do what pools need",
    "Let the user run EVAL, EVALSHA, PUBLISH and SUBSCRIBE, and use keys and channels that begin with `prefix`."
  ],
  READONLY: ["is a replica", "Connect to the primary. Clients with sentinels find it after a failover."],
  LOADING: ["is loading its data", "Wait: it is asked again."],
  MASTERDOWN: ["is a replica without its primary", "Wait for the failover, or start the primary."],
  CLUSTERDOWN: ["is a cluster of which a part is away", "Start the nodes that are missing."],
  BUSY: ["is busy with a script of somebody", "Look at `SLOWLOG` of the server for the script."],
  OOM: ["has no memory left", "Raise `maxmemory`, or remove data of other applications."],
  ECONNREFUSED: ["refuses connections", "Start the server, or correct host and port of the client."],
  ENOTFOUND: ["has a host with no address", "Correct the host of the client."]
}

/** What an error of a client means. It is told and dropped: its text may quote the address with its password. */
export const redisFailure = (host: string | undefined, error: unknown): SageAuthError<StoreUnavailable> => {
  if (isSageAuthError(error)) return error as SageAuthError<StoreUnavailable>
  const code = codeOf(error)
  const [said, remedy] = meanings[code ?? ""] ?? [
    error instanceof NoAnswer ? "gives no answer" : "cannot be reached, or failed",
    "Look at the server and at its log. It is asked again."
  ]
  return storeUnavailable({ message: `Redis${host === undefined ? "" : ` at ${host}`} ${said}`, remedy, code })
}
