import type { SystemClock } from "../clock.ts"
import type { SurfaceRequest } from "../surface.ts"
import type { ControlEcho } from "./answers.ts"
import type { CompanyPool } from "./companyPool.ts"
import type { Directory } from "./companies.ts"
import type { RecordFunctions } from "./recordFunctions.ts"
import type { ResolvedIntacctXmlOptions } from "./options.ts"
import type { GatewayRequest } from "./readRequest.ts"
import type { Sessions } from "./sessions.ts"
import type { TransactionCount } from "./transactions.ts"

/** Everything that a gateway keeps between requests. */
export interface GatewayState {
  readonly clock: SystemClock
  readonly directory: Directory
  readonly sessions: Sessions
  readonly transactions: TransactionCount
  /** The options that hold now; tests change them on the way. */
  readonly options: () => ResolvedIntacctXmlOptions
  readonly pool: CompanyPool
  readonly functions: RecordFunctions
  /** Company, sender and control id of every function that was sent to be unique. */
  readonly usedControlIds: Set<string>
}

/** One request on its way through the gateway. */
export interface Call {
  readonly state: GatewayState
  readonly request: SurfaceRequest
  readonly read: GatewayRequest
  readonly echo: ControlEcho
}
