import { notPlayedStatus, notPlayedText } from "../../notPlayed.ts"
import { json } from "../../oauth/answers.ts"
import type { SurfaceResponse } from "../../surface.ts"

/** Plain text. */
export const text = (
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {}
): SurfaceResponse => ({ status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body })

/** What REST has to say, which the status alone does not tell. */
export const diagnosis = (
  status: number,
  message: string,
  severity: "error" | "information" = "error",
  headers: Readonly<Record<string, string>> = {}
): SurfaceResponse => json(status, { $diagnoses: [{ $severity: severity, $message: message }] }, headers)

/** Something that X3 has and the sandbox does not. */
export const notPlayed = (what: string): SurfaceResponse => diagnosis(notPlayedStatus, notPlayedText(what, "X3"))

/** A method that a URL does not have. */
export const methodNotAllowed = (...allowed: ReadonlyArray<string>): SurfaceResponse =>
  diagnosis(405, "Method not allowed", "error", { allow: allowed.join(", ") })

/** What a caller is told who asks too often; X3 documents no such limit. */
export const tooMany = (status: 429 | 200): SurfaceResponse => text(status, "Too Many Requests")
