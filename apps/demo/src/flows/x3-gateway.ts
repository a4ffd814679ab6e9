import type { Flow } from "../Flow.ts"
import { keptAlive } from "./x3/keptAlive.ts"
import { pairing } from "./x3/pairing.ts"
import { regions } from "./x3/regions.ts"

/** Everything that users of X3's cloud gateway do. */
export const x3GatewayFlows: ReadonlyArray<Flow> = [pairing, regions, keptAlive]
