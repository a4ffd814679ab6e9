import { businessCloud, createSageAuth, isSageAuthError } from "@sage-auth/core"
import { holds, rejectionOf, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { call, consent, books, openApplication, refreshesIn } from "../oauth/kit.ts"

/** Refusals that another token does not change. */
export const refusals: Flow = {
  name: "Business Cloud: no refresh for what it cannot repair",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = openApplication(stage)
    await consent(stage, sage, books)
    const [business] = sandbox.accounts["business-cloud"].user.businesses
    sandbox.businessCloud.setSubscription(business.id, false)
    await step(
      "a business whose subscription has lapsed",
      () => call(sage, books),
      (status, requests) => {
        same("refreshes", refreshesIn(requests), 0)
        same("requests", requests.length, 1)
        return `${status}, and no refresh`
      }
    )
    sandbox.businessCloud.setSubscription(business.id, true)
    const { outsider } = sandbox.accounts["business-cloud"]
    const client = sage.client("books", { tenant: "outsider" })
    const { cookie, url } = await client.authorize({ returnTo: "/" })
    const login = { email: outsider.email, password: outsider.password }
    await step(
      "another human consents, for another tenant",
      async () => sage.completeAuthorization({ url: await sandbox.approve(url, { login }), cookie }),
      ({ tenant }) => `${tenant} is connected`
    )
    await step(
      "a user without any right",
      async () => (await client.fetch("contacts")).status,
      (status, requests) => {
        same("status", status, 403)
        same("refreshes", refreshesIn(requests), 0)
        return `${status}, and no refresh`
      }
    )
    await step(
      "from JavaScript: businessCloud.clientCredentials(…)",
      () =>
        rejectionOf(
          (async () => {
            const { clientCredentials } = businessCloud as unknown as {
              readonly clientCredentials: (options: object) => ReturnType<typeof businessCloud>
            }
            createSageAuth({ connections: { books: clientCredentials({}) }, ...settings })
          })()
        ),
      (error, requests) => {
        same("requests", requests.length, 0)
        holds("it is a SageAuthError", isSageAuthError(error))
        same("reason", error.reason._tag, "Misconfigured")
        return "refused at start-up, with the reason and what to do instead"
      }
    )
  }
}
