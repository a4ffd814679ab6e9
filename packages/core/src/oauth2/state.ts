import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import * as Effect from "effect/Effect"

/**
 * A fresh `state`: 256 random bits, 43 characters in base64url. It is good for one authorization.
 *
 * Source: RFC 6749, section 10.12.
 */
export const makeState: Effect.Effect<string> = Effect.sync(() => randomBytes(32).toString("base64url"))

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Whether two texts are the same, in a time that tells nothing about where they differ. */
export const sameText = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
