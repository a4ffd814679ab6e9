/**
 * Proof key for code exchange, always with S256.
 *
 * Source: RFC 7636, sections 4.1 and 4.2.
 */
import { createHash, randomBytes } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"

/** The only method that is used: `plain` would show the verifier to whoever sees the address. */
export const challengeMethod = "S256"

/** A verifier as it is kept in a transaction. */
export const redactVerifier = (verifier: string): Redacted.Redacted =>
  Redacted.make(verifier, { label: "code verifier" })

/** A fresh verifier for one authorization: 32 random bytes, 43 characters in base64url. */
export const makeVerifier: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  redactVerifier(randomBytes(32).toString("base64url"))
)

/** The challenge that goes with a verifier: its SHA-256 in base64url. */
export const challengeOf = (verifier: Redacted.Redacted): string =>
  createHash("sha256").update(Redacted.value(verifier), "ascii").digest("base64url")
