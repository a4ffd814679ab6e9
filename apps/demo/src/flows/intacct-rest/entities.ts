import { createSageAuth, intacctRest, isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { consent, openApplication, payables, refreshesIn } from "../oauth/kit.ts"

/** How many vendors are seen. */
const count = async (of: { readonly fetch: (path: string) => Promise<Response> }) => {
  const listing = (await (await of.fetch(payables.path)).json()) as {
    readonly "ia::meta": { readonly totalCount: number }
  }
  return listing["ia::meta"].totalCount
}

/** One consent, every entity. */
export const entitySwitch: Flow = {
  name: "Intacct REST: entities",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = openApplication(stage)
    await consent(stage, sage, payables)
    const client = sage.client("payables")
    const all = await step(
      "a call at top level",
      () => count(client),
      (vendors) => `${vendors} vendors`
    )
    await step(
      'entity("E1")',
      () => count(client.entity("E1")),
      (vendors, requests) => {
        same("requests", requests.length, 1)
        holds("fewer than at top level", vendors < all)
        return `${vendors} vendors: one request in the entity, by a header`
      }
    )
    await step(
      'entity("E1", { token: true })',
      () => count(client.entity("E1", { token: true })),
      (vendors, requests) => {
        same("refreshes", refreshesIn(requests), 1)
        holds("it named the entity", requests[0]?.body.includes("E1") === true)
        holds("fewer than at top level", vendors < all)
        return `${vendors} vendors: a token of the entity's own, which was checked to be one`
      }
    )
    await step(
      "both, 61 minutes later",
      async () => {
        await sandbox.clock.advance("61 minutes")
        return [await count(client), await count(client.entity("E1", { token: true }))]
      },
      ([top = 0, entity = 0], requests) => {
        same("refreshes", refreshesIn(requests), 2)
        same("vendors at top level", top, all)
        holds("fewer in the entity", entity < all)
        return `${top} and ${entity}: each renewal names its entity again, and both use the newest refresh token`
      }
    )
    const { client: registered, user } = sandbox.accounts["intacct-rest"]
    await using bound = createSageAuth({
      connections: {
        vendors: intacctRest.clientCredentials({
          clientId: registered.clientId,
          clientSecret: registered.clientSecret,
          username: `${user.username}|E1`,
          environment: "sandbox",
          urls: sandbox.urls["intacct-rest"]
        })
      },
      ...settings
    })
    await step(
      'entity("E2") of a connection that is bound to E1',
      () => rejectionOf(bound.client("vendors").entity("E2").fetch(payables.path)),
      (error, requests) => {
        same("requests", requests.length, 1)
        holds("it is a SageAuthError", isSageAuthError(error))
        same("id", error.id, "intacct-rest.entity-bound")
        return `${error.reason._tag}, before the call was sent: ${error.remedy}`
      }
    )
  }
}
