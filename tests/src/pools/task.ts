import type { ClientCredentialsOptions, IntacctXmlOptions } from "@sage-auth/core"

/** Where the pool and the meter of a company are. */
export type SharedPools =
  | {
      readonly redisUrl: string
      readonly prefix: string
      /** milliseconds */
      readonly heartbeat: number
    }
  | {
      /** the address of a PostgreSQL database */
      readonly url: string
      readonly schema: string
    }

/** What another process is to do at one Intacct company, beside others. */
export interface PayerTask {
  /** undefined: a pool of its own, in memory */
  readonly pools: SharedPools | undefined
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
