// A file of its own: in `SageAuth.ts` and `createSageAuth.ts` it would close a circle, since they import `openApplication.ts`,
// which needs it.

import type { Connections } from "./Connection.ts"
import type { CompletedAuthorization } from "./oauth2/completeAuthorization.ts"

/** Where a human goes on after a consent. */
export interface Completed<C extends Connections> extends CompletedAuthorization {
  /** which of the application's connections was authorized */
  readonly connection: keyof C & string
}
