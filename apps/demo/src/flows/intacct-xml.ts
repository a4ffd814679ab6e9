import type { Flow } from "../Flow.ts"
import { licence, loginPerRequest, wrongPassword } from "./intacct-xml/credentials.ts"
import { entityProbe, entitySwitch, slideIn } from "./intacct-xml/entities.ts"
import { handOver, withEffect } from "./intacct-xml/handOver.ts"
import { budget, meter } from "./intacct-xml/meter.ts"
import {
  deadSession,
  failedTransaction,
  keepAlive,
  openSession,
  readRecords,
  slidingTimeout,
  useSession
} from "./intacct-xml/sessions.ts"
import { lostAnswer, pool, rateLimited, unavailable } from "./intacct-xml/traffic.ts"

/** Everything that the XML API's users do. */
export const intacctXmlFlows: ReadonlyArray<Flow> = [
  openSession,
  useSession,
  readRecords,
  failedTransaction,
  pool,
  entitySwitch,
  slideIn,
  slidingTimeout,
  keepAlive,
  deadSession,
  rateLimited,
  lostAnswer,
  unavailable,
  wrongPassword,
  loginPerRequest,
  meter,
  budget,
  entityProbe,
  licence,
  handOver,
  withEffect
]
