import type { ClientCredentialsOptions, IntacctXmlOptions } from "@sage-auth/core"

/** What another process is to do at one Intacct company, beside others. */
export interface PayerTask {
  readonly redisUrl: string
  readonly prefix: string
  /** milliseconds */
  readonly heartbeat: number
  readonly key: string
  readonly ledger: IntacctXmlOptions
  readonly vendors: ClientCredentialsOptions
  /** so many calls, every other one of the XML API, the rest of the REST API */
  readonly calls: number
  /** so many of them at once */
  readonly callers: number
}

/** What it tells when it has made its calls. */
export interface Paid {
  readonly served: number
  readonly failures: ReadonlyArray<string>
  /** events that a server's own limit has caused */
  readonly limited: number
}
