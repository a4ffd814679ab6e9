// A file of its own: in `gateway.ts` it would close a circle, since that imports `X3GatewayEngine.ts`, which needs it.

import type { CallOptions } from "../../application/Application.ts"
import { type HttpClient, httpCalls, type Interactive, interactiveCalls } from "../../calls/HttpClient.ts"
import type { MembersOf, Out, World } from "../../Connection.ts"
import type {
  AcquireReasons,
  BudgetExhausted,
  Misconfigured,
  PermissionDenied,
  RequestRejected
} from "../../errors/Reason.ts"

/** What listing the folders can fail with. */
export type FoldersReasons =
  | AcquireReasons["x3-gateway"]
  | BudgetExhausted
  | Misconfigured
  | PermissionDenied
  | RequestRejected

/**
 * The client of the API gateway of X3's multi-tenant cloud. Paths of `fetch` count from the root of the customer's
 * region: `"folders"`, `"service/REPOSX3/api"`.
 *
 * Until an X3 user has accepted the pairing, everything that needs a token fails with `PairingPending`, and `status()`
 * is `pairing`.
 */
export interface X3GatewayClient<W extends World = "promise"> extends HttpClient<W, "x3-gateway">, Interactive<W> {
  /**
   * the folders that were chosen when the pairing was accepted
   *
   * @throws `SageAuthError`: one of `FoldersReasons`
   */
  folders(options?: CallOptions): Out<W, ReadonlyArray<string>, FoldersReasons>
}

/** The table of its members. */
export const members: MembersOf<X3GatewayClient> = {
  calls: { ...httpCalls, ...interactiveCalls, folders: 0 },
  lists: {},
  narrowing: {}
}
