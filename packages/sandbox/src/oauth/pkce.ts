import { createHash } from "node:crypto"
import type { Params } from "./params.ts"

/** What an authorization request committed its client to (RFC 7636). */
export interface Challenge {
  readonly method: "S256" | "plain"
  readonly value: string
}

const allowed = /^[A-Za-z0-9._~-]{43,128}$/

/** The challenge of an authorization request; `"invalid"` when it cannot be used, undefined when there is none. */
export const challengeOf = (params: Params, plain: boolean): Challenge | "invalid" | undefined => {
  const value = params.get("code_challenge")
  // Without a method RFC 7636 means plain.
  const method = params.get("code_challenge_method") ?? "plain"
  if (value === undefined) return params.get("code_challenge_method") === undefined ? undefined : "invalid"
  if (!allowed.test(value)) return "invalid"
  if (method === "S256") return { method, value }
  return method === "plain" && plain ? { method, value } : "invalid"
}

/** Whether a verifier is the one behind a challenge. */
export const fulfils = (challenge: Challenge, verifier: string): boolean =>
  allowed.test(verifier) &&
  challenge.value ===
    (challenge.method === "plain" ? verifier : createHash("sha256").update(verifier).digest("base64url"))
