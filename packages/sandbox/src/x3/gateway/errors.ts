import { json } from "../../oauth/answers.ts"
import type { SurfaceResponse } from "../../surface.ts"

/** The documented refusals of the authorization and token endpoints ("API error codes"), and when they come. */
const refusals = {
  /** A parameter is missing. */
  missing: [400, "Missing required request parameters"],
  grantType: [400, "Invalid grant type"],
  disabled: [403, "The application registered on Sage Business Cloud is disabled"],
  /** The X3 user has not decided yet: ask again later. */
  notAccepted: [403, "The pairing request has not been accepted."],
  expired: [403, "The request has expired."],
  notFound: [403, "Pairing request not found"],
  customer: [
    404,
    "Could not associate the requested url with an customer application registered on Sage Business Cloud"
  ],
  client: [404, "Could not associate the values with an active application registered on Sage Business Cloud"],
  redirectUri: [404, "Could not associate the values with an application registered on Sage Business Cloud"],
  /** A token is missing or expired. */
  unauthorised: [401, "Unauthorised"]
} as const

/** A documented refusal. */
export const refusal = (kind: keyof typeof refusals): SurfaceResponse => {
  const [status, message] = refusals[kind]
  return answer(status, message)
}

/** A message in the gateway's form. */
export const answer = (status: number, message: string): SurfaceResponse => json(status, { message })

/** 500, as documented. */
export const internalError = (): SurfaceResponse =>
  json(500, { $severity: "error", $dataCode: "InternalServerError", $message: "", $source: "Gateway" })

/** 501, as documented; what stands behind the colon is not. */
export const notImplemented = (what: string): SurfaceResponse => answer(501, `An internal error occurred: ${what}`)
