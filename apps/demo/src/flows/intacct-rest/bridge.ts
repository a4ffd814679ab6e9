import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { stepsOf } from "../intacct-xml/kit.ts"
import { openApplication, payables } from "../oauth/kit.ts"

const vendorsBy = async (client: { readonly fetch: (path: string) => Promise<Response> }): Promise<number> => {
  const response = await client.fetch(payables.path)
  await response.text()
  return response.status
}

/** Intacct's two APIs have credentials of their own, and a bridge each way. */
export const bridge: Flow = {
  name: "Intacct REST: from an XML session, and back",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = openApplication(stage)
    await step(
      'a REST call of a connection with session: "ledger"',
      () => vendorsBy(sage.client("bridge")),
      (status, requests) => {
        same("requests", stepsOf(requests).slice(0, 2), ["getAPISession", "token"])
        same("grant type", requests[1]?.grantType, "client_credentials")
        same("status", status, 200)
        return `${status}: the ledger's session became a token`
      }
    )
    await step(
      "the session dies, and the token with it",
      async () => {
        sandbox.intacct.endSessions(sandbox.accounts["intacct-xml"].login.companyId)
        return vendorsBy(sage.client("bridge"))
      },
      (status, requests) => {
        same("status", status, 200)
        same("sessions opened", stepsOf(requests).filter((name) => name === "getAPISession").length, 1)
        return `${status}: a new session, a new token, and the call again`
      }
    )
    const { sender } = sandbox.accounts["intacct-xml"]
    await step(
      "the way back: session() of a REST connection, used by an XML client",
      async () => {
        const { endpoint, sessionId } = await sage.client("vendors").session()
        const response = await settings.fetch(endpoint, {
          method: "POST",
          headers: { "content-type": "application/xml" },
          body: `<?xml version="1.0" encoding="utf-8"?><request><control><senderid>${sender.id}</senderid><password>${sender.password}</password><controlid>by-hand</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><sessionid>${sessionId}</sessionid></authentication><content><function controlid="1"><readByQuery><object>CUSTOMER</object><fields>CUSTOMERID</fields><query/><pagesize>5</pagesize></readByQuery></function></content></operation></request>`
        })
        return response.text()
      },
      (answer) => {
        holds("five customers came back", answer.includes('count="5"'))
        return "5 customers, over XML"
      }
    )
  }
}
