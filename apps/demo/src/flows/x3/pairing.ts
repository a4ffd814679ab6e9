import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { openApplication, refreshesIn } from "../oauth/kit.ts"
import { failureOf, statusOf } from "./kit.ts"

/** Somebody at the customer has to say yes, in their own time. */
export const pairing: Flow = {
  name: "X3 gateway: pairing",
  run: async (stage) => {
    const { sandbox, step } = stage
    await using sage = openApplication(stage)
    const gateway = sage.client("gateway")
    const { url } = await step(
      "authorize({ returnTo })",
      () => gateway.authorize({ returnTo: "/settings" }),
      ({ cookie, url: address }) => {
        same("cookie", cookie, "")
        holds("it names the customer", new URL(address).searchParams.get("customer") !== null)
        return "an address for the customer; no cookie, since the callback would not bring it"
      }
    )
    // the gateway calls back before anybody has said yes
    sandbox.x3.configure({ gateway: { callbackOrder: "before-acceptance" } })
    try {
      const callback = await step(
        "the gateway posts to the application",
        () => sandbox.x3.pairingCallback(url, { decide: false }),
        ({ method, url: address }) => {
          same("method", method, "POST")
          return `${method} ${new URL(address).pathname}, with an authorizationCode and without any cookie`
        }
      )
      await step(
        "completeAuthorization({ url, body })",
        () => sage.completeAuthorization({ url: callback.url, body: callback.body }),
        ({ connection, tenant }) => {
          same("connection", connection, "gateway")
          return `taken for ${tenant}: what belongs to it was in the store`
        }
      )
      await step(
        "status(), and a call",
        async () => [(await gateway.status()).state, await failureOf(gateway.folders())] as const,
        ([state, error]) => {
          same("state", state, "pairing")
          same("reason", error.reason._tag, "PairingPending")
          return `${state}; ${error.reason._tag}: ${error.message}`
        }
      )
      await sandbox.x3.acceptPairing()
      await sandbox.clock.advance("1 minute")
      await step(
        "folders() after an X3 user has accepted",
        () => gateway.folders(),
        (folders) => {
          same("folders", folders, sandbox.accounts["x3-gateway"].folders)
          return folders.join(", ")
        }
      )
    } finally {
      sandbox.x3.configure({ gateway: { callbackOrder: "after-acceptance" } })
    }
    await step(
      "20 calls at once, 6 minutes later",
      async () => {
        await sandbox.clock.advance("6 minutes")
        return Promise.all(Array.from({ length: 20 }, () => statusOf(gateway, "folders")))
      },
      (statuses, requests) => {
        same("statuses", [...new Set(statuses)], [200])
        same("refreshes", refreshesIn(requests), 1)
        return "20 answers, one refresh, a new pair of tokens"
      }
    )
    await step(
      "the callback once more",
      async () => {
        const again = await gateway.authorize({ returnTo: "/" })
        const { body, url: address } = await sandbox.x3.pairingCallback(again.url)
        await sage.completeAuthorization({ url: address, body })
        return failureOf(sage.completeAuthorization({ url: address, body }))
      },
      ({ id }) => {
        same("id", id, "client.callback-rejected")
        return `refused here (${id}): a transaction is used once`
      }
    )
  }
}
