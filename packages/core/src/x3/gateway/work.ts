import * as Result from "../../config/Result.ts"
import type { Work } from "../../OpenConnection.ts"
import { clientsOf } from "./clients.ts"
import { decodeOptions, validate } from "./options.ts"
import { X3GatewayConnection } from "./X3GatewayConnection.ts"

/** How connections to X3's gateway are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(
      new X3GatewayConnection(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
    )
}
