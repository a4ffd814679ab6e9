import { createSageAuth, x3 } from "@sage-auth/core"
import { same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { openApplication } from "../oauth/kit.ts"
import { erpBy, failureOf, statusOf } from "./kit.ts"

/** What no page of Sage's shows, and some integrations offer. */
export const clientCredentials: Flow = {
  name: "X3: client credentials, unproven",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    const { clientId, clientSecret, scope, tokenUrl } = sandbox.accounts["x3-web-services"].oauth2
    const auth = x3.clientCredentials({ tokenUrl, clientId, clientSecret, scope })
    await using sage = createSageAuth({ connections: { erp: erpBy(stage, auth) }, ...settings })
    const client = sage.client("erp")
    await step(
      "fetch(…) with a token that stands for no user",
      () => statusOf(client),
      (status, requests) => {
        same("grant types", [...new Set(requests.flatMap(({ grantType }) => grantType ?? []))], ["client_credentials"])
        same("status", status, 401)
        return `${status}: X3 finds its users by e-mail address, and such a token has none`
      }
    )
    const user = sandbox.accounts["x3-web-services"].basic.user
    sandbox.x3.configure({ clientCredentialsUser: user })
    try {
      await step(
        "the same where the server maps such tokens to a user",
        () => statusOf(client),
        (status) => {
          same("status", status, 200)
          return `${status}, as ${user}`
        }
      )
    } finally {
      sandbox.x3.configure({ clientCredentialsUser: null })
    }
  }
}

/** A token that the application gets by itself. */
export const suppliedBearer: Flow = {
  name: "X3: a supplied token",
  run: async (stage) => {
    const { sandbox, settings, step } = stage
    // where a real application has its own way to tokens, this one has another connection
    await using issuer = openApplication(stage)
    const sso = issuer.client("erpSso")
    const token = async () => String((await sso.headers())["authorization"]).replace("Bearer ", "")
    let asked = 0
    const auth = x3.bearer(() => {
      asked++
      return token()
    })
    await using sage = createSageAuth({ connections: { erp: erpBy(stage, auth) }, ...settings })
    const client = sage.client("erp")
    await step(
      "somebody consents, elsewhere in the application",
      async () => {
        const { cookie, url } = await sso.authorize({ returnTo: "/" })
        return issuer.completeAuthorization({ url: await sandbox.approve(url), cookie })
      },
      () => "the application has a token of its own"
    )
    await step(
      "30 calls",
      () => Promise.all(Array.from({ length: 30 }, () => statusOf(client))),
      (statuses) => {
        same("statuses", [...new Set(statuses)], [200])
        same("times asked", asked, 1)
        return "30 answers; the function was asked once"
      }
    )
    sandbox.x3.expireAccessTokens()
    await sso.refresh()
    await step(
      "a call after the identity provider ended the token",
      () => statusOf(client),
      (status, requests) => {
        same("status", status, 200)
        same("times asked", asked, 2)
        same(
          "answers",
          requests.filter(({ step: name }) => name !== "token").map(({ status: each }) => each),
          [401, 200]
        )
        return `${status}: rejected once, asked for another, sent again`
      }
    )
    const stale = x3.bearer(() => "an-unknown-token")
    await using other = createSageAuth({ connections: { erp: erpBy(stage, stale) }, ...settings })
    await step(
      "a function that gives the same dead token again",
      async () => [await statusOf(other.client("erp")), await failureOf(statusOf(other.client("erp")))] as const,
      ([status, error], requests) => {
        same("status", status, 401)
        same("requests", requests.length, 1)
        same("id", error.id, "x3-web-services.bearer-rejected")
        return `${status}, and then ${error.reason._tag}: it is sent once`
      }
    )
  }
}
