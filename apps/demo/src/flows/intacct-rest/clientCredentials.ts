import { createSageAuth, intacctRest, isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { openApplication } from "../oauth/kit.ts"

/** For programs without a human. */
export const clientCredentials: Flow = {
  name: "Intacct REST: client credentials",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = openApplication(stage)
    const vendors = sage.client("vendors")
    await step(
      'fetch("objects/accounts-payable/vendor")',
      async () => (await vendors.fetch("objects/accounts-payable/vendor")).json() as Promise<Listing>,
      (listing, requests) => {
        same("requests", requests.length, 2)
        same("grant type", requests[0]?.grantType, "client_credentials")
        return `${listing["ia::meta"].totalCount} vendors; one token, asked for by the client for a user`
      }
    )
    await step(
      "50 calls at once, 61 minutes later",
      async () => {
        await sandbox.clock.advance("61 minutes")
        return Promise.all(
          Array.from({ length: 50 }, async () => {
            const response = await vendors.fetch("objects/accounts-payable/vendor")
            await response.text()
            return response.status
          })
        )
      },
      (statuses, requests) => {
        same("successes", statuses.filter((status) => status === 200).length, 50)
        const tokens = requests.filter(({ step: name }) => name === "token")
        same(
          "grant types",
          tokens.map(({ grantType }) => grantType),
          ["client_credentials"]
        )
        same("at a time, at most", Math.max(...requests.map(({ concurrent }) => concurrent)), 2)
        return "50 answers, one token, asked for anew instead of refreshed; never more than 2 requests at a time"
      }
    )
    await step(
      "meter()",
      () => vendors.meter(),
      ({ company, used }, requests) => {
        same("requests", requests.length, 0)
        return `${company}: ${used} transactions this month, counted with its XML traffic; tokens are not`
      }
    )
    const { unauthorised, client } = sandbox.accounts["intacct-rest"]
    await using other = createSageAuth({
      connections: {
        vendors: intacctRest.clientCredentials({
          clientId: client.clientId,
          clientSecret: client.clientSecret,
          username: unauthorised.username,
          environment: "sandbox",
          urls: sandbox.urls["intacct-rest"]
        })
      },
      ...settings
    })
    await step(
      "for a company that has not authorised the application",
      () => rejectionOf(other.client("vendors").fetch("objects/accounts-payable/vendor")),
      (error, requests) => {
        same("requests", requests.length, 1)
        holds("it is a SageAuthError", isSageAuthError(error))
        same("id", error.id, "intacct-rest.client-not-authorized")
        return `${error.reason._tag} (${error.code}): ${error.remedy}`
      }
    )
  }
}

interface Listing {
  readonly "ia::meta": { readonly totalCount: number }
}
