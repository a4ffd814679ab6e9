import type {
  AuthorizationCodeOptions,
  BusinessCloudOptions,
  X3GatewayOptions,
  X3OAuth2Options,
  X3OnPremiseOptions
} from "@sage-auth/core"

/** What a connection is made of. */
export type TaskConnection =
  | { readonly name: "books"; readonly options: BusinessCloudOptions }
  | { readonly name: "payables"; readonly options: AuthorizationCodeOptions }
  | {
      readonly name: "erpSso"
      readonly auth: X3OAuth2Options
      readonly options: Pick<X3OnPremiseOptions, "baseUrl" | "environment">
    }
  | { readonly name: "gateway"; readonly options: X3GatewayOptions }

/** Where the grants of several processes are. */
export type SharedStore =
  | {
      /** the SQLite file */
      readonly path: string
    }
  | {
      /** the address of a PostgreSQL database */
      readonly url: string
      readonly schema: string
    }

/** What another process is to do. */
export type Task = SharedStore & {
  readonly connection: TaskConnection
  readonly key: string
  /** so many calls at once */
  readonly callers: number
  /** and again so many times after them; default 1 */
  readonly rounds?: number | undefined
  /** how far its clock is ahead, in milliseconds; default 0 */
  readonly ahead?: number | undefined
  /** shorter times of leases, for tests of this library */
  readonly times?: Readonly<Record<string, number>> | undefined
  /** a callback that it takes before anything else */
  readonly callback?: { readonly url: string; readonly body: string } | undefined
  /** whether a call waits to be told so; default: it begins at once */
  readonly waits?: boolean | undefined
}

/** What it tells in the end: how often it was served, and how it was not. */
export interface Told {
  readonly served: number
  readonly failures: ReadonlyArray<string>
}
