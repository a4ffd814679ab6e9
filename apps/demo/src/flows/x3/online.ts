import { createSageAuth, x3 } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { failureAtStart } from "./kit.ts"

/** What works on premise and stops on the day of the move. */
export const onlineAtStart: Flow = {
  name: "X3 Online: user and password, refused at start-up",
  run: async ({ sandbox, settings, step }) => {
    const { basic } = sandbox.accounts["x3-web-services"]
    const { online } = x3 as unknown as { readonly online: (options: object) => ReturnType<typeof x3.online> }
    await step(
      "from JavaScript: x3.online({ auth: x3.basic(…) })",
      () =>
        failureAtStart(() =>
          createSageAuth({
            connections: { erp: online({ baseUrl: sandbox.urls["x3-web-services"].online, auth: x3.basic(basic) }) },
            ...settings
          })
        ),
      (error, requests) => {
        same("requests", requests.length, 0)
        same("reason", error.reason._tag, "Misconfigured")
        holds("it says what to use instead", error.message.includes("x3.oauth2"))
        holds("the password is nowhere in it", !error.message.includes(basic.password))
        return error.message
      }
    )
  }
}
