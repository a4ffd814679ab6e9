// A file of its own: in `sqlite.ts` it would close a circle, since that imports `storeSupport.ts`, which needs it.

import type { StoreUnavailable } from "../errors/Reason.ts"
import { failure, type SageAuthError } from "../errors/SageAuthError.ts"
import type { GrantKey } from "./GrantStore.ts"

/** What is known about one failure of a store. Neither text ever quotes what a record holds. */
export interface StoreFailure {
  /** what happened */
  readonly message: string
  /** what to do about it */
  readonly remedy: string
  /** the store's own name for it, such as `SQLITE_FULL` */
  readonly code?: string | undefined
  /** default true: a store that is away may come back */
  readonly retryable?: boolean | undefined
  /** the grant it is about; default: the whole store */
  readonly key?: GrantKey | undefined
}

/**
 * The one error of a grant store.
 *
 * @category stores
 */
export const storeUnavailable = ({ key, ...detail }: StoreFailure): SageAuthError<StoreUnavailable> =>
  failure<StoreUnavailable>("client.store-unavailable", { ...detail, ...key })
