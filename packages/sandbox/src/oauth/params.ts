/** The parameters of a request, of which OAuth allows each name once. */
export class Params {
  readonly #values: ReadonlyMap<string, ReadonlyArray<string>>

  constructor(entries: Iterable<readonly [string, string]>) {
    const values = new Map<string, Array<string>>()
    for (const [name, value] of entries) {
      const known = values.get(name)
      if (known === undefined) values.set(name, [value])
      else known.push(value)
    }
    this.#values = values
  }

  /** The first value; undefined when there is none or it is empty, which RFC 6749 (section 3.1) treats alike. */
  get(name: string): string | undefined {
    const value = this.#values.get(name)?.[0]
    return value === "" ? undefined : value
  }

  /** Whether the name was sent, with a value or without. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** How often the name was sent. */
  count(name: string): number {
    return this.#values.get(name)?.length ?? 0
  }

  /** The names that were sent, each once. */
  get names(): ReadonlyArray<string> {
    return [...this.#values.keys()]
  }

  /** A name that was sent more than once. */
  get repeated(): string | undefined {
    for (const [name, values] of this.#values) if (values.length > 1) return name
    return undefined
  }
}

/** What a request body turned out to be. */
export type ReadBody =
  | { readonly params: Params; readonly problem?: never }
  | { readonly params?: never; readonly problem: "empty" | "malformed" | "content type" }

/** The media type of a `Content-Type`, in lower case and without parameters. */
export const mediaType = (contentType: string | undefined): string =>
  (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""

/** The parameters of a query or of a form. */
export const formParams = (text: string): Params => new Params(new URLSearchParams(text))

/** Reads a form, and with `json` a JSON object too. A list in JSON is a name sent several times. */
export const readBody = (contentType: string | undefined, body: string, json: boolean): ReadBody => {
  const type = mediaType(contentType)
  const isJson = type === "application/json"
  if (type !== "application/x-www-form-urlencoded" && !(json && isJson)) return { problem: "content type" }
  if (body.trim() === "") return { problem: "empty" }
  if (!isJson) return body.includes("=") ? { params: formParams(body) } : { problem: "malformed" }
  const value = parseJson(body)
  return isObject(value) ? { params: new Params(entriesOf(value)) } : { problem: "malformed" }
}

/** The value of a JSON text; undefined when it is none. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Whether a JSON value is an object. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const entriesOf = (value: Readonly<Record<string, unknown>>): Array<[string, string]> =>
  Object.entries(value).flatMap(([name, given]) =>
    (Array.isArray(given) ? (given as ReadonlyArray<unknown>) : [given]).flatMap(
      (each): Array<[string, string]> =>
        typeof each === "string" || typeof each === "number" || typeof each === "boolean" ? [[name, String(each)]] : []
    )
  )
