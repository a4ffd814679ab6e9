import { isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { watch } from "../intacct-xml/kit.ts"
import { call, callManyTimes, consent, type OAuthCase, openApplication, refreshesIn } from "./kit.ts"

/** What happens all day long. */
export const expiryAndRotation = (of: OAuthCase): Flow => ({
  name: `${of.title}: expiry and rotation`,
  run: async (stage) => {
    const { sandbox, step } = stage
    await using sage = openApplication(stage)
    const events = watch(sage)
    await consent(stage, sage, of)
    await step(
      `100 calls at once, ${of.untilExpired} later`,
      async () => {
        await sandbox.clock.advance(of.untilExpired)
        return callManyTimes([sage], of, 100)
      },
      (answers, requests) => {
        same("refreshes", refreshesIn(requests), 1)
        return `${answers} answers, one refresh, a new refresh token`
      }
    )
    await events.first("rotation-done")
    await step(
      `a call ${of.untilRenewal} later, past the renewal point`,
      async () => {
        await sandbox.clock.advance(of.untilRenewal)
        const later = watch(sage)
        const status = await call(sage, of)
        // the renewal goes on behind the call
        same("cause", (await later.first("credential-renewed")).cause, "early")
        return status
      },
      (status, requests) => {
        same("status", status, 200)
        same("refreshes", refreshesIn(requests), 1)
        return "answered with the token in hand; the next one is fetched in the background"
      }
    )
    await step(
      "a call two minutes after that",
      async () => {
        await sandbox.clock.advance("2 minutes")
        return call(sage, of)
      },
      (status, requests) => {
        same("requests", requests.length, 1)
        return `${status}, no pause: the token was there before it was needed`
      }
    )
  }
})

/** The moment that loses connections: the server has rotated, and its answer is lost. */
export const lostAnswer = (of: OAuthCase): Flow => ({
  name: `${of.title}: a lost answer`,
  run: async (stage) => {
    const { sandbox, step } = stage
    await using sage = openApplication(stage)
    const events = watch(sage)
    const server = of.server(sandbox)
    await consent(stage, sage, of)

    await sandbox.clock.advance(of.untilExpired)
    sandbox.fault(of.surface, { on: "refresh_token", kind: "drop-request" })
    await step(
      "the connection breaks before the refresh arrives",
      () => call(sage, of),
      (status, requests) => {
        same("status", status, 200)
        same("refreshes", refreshesIn(requests), 2)
        return "sent once more, with the same refresh token: a request that never arrived is saved"
      }
    )

    await sandbox.clock.advance(of.untilExpired)
    server.configure({ refreshReuse: "accepted" })
    sandbox.fault(of.surface, { on: "refresh_token", kind: "drop-response" })
    await step(
      "the answer is lost, after the server has rotated",
      () => call(sage, of),
      (status, requests) => {
        same("status", status, 200)
        same("refreshes", refreshesIn(requests), 2)
        return "sent once more; the server answers again, and no human is asked"
      }
    )
    server.configure({ refreshReuse: "refused" })

    await sandbox.clock.advance(of.untilExpired)
    sandbox.fault(of.surface, { on: "refresh_token", kind: "drop-response" })
    await step(
      "the same at a server that takes each refresh token once",
      () => rejectionOf(call(sage, of)),
      (error, requests) => {
        holds("it is a SageAuthError", isSageAuthError(error))
        holds("a human has to consent again", error.reason._tag === "ReauthorizationRequired")
        same("cause", error.reason.cause, "RotationInDoubt")
        same("refreshes", refreshesIn(requests), 2)
        return `${error.reason._tag}, ${error.reason.cause}: it says so, once, and does not try for ever`
      }
    )
    const required = await events.first("reauthorization-required")
    same("cause", required.cause, "RotationInDoubt")
    await step(
      "the human consents again",
      async () => {
        await consent(stage, sage, of)
        return call(sage, of)
      },
      (status) => {
        same("status", status, 200)
        return "works again"
      }
    )
    await events.first("recovered")
  }
})
