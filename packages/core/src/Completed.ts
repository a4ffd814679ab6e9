// A file of its own: declarations of both entries name this type, see `sharedTypes` in tsdown.config.ts.

import type { Connections } from "./Connection.ts"
import type { CompletedAuthorization } from "./oauth2/completeAuthorization.ts"

/** Where a human goes on after a consent. */
export interface Completed<C extends Connections> extends CompletedAuthorization {
  /** which of the application's connections was authorized */
  readonly connection: keyof C & string
}
