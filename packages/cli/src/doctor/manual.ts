/** A command to run by hand, and what shows that all is well. */
export interface Manual {
  /** for a POSIX shell; secrets are read from variables, and never stand among a process's arguments */
  readonly command: string
  /** the variables that it reads, and what each holds */
  readonly variables: Readonly<Record<string, string>>
  /** what its output has to hold */
  readonly verify: string
  /** the same as a pattern, for programs */
  readonly expects: RegExp
}

/** A text as one word of a POSIX shell. */
export const word = (text: string): string =>
  /^[\w@%+=:,./][\w@%+=:,./-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`

/** A text inside of a here-document that expands variables. */
export const quoted = (text: string): string => text.replace(/[\\$`]/g, String.raw`\$&`)

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/** A text inside of XML inside of a here-document. */
export const inXml = (text: string): string => quoted(text.replace(/[&<>"]/g, (each) => entities[each] ?? each))

/** A form whose secrets come by standard input, the last of them. */
export const form = (
  url: string,
  fields: Readonly<Record<string, string>>,
  secret: { readonly name: string; readonly variable: string },
  options: ReadonlyArray<string> = []
): string =>
  [
    `printf %s "$${secret.variable}" | curl -s -X POST ${word(url)}`,
    ...options,
    ...Object.entries(fields).map(([name, value]) => `--data-urlencode ${word(`${name}=${value}`)}`),
    `--data-urlencode ${secret.name}@-`
  ].join(" \\\n  ")

/** A call with a bearer token. */
export const bearerCall = (url: string, variable: string, options: ReadonlyArray<string> = []): string =>
  [
    `printf 'Authorization: Bearer %s' "$${variable}" | curl -s ${word(url)}`,
    "-H @-",
    '-H "Accept: application/json"',
    ...options
  ].join(" \\\n  ")

/** A call with user and password. */
export const basicCall = (url: string, user: string, variable: string, options: ReadonlyArray<string> = []): string =>
  [
    `printf 'Authorization: Basic %s' "$(printf '%s:%s' ${word(user)} "$${variable}" | base64 | tr -d '\\n')" | curl -s ${word(url)}`,
    "-H @-",
    '-H "Accept: application/json"',
    ...options
  ].join(" \\\n  ")

/** Shows the status beside the answer. */
export const withStatus = String.raw`-w '\nHTTP %{http_code}\n'`
