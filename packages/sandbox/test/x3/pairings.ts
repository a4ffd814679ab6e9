import { assert } from "vitest"
import { type Answer, type AnySandbox, bearer, type Fields, send, sendJson } from "../oauth/support.ts"

/** A pairing request to the cloud gateway. */
export const pairingUrl = (sandbox: AnySandbox, more: Fields = {}): string => {
  const { clientId: client_id, redirectUri: redirect_uri, customer, scope } = sandbox.accounts["x3-gateway"]
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({
    client_id,
    redirect_uri,
    customer,
    scope,
    state: "st&te/1",
    ...more
  })) {
    if (value !== undefined) query.set(name, value)
  }
  return `${sandbox.urls["x3-gateway"].authorise}?${query.toString()}`
}

type PairingOptions = Parameters<AnySandbox["x3"]["pairingCallback"]>[1]

/** What the callback of a pairing carries. */
export const pair = async (
  sandbox: AnySandbox,
  more: Fields = {},
  options: PairingOptions = {}
): Promise<URLSearchParams> =>
  new URLSearchParams((await sandbox.x3.pairingCallback(pairingUrl(sandbox, more), options)).body)

/** A token request to the gateway as its first application. */
export const gatewayToken = (
  sandbox: AnySandbox,
  fields: Readonly<Record<string, unknown>>,
  url = sandbox.urls["x3-gateway"].token
): Promise<Answer> => {
  const { clientId: client_id, clientSecret: client_secret } = sandbox.accounts["x3-gateway"]
  return sendJson(url, { client_id, client_secret, ...fields })
}

/** Exchanges a code of the gateway. */
export const exchangePairing = (
  sandbox: AnySandbox,
  code: string | null,
  more: Readonly<Record<string, unknown>> = {},
  url?: string
): Promise<Answer> =>
  gatewayToken(
    sandbox,
    { grant_type: "authorization_code", code, redirect_uri: sandbox.accounts["x3-gateway"].redirectUri, ...more },
    url
  )

/** A whole pairing and exchange. */
export const connectGateway = async (
  sandbox: AnySandbox,
  more: Fields = {},
  options: PairingOptions = {}
): Promise<Answer> => {
  const answer = await exchangePairing(sandbox, (await pair(sandbox, more, options)).get("authorizationCode"))
  assert.strictEqual(answer.status, 200, answer.text)
  return answer
}

/** A refresh at the gateway. */
export const refreshGateway = (sandbox: AnySandbox, refreshToken: unknown, url?: string): Promise<Answer> =>
  gatewayToken(sandbox, { grant_type: "refresh_token", refresh_token: refreshToken }, url)

/** The folders behind an access token. */
export const folders = (sandbox: AnySandbox, accessToken: unknown, url?: string): Promise<Answer> =>
  send(url ?? sandbox.urls["x3-gateway"].folder, { headers: bearer(accessToken) })
