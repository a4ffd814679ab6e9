import * as Result from "../config/Result.ts"
import type { Work } from "../OpenConnection.ts"
import { clientsOf } from "./clients.ts"
import { IntacctXmlConnection } from "./IntacctXmlConnection.ts"
import { decodeOptions, validate } from "./options.ts"

/** How connections to Intacct's XML API are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(
      new IntacctXmlConnection(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
    )
}
