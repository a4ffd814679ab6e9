import { inspect } from "node:util"
import { createSageAuth } from "@sage-auth/core"
import { IntacctXml, SageAuth } from "@sage-auth/core/effect"
import * as Effect from "effect/Effect"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { countOf, ledgerOf, pathOf, readVendors, stepsOf } from "./kit.ts"

/** For people who have another XML client, Intacct's own SDK for example. */
export const handOver: Flow = {
  name: "hand the session over",
  run: async ({ sandbox, settings, step }) => {
    await using sage = createSageAuth({ connections: sandbox.connections(), ...settings })
    const session = await sage.client("ledger").session()
    const config = IntacctXml.toSdkClientConfig(session)
    const { sender } = sandbox.accounts["intacct-xml"]
    await step(
      "another XML client sends its own request with sessionId and endpointUrl",
      async () => {
        const response = await settings.fetch(config.endpointUrl, {
          method: "POST",
          headers: { "content-type": "application/xml" },
          body: `<?xml version="1.0" encoding="utf-8"?><request><control><senderid>${sender.id}</senderid><password>${sender.password}</password><controlid>by-hand</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><sessionid>${config.sessionId}</sessionid></authentication><content><function controlid="1"><readByQuery><object>CUSTOMER</object><fields>CUSTOMERID</fields><query/><pagesize>5</pagesize></readByQuery></function></content></operation></request>`
        })
        return response.text()
      },
      (answer, requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery"])
        holds("five customers came back", answer.includes('count="5"'))
        return `5 customers, at ${pathOf(config.endpointUrl)}`
      }
    )
  }
}

/** The same things as effects. */
export const withEffect: Flow = {
  name: "the same with Effect",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    class Sage extends SageAuth.Service<Sage>()("demo/Sage", {
      connections: { ledger: ledgerOf(stage) },
      ...settings
    }) {}
    const program = Effect.gen(function* () {
      const sage = yield* Sage
      const results = yield* sage.client("ledger").execute([readVendors])
      return yield* Effect.promise(() => countOf(results))
    })
    await step(
      "a program with the application's own service",
      () => Effect.runPromise(Effect.provide(program, Sage.layer)),
      (count, requests) => {
        same("requests", stepsOf(requests), ["getAPISession", "readByQuery"])
        same("vendors", count, 100)
        return `${count} vendors`
      }
    )
    const { login, sender } = sandbox.accounts["intacct-xml"]
    await step(
      "a flow alone: IntacctXml.openSession",
      () =>
        Effect.runPromise(
          IntacctXml.openSession({
            sender,
            login,
            environment: "sandbox",
            urls: sandbox.urls["intacct-xml"],
            fetch: settings.fetch
          })
        ),
      (session, requests) => {
        same("requests", stepsOf(requests), ["getAPISession"])
        holds("it prints without its id", /redacted/.test(inspect(session.id)))
        return `a session for ${pathOf(session.endpoint)}, its id prints as ${inspect(session.id)}`
      }
    )
  }
}
