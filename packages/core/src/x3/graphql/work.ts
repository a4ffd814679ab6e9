import * as Result from "../../config/Result.ts"
import type { Work } from "../../OpenConnection.ts"
import { clientsOf } from "./clients.ts"
import { decodeOptions, validate } from "./options.ts"
import { X3GraphQLConnection } from "./X3GraphQLConnection.ts"

/** How connections to X3's GraphQL API are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(
      new X3GraphQLConnection(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
    )
}
