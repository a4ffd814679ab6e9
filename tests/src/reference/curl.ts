/** A request as a curl command has it. */
export interface CurlRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** whether the verification of certificates is off */
  readonly insecure: boolean
}

/** The words of a command of a POSIX shell, without substitutions. */
const words = (command: string): ReadonlyArray<string> => {
  const found: Array<string> = []
  let word: string | undefined
  let at = 0
  while (at < command.length) {
    const character = command[at] ?? ""
    if (/\s/.test(character)) {
      if (word !== undefined) found.push(word)
      word = undefined
      at++
    } else if (character === "\\" && command[at + 1] === "\n") at += 2
    else if (character === "'") {
      const end = command.indexOf("'", at + 1)
      word = (word ?? "") + command.slice(at + 1, end)
      at = end + 1
    } else if (character === '"') {
      word ??= ""
      for (at++; command[at] !== '"'; at++) {
        if (command[at] === "\\" && /["\\$`]/.test(command[at + 1] ?? "")) at++
        word += command[at]
      }
      at++
    } else {
      word = (word ?? "") + (character === "\\" ? (command[++at] ?? "") : character)
      at++
    }
  }
  if (word !== undefined) found.push(word)
  return found
}

/** Reads a curl command; lines of comment before and after it are left out. */
export const readCurl = (text: string): CurlRequest => {
  const command = text.slice(text.indexOf("curl ")).replace(/\n# .*$/s, "")
  const [curl, ...rest] = words(command)
  if (curl !== "curl") throw new Error(`no curl command: ${text}`)
  let method: string | undefined
  let url: string | undefined
  let insecure = false
  const headers: Record<string, string> = {}
  const data: Array<string> = []
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? ""
    const next = (): string => rest[++at] ?? ""
    switch (word) {
      case "-X":
      case "--request":
        method = next()
        break
      case "-H":
      case "--header": {
        const [name = "", ...value] = next().split(": ")
        headers[name.toLowerCase()] = value.join(": ")
        break
      }
      case "-d":
      case "--data-raw":
        data.push(next())
        break
      case "--data-urlencode": {
        const [name = "", ...value] = next().split("=")
        data.push(`${name}=${encodeURIComponent(value.join("="))}`)
        break
      }
      case "-k":
        insecure = true
        break
      case "-s":
      case "--location":
        break
      default:
        if (word.startsWith("-") || url !== undefined) throw new Error(`curl takes no ${word} here`)
        url = word
    }
  }
  if (url === undefined) throw new Error("curl needs a URL")
  const body = data.length === 0 ? undefined : data.join("&")
  return { method: method ?? (body === undefined ? "GET" : "POST"), url, headers, body, insecure }
}
