// Compiled and never run: types arrive as such, and not as `any`.
import type { IntacctRestClient } from "@sage-auth/core"
import { InjectSageClient } from "@sage-auth/nest"

export class Mistaken {
  readonly vendors: IntacctRestClient

  // @ts-expect-error -- a client of another kind
  constructor(@InjectSageClient("ledger") vendors: IntacctRestClient) {
    this.vendors = vendors
  }
}

// @ts-expect-error -- a name that no connection has
export const misspelt = () => InjectSageClient("vendor")
