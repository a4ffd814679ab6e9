import { notPlayedNumber, notPlayedStatus, notPlayedText } from "../notPlayed.ts"
import { json, tokenAnswer } from "../oauth/answers.ts"
import type { SurfaceResponse } from "../surface.ts"
import type { ResolvedBusinessCloudOptions } from "./options.ts"

/** An error of the API: a list with one diagnosis. */
export const diagnosis = (
  status: number,
  dataCode: string,
  message: string,
  parts: {
    readonly severity?: string
    readonly source?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {}
): SurfaceResponse =>
  json(
    status,
    [{ $severity: parts.severity ?? "error", $dataCode: dataCode, $message: message, $source: parts.source ?? "" }],
    parts.headers
  )

/** 401, with the challenge that RFC 6750 wants when the options ask for it. */
export const unauthorized = (message: string, options: ResolvedBusinessCloudOptions): SurfaceResponse =>
  diagnosis(401, "AuthorizationFailure", message, {
    headers: options.wwwAuthenticate ? { "www-authenticate": 'Bearer error="invalid_token"' } : {}
  })

/** 403. */
export const forbidden = (): SurfaceResponse =>
  diagnosis(403, "MultiUserAccessDenied", "The current user is not allowed to access that resource with that method.")

/** 404. */
export const notFound = (): SurfaceResponse => diagnosis(404, "RecordNotFound", "The requested resource was not found.")

/** 422, with the name of the field at fault. */
export const invalid = (source: string, message: string): SurfaceResponse =>
  diagnosis(422, "ValidationError", message, { source })

/** Something that Sage has and the sandbox does not. */
export const notPlayed = (what: string, source = ""): SurfaceResponse =>
  diagnosis(notPlayedStatus, notPlayedNumber, notPlayedText(what, "Sage"), { source })

/** 503 of the API. */
export const unavailable = (): SurfaceResponse => diagnosis(503, "UnexpectedError", "An unexpected error occurred.")

/** An error code of the token endpoint. */
export type TokenErrorCode =
  | "invalid_request"
  | "invalid_grant"
  | "invalid_client"
  | "unsupported_grant_type"
  | "temporarily_unavailable"

/** An error of the token endpoint. */
export const tokenError = (
  error: TokenErrorCode,
  description: string,
  options: ResolvedBusinessCloudOptions
): SurfaceResponse =>
  tokenAnswer(
    error === "invalid_client" ? options.invalidClientStatus : error === "temporarily_unavailable" ? 503 : 400,
    {
      error,
      ...(options.errorDescription ? { error_description: description } : {})
    }
  )
