import { isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { watch } from "../intacct-xml/kit.ts"
import { call, consent, type OAuthCase, openApplication, refreshesIn } from "./kit.ts"

/** Grants end in two ways: the user takes one back, or the application lets it go. */
export const revocation = (of: OAuthCase): Flow => ({
  name: `${of.title}: revocation`,
  run: async (stage) => {
    const { sandbox, step } = stage
    await using sage = openApplication(stage)
    const events = watch(sage)
    const client = sage.client(of.connection)
    const server = of.server(sandbox)
    await consent(stage, sage, of)
    await step(
      "20 calls after the user took the consent back",
      async () => {
        server.endGrants()
        await sandbox.clock.advance(of.untilExpired)
        return Promise.all(Array.from({ length: 20 }, () => rejectionOf(call(sage, of))))
      },
      (errors, requests) => {
        same("refreshes", refreshesIn(requests), 1)
        for (const error of errors) {
          holds("it is a SageAuthError", isSageAuthError(error))
          holds("a human has to consent again", error.reason._tag === "ReauthorizationRequired")
          same("cause", error.reason.cause, "Revoked")
        }
        return "ReauthorizationRequired, Revoked, for all of them; the dead refresh token was sent once"
      }
    )
    await events.first("reauthorization-required")
    same("events about it", events.seen.filter(({ type }) => type === "reauthorization-required").length, 1)
    await consent(stage, sage, of)
    await events.first("recovered")
    await step(
      "disconnect()",
      () => client.disconnect(),
      ({ revoked }, requests) => {
        const alone = of.surface !== "intacct-rest"
        same("revoked", revoked, alone)
        same("requests", requests.length, alone ? 1 : 0)
        return alone
          ? "forgotten here and revoked there"
          : "forgotten here; Intacct would revoke every token of this user, so that has to be asked for"
      }
    )
    await consent(stage, sage, of)
    sandbox.fault(of.surface, { on: "revoke", kind: "unavailable" })
    await step(
      "disconnect({ revoke: true }) while the server is away",
      () => client.disconnect({ revoke: true }),
      ({ revoked }) => {
        same("revoked", revoked, false)
        return "forgotten here all the same, and it says that it was not revoked"
      }
    )
    await consent(stage, sage, of)
    await step(
      "disconnect({ revoke: true })",
      () => client.disconnect({ revoke: true }),
      ({ revoked }, requests) => {
        same("revoked", revoked, true)
        same("requests", requests.length, 1)
        return "the refresh token was revoked"
      }
    )
    await step(
      "a call then",
      () => rejectionOf(call(sage, of)),
      (error, requests) => {
        same("requests", requests.length, 0)
        holds("it is a SageAuthError", isSageAuthError(error))
        holds("a human has to consent", error.reason._tag === "ReauthorizationRequired")
        same("cause", error.reason.cause, "NeverAuthorized")
        return `${error.reason._tag}, ${error.reason.cause}; nothing was sent`
      }
    )
  }
})
