import { assert } from "vitest"
import { type Answer, type AnySandbox, type Fields, post, send } from "../oauth/support.ts"

export {
  type Answer,
  type AnySandbox,
  claimsOf,
  headerOf,
  pkce,
  post,
  send,
  sendJson,
  start
} from "../oauth/support.ts"

type Approval = Parameters<AnySandbox["approve"]>[1]

/** The identity provider's URLs and accounts. */
export const identityProvider = (sandbox: AnySandbox) => ({
  ...sandbox.urls["x3-web-services"],
  ...sandbox.accounts["x3-web-services"].identityProvider
})

/** The authorization URL of the first application. */
export const authorizeUrl = (sandbox: AnySandbox, more: Fields = {}): string => {
  const { authorize, client } = identityProvider(sandbox)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({
    response_type: "code",
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    scope: client.scope,
    state: "st&te/1",
    ...more
  })) {
    if (value !== undefined) query.set(name, value)
  }
  return `${authorize}?${query.toString()}`
}

/** What the callback of a consent carries. */
export const consent = async (
  sandbox: AnySandbox,
  more: Fields = {},
  options: Approval = {}
): Promise<URLSearchParams> => new URL(await sandbox.approve(authorizeUrl(sandbox, more), options)).searchParams

/** A token request of the first application. */
export const tokenRequest = (sandbox: AnySandbox, fields: Fields): Promise<Answer> => {
  const { token, client } = identityProvider(sandbox)
  return post(token, { client_id: client.clientId, client_secret: client.clientSecret, ...fields })
}

/** Exchanges a code; null sends none. */
export const exchange = (sandbox: AnySandbox, code: string | null, more: Fields = {}): Promise<Answer> =>
  tokenRequest(sandbox, {
    grant_type: "authorization_code",
    code: code ?? undefined,
    redirect_uri: identityProvider(sandbox).client.redirectUri,
    ...more
  })

export const refresh = (sandbox: AnySandbox, token: unknown, more: Fields = {}): Promise<Answer> =>
  tokenRequest(sandbox, { grant_type: "refresh_token", refresh_token: String(token), ...more })

/** A whole consent and exchange. */
export const signIn = async (sandbox: AnySandbox, more: Fields = {}, options: Approval = {}): Promise<Answer> => {
  const answer = await exchange(sandbox, (await consent(sandbox, more, options)).get("code"))
  assert.strictEqual(answer.status, 200, answer.text)
  return answer
}

/** Asks who an access token stands for. */
export const userinfo = (sandbox: AnySandbox, token: unknown): Promise<Answer> =>
  send(identityProvider(sandbox).userinfo, { headers: { authorization: `Bearer ${String(token)}` } })
