import { createHash } from "node:crypto"

/** What all keys of one thing have in common: in a cluster they lie on one node. A plain name is left to be read. */
export const tagOf = (...names: ReadonlyArray<string>): string => {
  const [name = ""] = names
  if (names.length === 1 && /^[\w.@-]{1,100}$/.test(name)) return `{${name}}`
  return `{~${createHash("sha256").update(JSON.stringify(names)).digest("base64url")}}`
}
