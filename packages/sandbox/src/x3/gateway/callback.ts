import { withQuery } from "../../oauth/answers.ts"
import type { ResolvedCloudGatewayOptions } from "./options.ts"
import type { Pairing, PairingCallback } from "./pairings.ts"

/** What the callback of a pairing carries. */
export const callbackParams = (pairing: Pairing): Record<string, string> =>
  pairing.status === "declined"
    ? { error: "access_denied", state: pairing.state }
    : {
        authorizationCode: pairing.code,
        state: pairing.state,
        ...(pairing.endpoint === undefined ? {} : { endpoint: pairing.endpoint })
      }

/** The callback of a pairing, not yet delivered. */
export const callbackOf = (pairing: Pairing, options: ResolvedCloudGatewayOptions): PairingCallback => {
  const params = callbackParams(pairing)
  if (options.callbackMethod === "GET") {
    return {
      url: withQuery(pairing.redirectUri, params),
      method: "GET",
      contentType: undefined,
      body: undefined,
      delivered: undefined
    }
  }
  const form = options.callbackBody === "form"
  return {
    url: pairing.redirectUri,
    method: "POST",
    contentType: form ? "application/x-www-form-urlencoded" : "application/json",
    body: form ? new URLSearchParams(params).toString() : JSON.stringify(params),
    delivered: undefined
  }
}

const thisMachine = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/

// An application that hangs must not hang the test that accepts a pairing.
const patience = 10_000

/** Calls an application on this machine; undefined when it is elsewhere, does not answer or is not there. */
export const deliver = async (callback: PairingCallback): Promise<PairingCallback> => {
  if (!thisMachine.test(new URL(callback.url).hostname)) return callback
  try {
    const response = await fetch(callback.url, {
      method: callback.method,
      redirect: "manual",
      signal: AbortSignal.timeout(patience),
      ...(callback.body === undefined ? {} : { body: callback.body }),
      ...(callback.contentType === undefined ? {} : { headers: { "content-type": callback.contentType } })
    })
    await response.body?.cancel()
    return { ...callback, delivered: response.status }
  } catch {
    return callback
  }
}
