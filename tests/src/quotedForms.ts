/**
 * A secret as servers, proxies and pages quote it: what a server in a test answers with is what the test looks for.
 */

const hexadecimal = (code: number): string => code.toString(16)

const each = (text: string, write: (code: number) => string): string =>
  Array.from(text, (char) => write(char.codePointAt(0) ?? 0)).join("")

/** A text with the characters of markup as named references. */
export const markup = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&apos;")

const base64url = (text: string): string => Buffer.from(text).toString("base64url")

/** A secret in every form that a server may quote it in, by the form's name. */
export const quotedForms = (secret: string): Readonly<Record<string, string>> => ({
  plain: secret,
  "URL-encoded": encodeURIComponent(secret),
  "form-encoded": new URLSearchParams({ "": secret }).toString().slice(1),
  "named entities": markup(secret),
  "decimal entities": each(secret, (code) => `&#${code};`),
  "hexadecimal entities": each(secret, (code) => `&#x${hexadecimal(code)};`),
  JSON: JSON.stringify(secret).slice(1, -1),
  "\\u escapes": each(secret, (code) => `\\u${hexadecimal(code).padStart(4, "0")}`),
  base64: Buffer.from(secret).toString("base64"),
  base64url: base64url(secret),
  "base64 of more": Buffer.from(`user:${secret}`).toString("base64"),
  "in a JSON web token": `${base64url('{"alg":"none"}')}.${base64url(JSON.stringify({ sub: secret }))}.c2lnbmF0dXJl`,
  "cut off after 16 characters": secret.slice(0, 16),
  "markup in a URL": encodeURIComponent(markup(secret)),
  "markup in JSON": JSON.stringify(markup(secret)).slice(1, -1),
  "markup in markup": markup(markup(secret)),
  hexadecimal: Buffer.from(secret).toString("hex")
})
