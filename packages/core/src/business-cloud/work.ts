import * as Result from "../config/Result.ts"
import type { Work } from "../OpenConnection.ts"
import { BusinessCloudConnection } from "./BusinessCloudConnection.ts"
import { clientsOf } from "./clients.ts"
import { decodeOptions, validate } from "./options.ts"

/** How connections to Business Cloud Accounting are put to work. */
export const work: Work = {
  validate,
  open: (options, application, name) =>
    clientsOf(
      new BusinessCloudConnection(application, name, Result.getOrThrow(decodeOptions(options, `connections.${name}`)))
    )
}
