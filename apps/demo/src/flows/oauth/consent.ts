import type { SageAuthError } from "@sage-auth/core"
import { holds, same } from "../../expect.ts"
import type { Flow } from "../../Flow.ts"
import { call, type OAuthCase, openApplication } from "./kit.ts"

/** A human consents once, and never again. */
export const consentAndCall = (of: OAuthCase): Flow => ({
  name: `${of.title}: consent, and a call`,
  run: async (stage) => {
    const { sandbox, step } = stage
    await using sage = openApplication(stage)
    const client = sage.client(of.connection)
    await step(
      "status()",
      () => client.status(),
      ({ state }, requests) => {
        same("requests", requests.length, 0)
        same("state", state, "disconnected")
        return state
      }
    )
    const { cookie, url } = await step(
      "authorize({ returnTo })",
      () => client.authorize({ returnTo: "/settings?tab=sage" }),
      ({ url: address }, requests) => {
        same("requests", requests.length, 0)
        const { searchParams } = new URL(address)
        same("PKCE", searchParams.get("code_challenge_method"), "S256")
        return `a URL with a challenge, and a sealed cookie; nothing sent, state of ${searchParams.get("state")?.length} characters`
      }
    )
    const callback = await step(
      "the human signs in and consents",
      () => sandbox.approve(url),
      (address) => {
        holds("there is a code", new URL(address).searchParams.has("code"))
        return `back at ${new URL(address).pathname}`
      }
    )
    await step(
      "completeAuthorization({ url, cookie })",
      () => sage.completeAuthorization({ url: callback, cookie }),
      (done, requests) => {
        same("token requests", requests.length, 1)
        same("done", done, { connection: of.connection, tenant: "default", returnTo: "/settings?tab=sage" })
        return `connected; the browser goes on to ${done.returnTo}`
      }
    )
    await step(
      `fetch("${of.path}")`,
      () => call(sage, of),
      (status, requests) => {
        same("requests", requests.length, 1)
        same("status", status, 200)
        return `${status}, with the token in hand`
      }
    )
    await step(
      "the callback once more",
      () =>
        sage.completeAuthorization({ url: callback, cookie }).then(
          () => "accepted",
          (error: unknown) => (error as { readonly id: string }).id
        ),
      (id, requests) => {
        same("requests", requests.length, 0)
        same("error", id, "client.callback-rejected")
        return `refused here, nothing sent (${id})`
      }
    )
  }
})

/** A human who says no comes back to the page of the application, and may think again. */
export const declinedConsent = (of: OAuthCase): Flow => ({
  name: `${of.title}: a declined consent comes back to the application`,
  run: async (stage) => {
    const { sandbox, step } = stage
    await using sage = openApplication(stage)
    const client = sage.client(of.connection)
    const { cookie, url } = await client.authorize({ returnTo: "/settings?tab=sage" })
    const callback = await step(
      "the human signs in and says no",
      () => sandbox.approve(url, { deny: true }),
      (address) => {
        holds("there is an error", new URL(address).searchParams.has("error"))
        return `back at ${new URL(address).pathname}, without a code`
      }
    )
    await step(
      "completeAuthorization({ url, cookie })",
      () =>
        sage.completeAuthorization({ url: callback, cookie }).then(
          () => undefined,
          (error: unknown) => error as SageAuthError
        ),
      (error, requests) => {
        same("requests", requests.length, 0)
        same("reason", error?.reason._tag, "CallbackRejected")
        same("consent", error?.authorization, {
          connection: of.connection,
          returnTo: "/settings?tab=sage",
          ended: true
        })
        return `the browser goes on to ${error?.authorization?.returnTo}&sage_error=${error?.id}`
      }
    )
    await step(
      "an error that names no consent",
      () =>
        sage.completeAuthorization({ url: `${new URL(callback).pathname}?error=access_denied`, cookie }).then(
          () => undefined,
          (error: unknown) => error as SageAuthError
        ),
      (error, requests) => {
        same("requests", requests.length, 0)
        same("consent", error?.authorization, undefined)
        return "refused, and nothing of any consent is touched"
      }
    )
  }
})
