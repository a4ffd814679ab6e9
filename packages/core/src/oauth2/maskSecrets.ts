import * as Redacted from "effect/Redacted"
import { secretsWithin } from "./jwtHints.ts"

/** What stands where a secret stood. */
export const mask = "[masked]"

/** a JSON web token, known or not; and the session id that Intacct prints after these words */
const suspicious = String.raw`\beyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*)?|(\binvalid session(?: id)?[:\s]\s{0,8})[^\s\[\]]+`

const syntax = /[\\^$.*+?()[\]{}|/-]/g

const attempt = (convert: (secret: string) => string, secret: string): string => {
  try {
    return convert(secret)
  } catch {
    return secret
  }
}

/** What XML and HTML write in another way, and what they may write: the name of its entity and its number in hexadecimal. */
const entities: Readonly<Record<string, readonly [name: string, hexadecimal: string]>> = {
  "&": ["amp", "26"],
  "<": ["lt", "3c"],
  ">": ["gt", "3e"],
  '"': ["quot", "22"],
  "'": ["apos", "27"]
}

/** A pattern for a text, whichever of its characters are escaped: in XML each place wants others. */
const patternOf = (text: string): string =>
  text.replace(syntax, "\\$&").replace(/[&<>"']/g, (char) => {
    const [name, hexadecimal] = entities[char] as readonly [string, string]
    return `(?:${char}|&${name};|&#0*${char.charCodeAt(0)};|&#x0*${hexadecimal};)`
  })

/** The ways in which a server may quote what it was sent. */
const quotations: ReadonlyArray<(secret: string) => string> = [
  (secret) => secret,
  encodeURIComponent,
  decodeURIComponent,
  (secret) => new URLSearchParams({ "": secret }).toString().slice(1),
  (secret) => JSON.stringify(secret).slice(1, -1),
  (secret) => Buffer.from(secret).toString("base64").replace(/=+$/, "")
]

/**
 * Takes secrets out of a server's words: those in `known`, in every way that they may be quoted and with the secrets
 * inside them where they are JSON web tokens, and whatever looks like a JSON web token or an announced session id.
 * To be done before the words are cut: half a secret would not be found.
 */
export const maskSecrets = (text: string, known: ReadonlyArray<Redacted.Redacted>): string => {
  const forms = new Set<string>()
  for (const redacted of known) {
    const value = Redacted.value(redacted)
    for (const secret of [value, ...secretsWithin(value)]) {
      for (const quote of quotations) forms.add(attempt(quote, secret))
    }
  }
  forms.delete("")
  // longest first: a secret that begins with another one would keep its tail
  const literals = [...forms].toSorted((a, b) => b.length - a.length).map(patternOf)
  // one pass: a second one could find a short secret inside the mask
  const pattern = new RegExp([...literals, suspicious].join("|"), "gi")
  return text.replace(pattern, (_, announced: string | undefined) => (announced ?? "") + mask)
}
