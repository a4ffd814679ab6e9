import { misconfigured } from "../errors/SageAuthError.ts"
import type { Caller } from "./Caller.ts"

/**
 * Who uses a client outside of any request while there is a tenant resolver: no tenant. It is never the tenant
 * `"default"`, which would be the wrong data.
 *
 * @category web
 */
export const outsideOfRequest: Caller = {
  tenant: () =>
    Promise.reject(
      misconfigured([
        {
          option: "tenant",
          expected:
            "a request to take it from: outside of one, say whom the work is for, with forTenant(id) of the client"
        }
      ])
    ),
  signal: undefined
}
