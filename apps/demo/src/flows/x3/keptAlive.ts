import { same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { keepAliveForQuarter, openApplication, refreshesIn } from "../oauth/kit.ts"
import { pair } from "./gatewayKit.ts"
import { statusOf } from "./kit.ts"

/** A pairing that is used once a quarter. */
export const keptAlive: Flow = {
  name: "X3 gateway: kept alive unused",
  run: async (stage) => {
    const { step } = stage
    await using sage = openApplication(stage)
    await pair(stage, sage)
    await step(
      "13 weeks without a call, and keepAlive() every week",
      () => keepAliveForQuarter(stage, sage),
      (renewed, requests) => {
        same("refreshes", refreshesIn(requests), renewed)
        return `renewed ${renewed} times, each within the 30 days of its refresh token`
      }
    )
    await step(
      'fetch("folders") then',
      () => statusOf(sage.client("gateway"), "folders"),
      (status) => {
        same("status", status, 200)
        return `${status}: no new pairing is needed`
      }
    )
  }
}
