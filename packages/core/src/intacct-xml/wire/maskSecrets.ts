/**
 * Takes secrets out of the gateway's own words.
 */
import { escapeAttribute, escapeText } from "../../xml/XmlWriter.ts"

/** What stands where a secret stood. */
export const mask = "[masked]"

/**
 * Masks every secret in `known`, as it is, escaped for XML or a URL, and decoded as support ids are, and the session id
 * that the gateway prints after `Invalid session`, known or not.
 */
export const maskSecrets = (text: string, known: ReadonlyArray<string> = []): string => {
  const forms = new Set<string>()
  for (const secret of known) {
    if (secret === "") continue
    for (const form of [secret, escapeText(secret), escapeAttribute(secret), urlEncoded(secret), urlDecoded(secret)]) {
      forms.add(form)
    }
  }
  // Longest first: a secret that begins with another one would keep its tail.
  const literals = [...forms].toSorted((a, b) => b.length - a.length).map((form) => form.replace(syntax, "\\$&"))
  // One pass: a second one could find a short secret inside the mask.
  const pattern = new RegExp([invalidSession, ...literals].join("|"), "gi")
  return text.replace(pattern, (_, announced: string | undefined) => (announced ?? "") + mask)
}

const invalidSession = "(\\binvalid session(?: id)?[:\\s]\\s{0,8})[^\\s\\[\\]]+"
const syntax = /[\\^$.*+?()[\]{}|/-]/g

const urlEncoded = (secret: string): string => {
  try {
    return encodeURIComponent(secret)
  } catch {
    return secret
  }
}

const urlDecoded = (secret: string): string => {
  try {
    return decodeURIComponent(secret)
  } catch {
    return secret
  }
}
