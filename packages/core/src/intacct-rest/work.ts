import * as Result from "../config/Result.ts"
import type { Work } from "../OpenConnection.ts"
import { clientsOf } from "./clients.ts"
import { IntacctRestConnection } from "./IntacctRestConnection.ts"
import { type Decode, issuesOf } from "./issues.ts"

/** How connections to Intacct's REST API are put to work. */
export const workOf = (decode: Decode): Work => ({
  validate: (options, at, connections) => issuesOf(decode, options, at, connections),
  open: (options, application, name, find) =>
    clientsOf(
      new IntacctRestConnection(application, name, Result.getOrThrow(decode(options, `connections.${name}`)), find)
    )
})
