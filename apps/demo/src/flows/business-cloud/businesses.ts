import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { watch } from "../intacct-xml/kit.ts"
import { books, consent, openApplication } from "../oauth/kit.ts"

/** The business that answers, as the server says it. */
const answering = async (of: { readonly fetch: (path: string) => Promise<Response> }) => {
  const response = await of.fetch("contacts")
  await response.text()
  return response.headers.get("x-business")
}

/** A token reaches every business of its user, and one of them answers. */
export const businesses: Flow = {
  name: "Business Cloud: businesses",
  run: async (stage) => {
    const { sandbox, step } = stage
    await using sage = openApplication(stage)
    const events = watch(sage)
    await consent(stage, sage, books)
    const client = sage.client("books")
    const [lead, second] = await step(
      "businesses()",
      () => client.businesses(),
      (found) => found.map(({ name }) => name).join(", ")
    )
    await step(
      'fetch("contacts")',
      () => answering(client),
      (business) => {
        same("business", business, lead?.id)
        return `answered by the lead business, ${lead?.name}`
      }
    )
    await step(
      'business(id).fetch("contacts")',
      () => answering(client.business(second?.id ?? "")),
      (business) => {
        same("business", business, second?.id)
        return `answered by ${second?.name}`
      }
    )
    await step(
      "the user makes another business the lead",
      async () => {
        sandbox.businessCloud.setLeadBusiness(sandbox.accounts["business-cloud"].user.email, second?.id ?? "")
        await answering(client)
        return events.first("lead-business-changed")
      },
      ({ type }) => {
        holds("the answer is another business's", lead?.id !== second?.id)
        return `${type}: say business: "…" where it must not drift`
      }
    )
    sandbox.businessCloud.setLeadBusiness(sandbox.accounts["business-cloud"].user.email, lead?.id ?? "")
  }
}
