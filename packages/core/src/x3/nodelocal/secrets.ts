import type { Report } from "./Finding.ts"
import { template } from "./sources.ts"
import type { Value } from "./Value.ts"

const secretName = /pass(?:word|phrase|wd|$)|secret|pwd|api[-_]?key|private[-_]?key|token/i
/** A path or address of a secret is none. */
const whereabouts = /(?:file|path|dir|url|timeout|lifetime|validity)$/i
const withPassword = /^[a-z][a-z\d+.-]*:\/\/[^\s/@:]*:[^\s/@]+@/i
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

/** Names that may be shown: a name in the file can be anything, a user's for example. */
const shown = new Set(
  `config session sage_id hosting security system collaboration mongodb streamline x3fusion searchEngine translation orm
  upload traces integrationServer help docTool options db server replSet mongos proxy mail smtp ldap oauth2 auth http https
  ssl certificate passphrase password passwd pass pwd secret clientSecret client_secret token apiKey api_key privateKey
  private_key key user url uri connection connectionString`.split(/\s+/)
)

const step = (path: string, key: string): string => {
  const name = shown.has(key) ? key : "*"
  return path === "" ? name : `${path}.${name}`
}

/** Tells of secrets in the settings by their place, never by what they are. */
export const findSecrets = (config: Value, report: Report): void => {
  const seen = new Set<Value>()
  const waiting: Array<{ readonly value: Value; readonly path: string; readonly key: string }> = [
    { value: config, path: "", key: "" }
  ]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const { key, path, value } = one
    if (seen.has(value)) continue
    seen.add(value)
    if (value.kind === "object") {
      for (const [name, member] of value.members) {
        waiting.push({ value: member.value, path: step(path, name), key: name })
      }
    } else if (value.kind === "list") {
      for (const [index, item] of value.items.entries()) waiting.push({ value: item, path: `${path}[${index}]`, key })
    } else {
      const named = secretName.test(key) && !whereabouts.test(key)
      const secret =
        (value.kind === "number" && named) ||
        (value.kind === "text" &&
          ((named && value.text !== "") || withPassword.test(value.text) || privateKey.test(value.text)))
      if (!secret) continue
      report(value.place, path, {
        id: "nodelocal.secret",
        severity: "warning",
        meaning:
          "A secret stands in the file as it is: whoever can read the file, a copy or a backup of it has the secret. It is not shown here.",
        remedy:
          "Restrict who can read the file, keep it out of version control and tickets, and replace the secret if the file was passed on.",
        source: template
      })
    }
  }
}
