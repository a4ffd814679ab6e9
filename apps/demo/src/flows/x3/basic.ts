import { createSageAuth, x3 } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { watch } from "../intacct-xml/kit.ts"
import { erpBy, failureAtStart, failureOf, readPage, statusOf } from "./kit.ts"

/** User and password, in every language's letters. */
export const basic: Flow = {
  name: "X3: user and password",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const { accented } = sandbox.accounts["x3-web-services"]
    await using sage = createSageAuth({ connections: { erp: erpBy(stage, x3.basic(accented)) }, ...settings })
    await step(
      `fetch(…) as ${accented.user}, whose password is not ASCII either`,
      () => readPage(sage.client("erp")),
      ({ $resources }, requests) => {
        same("requests", requests.length, 1)
        same("authenticated by", requests[0]?.authentication, "basic")
        return `${$resources.length} customers: both went out as UTF-8`
      }
    )
    await step(
      "a login with a colon",
      () =>
        failureAtStart(() =>
          createSageAuth({ connections: { erp: erpBy(stage, x3.basic({ user: "a:b", password: "p" })) }, ...settings })
        ),
      (error, requests) => {
        same("requests", requests.length, 0)
        same("reason", error.reason._tag, "Misconfigured")
        holds("it names the option", error.message.includes("connections.erp.auth.user"))
        return "refused at start-up: a colon ends a login on the wire"
      }
    )
    await step(
      "plain http outside of a sandbox",
      () =>
        failureAtStart(() => {
          const erp = x3.onPremise({ baseUrl: "http://x3.acme.example:8124", auth: x3.basic(accented) })
          return createSageAuth({ connections: { erp }, ...settings })
        }),
      (error) => {
        holds("it names the way out", error.message.includes("trusted-network"))
        return 'refused at start-up, unless allowPlainHttp: "trusted-network" says that it is meant'
      }
    )
  }
}

/** Accounts lock after a handful of bad sign-ins. */
export const notTriedAgain: Flow = {
  name: "X3: a wrong password is sent once",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const right = sandbox.accounts["x3-web-services"].basic
    // a function of the tenant, as with a vault: it is asked again after a while, and by refresh()
    let password = "not-the-password"
    const erp = erpBy(
      stage,
      x3.basic(() => ({ ...right, password }))
    )
    await using sage = createSageAuth({ connections: { erp }, ...settings })
    const events = watch(sage)
    const client = sage.client("erp")
    await step(
      "fetch(…)",
      () => statusOf(client),
      (status, requests) => {
        same("requests", requests.length, 1)
        same("status", status, 401)
        return `${status}, handed over and not tried again`
      }
    )
    await step(
      "20 more at once",
      () => Promise.all(Array.from({ length: 20 }, () => failureOf(statusOf(client)))),
      (errors, requests) => {
        same("requests", requests.length, 0)
        for (const { id } of errors) same("id", id, "client.credential-blocked")
        return "held back: nothing was sent, so no user is locked out"
      }
    )
    same("what was rejected", (await events.first("credential-rejected")).what, "login")
    password = right.password
    await step(
      "the vault has the right one",
      async () => {
        await client.refresh()
        return statusOf(client)
      },
      (status) => {
        same("status", status, 200)
        return `${status}, without waiting`
      }
    )
    await events.first("recovered")
  }
}
