import { misconfigured } from "../errors/SageAuthError.ts"
import type { Caller } from "./Caller.ts"

/**
 * Nobody: who uses a client outside of any request while there is a tenant resolver. Never the tenant `"default"`,
 * which
 * would be somebody else's data or nobody's.
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
