import { createSageAuth } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { customers, failureOf, statusOf } from "./kit.ts"

/** Lists that go on, and answers of 200 that are none. */
export const rest: Flow = {
  name: "X3: REST",
  run: async ({ sandbox, settings, step }) => {
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const erp = sage.client("erp")
    await step(
      "every customer, along $links.$next",
      async () => {
        const names: Array<string> = []
        for await (const { BPCNUM } of erp.records<{ readonly BPCNUM: string }>(customers)) names.push(BPCNUM)
        return names
      },
      (names, requests) => {
        same("requests", requests.length, 3)
        same("customers", new Set(names).size, 60)
        return `${names.length} customers in ${requests.length} pages`
      }
    )
    await step(
      "a customer that is not there",
      () => failureOf(erp.fetch("api1/x3/erp/SEED/BPCUSTOMER('NOBODY')?representation=BPCUSTOMER.$details")),
      (error, requests) => {
        same("status", requests[0]?.status, 200)
        same("id", error.id, "x3-web-services.diagnoses")
        holds("it has the server's words", error.message.includes("721"))
        holds("the answer can be read", error.response?.bodyUsed === false)
        return `HTTP 200 with $diagnoses: ${error.reason._tag}, ${error.message}`
      }
    )
    await step(
      "without representation",
      () => statusOf(erp, "api1/x3/erp/SEED/BPCUSTOMER"),
      (status) => {
        same("status", status, 400)
        return `${status}, handed over as it is`
      }
    )
    await step(
      "three calls",
      async () => {
        const response = await erp.fetch("api1/x3/erp/SEED/FACILITY?representation=FACILITY.$query")
        await response.text()
        return [response.headers.get("set-cookie"), await statusOf(erp), await statusOf(erp)]
      },
      ([cookie, ...statuses], requests) => {
        same("cookie", cookie, null)
        same("statuses", statuses, [200, 200])
        holds(
          "no cookie was sent",
          requests.every(({ headers }) => !headers.includes("cookie"))
        )
        holds(
          "each was authenticated",
          requests.every(({ authentication }) => authentication === "basic")
        )
        return "no session: the credential goes with each, and the server's cookies are dropped"
      }
    )
  }
}
