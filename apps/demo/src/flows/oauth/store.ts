import { generateKey, isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import {
  call,
  callManyTimes,
  consent,
  keepAliveForQuarter,
  type OAuthCase,
  openApplication,
  refreshesIn,
  withStore
} from "./kit.ts"

/** Replicas of a service: each would have used the refresh token, and only the first would have got anything for it. */
export const fourApplications = (of: OAuthCase): Flow => ({
  name: `${of.title}: four applications, one store`,
  run: (stage) =>
    withStore(async (shared) => {
      const { sandbox, step } = stage
      const server = of.server(sandbox)
      server.configure({ refreshReuse: "revoke-family" })
      await using first = openApplication(stage, shared)
      await using second = openApplication(stage, shared)
      await using third = openApplication(stage, shared)
      await using fourth = openApplication(stage, shared)
      const all = [first, second, third, fourth]
      await consent(stage, first, of)
      await step(
        "50 calls of each",
        () => callManyTimes(all, of, 50),
        (answers, requests) => {
          same("refreshes", refreshesIn(requests), 0)
          return `${answers} answers; the token that one of them got serves all`
        }
      )
      await step(
        `50 calls of each, ${of.untilExpired} later`,
        async () => {
          await sandbox.clock.advance(of.untilExpired)
          return callManyTimes(all, of, 50)
        },
        (answers, requests) => {
          same("refreshes", refreshesIn(requests), 1)
          return `${answers} answers, one refresh; a second use would have ended the grant`
        }
      )
      server.configure({ refreshReuse: "refused" })
    })
})

/** Keys are replaced while the application runs. */
export const newKey = (of: OAuthCase): Flow => ({
  name: "grant store: a restart, and a new key",
  run: (stage) =>
    withStore(async ({ keys, store }) => {
      const { step } = stage
      {
        await using sage = openApplication(stage, { store, keys })
        await consent(stage, sage, of)
      }
      const newer = generateKey()
      await step(
        "another process, with a new key before the old one",
        async () => {
          await using sage = openApplication(stage, { store, keys: [newer, ...keys] })
          return { status: await call(sage, of), ...(await sage.reseal()) }
        },
        ({ failures, resealed, status }, requests) => {
          same("requests", requests.length, 1)
          same("status", status, 200)
          same("resealed", resealed, 1)
          same("failures", failures.length, 0)
          return `${status} with the stored token, nothing asked for anew; reseal() sealed ${resealed} grant with the new key`
        }
      )
      await step(
        "a process with the old key alone",
        async () => {
          await using sage = openApplication(stage, { store, keys })
          return rejectionOf(call(sage, of))
        },
        (error, requests) => {
          same("requests", requests.length, 0)
          holds("it is a SageAuthError", isSageAuthError(error))
          same("reason", error.reason._tag, "StoreUnavailable")
          return `${error.reason._tag}: ${error.remedy}`
        }
      )
      await step(
        "a process with the new key alone",
        async () => {
          await using sage = openApplication(stage, { store, keys: [newer] })
          return call(sage, of)
        },
        (status) => {
          same("status", status, 200)
          return `${status}: nothing was lost`
        }
      )
    })
})

/** A customer who uses the connection once a quarter. */
export const keepAlive = (of: OAuthCase): Flow => ({
  name: `${of.title}: kept alive unused`,
  run: async (stage) => {
    const { step } = stage
    await using sage = openApplication(stage)
    await consent(stage, sage, of)
    await step(
      "13 weeks without a call, and keepAlive() every week",
      () => keepAliveForQuarter(stage, sage),
      (renewed, requests) => {
        same("refreshes", refreshesIn(requests), renewed)
        same("renewed", renewed, 13)
        return `renewed ${renewed} times, each well within the life of its refresh token`
      }
    )
    await step(
      `fetch("${of.path}") then`,
      () => call(sage, of),
      (status) => {
        same("status", status, 200)
        return `${status}: no human was asked`
      }
    )
  }
})
