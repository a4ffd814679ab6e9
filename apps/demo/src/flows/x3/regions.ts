import { createSageAuth, x3 } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { openApplication } from "../oauth/kit.ts"
import { pair } from "./gatewayKit.ts"
import { failureOf, statusOf } from "./kit.ts"

/** The customer may be in another region than the application, and anybody may say so. */
export const regions: Flow = {
  name: "X3 gateway: another region",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    await using sage = openApplication(stage)
    const gateway = sage.client("gateway")
    try {
      sandbox.x3.configure({ gateway: { endpoint: "path" } })
      await step(
        "a callback that names another root of the same host",
        async () => {
          await pair(stage, sage)
          return statusOf(gateway, "folders")
        },
        (status, requests) => {
          same("status", status, 200)
          const called = requests.at(-1)?.path ?? ""
          holds("the call went there", called.startsWith("/x3-gateway-customer-region/"))
          return `${status}: from now on everything goes to ${called.slice(0, called.lastIndexOf("/"))}`
        }
      )
      sandbox.x3.configure({ gateway: { endpoint: "host" } })
      await step(
        "a callback that names another host",
        () => failureOf(pair(stage, sage)),
        (error, requests) => {
          same("id", error.id, "client.callback-rejected")
          same("token requests", requests.filter(({ step: name }) => name === "token").length, 0)
          return `${error.reason._tag}: neither the code nor the secret went there`
        }
      )
      const { clientId, clientSecret, customer, redirectUri, scope } = sandbox.accounts["x3-gateway"]
      const { root } = sandbox.urls["x3-gateway"]
      const region = new URL(root)
      region.hostname = "localhost"
      await using known = createSageAuth({
        connections: {
          gateway: x3.gateway({
            rootUrl: root,
            regions: [region.href],
            clientId,
            clientSecret,
            customer,
            redirectUri,
            scope,
            environment: "sandbox"
          })
        },
        ...settings
      })
      await step(
        "the same with that host among the regions",
        async () => {
          const { url } = await known.client("gateway").authorize({ returnTo: "/" })
          const callback = await sandbox.x3.pairingCallback(url)
          await known.completeAuthorization({ url: callback.url, body: callback.body })
          return statusOf(known.client("gateway"), "folders")
        },
        (status) => {
          same("status", status, 200)
          return `${status}: a region that the application has named`
        }
      )
    } finally {
      sandbox.x3.configure({ gateway: { endpoint: "none" } })
    }
  }
}
