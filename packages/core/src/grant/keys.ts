import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import { madeByEffect, remedyFor } from "../config/options.ts"
import * as Result from "../config/Result.ts"
import { builtin } from "../config/builtin.ts"
import type { Issue } from "../errors/Reason.ts"

const expected = "32 random bytes in base64url or base64, such as `sage-auth keys generate` makes"

/**
 * A new key for sealing: 32 random bytes in base64url. Keep it where secrets are kept; without it no grant opens.
 *
 * @category stores
 */
export const generateKey = (): string => builtin("node:crypto").randomBytes(32).toString("base64url")

const textOf = (input: unknown): string | undefined => {
  if (!Redacted.isRedacted(input)) return Predicate.isString(input) ? input : undefined
  const opened = Result.try({ try: () => Redacted.value(input), catch: () => undefined })
  return Result.isSuccess(opened) && Predicate.isString(opened.success) ? opened.success : undefined
}

const bytesOf = (text: string | undefined): Buffer | undefined => {
  // in either alphabet, which one decoder reads: what openssl and other tools make is standard base64
  if (text === undefined || !/^(?:[\w-]{43}|[A-Za-z\d+/]{43})=?$/.test(text)) return undefined
  const bytes = Buffer.from(text, "base64url")
  // zeros, or another byte 32 times over, is what somebody puts where a key should go later
  return bytes.length === 32 && bytes.some((byte) => byte !== bytes[0]) ? bytes : undefined
}

/** The 32 bytes of a key that {@link parseKeys} has let through. */
export const keyBytes = (key: Redacted.Redacted): Buffer => Buffer.from(Redacted.value(key), "base64url")

/** Names a key without telling anything of it: a keyed hash of a constant, 22 characters. */
export const keyIdOf = (key: Redacted.Redacted): string =>
  builtin("node:crypto")
    .createHmac("sha256", keyBytes(key))
    .update("@sage-auth/core key id")
    .digest("base64url")
    .slice(0, 22)

/**
 * Reads the `keys` option: one or more keys, the newest first. All mistakes are reported at once, each as `keys[0]` and
 * so on; none of them quotes a key.
 */
export const parseKeys = (
  input: unknown,
  at = "keys"
): Result.Result<readonly [Redacted.Redacted, ...Array<Redacted.Redacted>], ReadonlyArray<Issue>> => {
  if (!Array.isArray(input)) {
    return Result.fail([{ option: at, expected: "an array of keys, the newest first" }])
  }
  const issues: Array<Issue> = []
  const seen = new Map<string, number>()
  const keys: Array<Redacted.Redacted> = []
  for (const [index, item] of (input as Array<unknown>).entries()) {
    const option = `${at}[${index}]`
    const text = textOf(item)
    const bytes = bytesOf(text)
    if (bytes === undefined) {
      const closed = Redacted.isRedacted(item) && text === undefined
      const ofEffect3 = madeByEffect("Redacted", item) === "3"
      issues.push({
        option,
        expected: ofEffect3
          ? `${expected}, as a text: ${remedyFor("3", "a Redacted")}`
          : closed
            ? `${expected}, as a text: a Redacted is opened by SageAuth of "@sage-auth/core/effect" alone`
            : expected
      })
      continue
    }
    const key = bytes.toString("base64url")
    const earlier = seen.get(key)
    if (earlier === undefined) {
      seen.set(key, index)
      keys.push(Redacted.make(key, { label: "key" }))
    } else {
      issues.push({ option, expected: `another key than ${at}[${earlier}]` })
    }
  }
  const [newest, ...older] = keys
  if (issues.length > 0) return Result.fail(issues)
  return newest === undefined
    ? Result.fail([{ option: at, expected: `at least one key: ${expected}` }])
    : Result.succeed([newest, ...older])
}
