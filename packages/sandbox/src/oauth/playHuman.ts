import { unescapeHtml } from "../markup.ts"

/** What the human of {@link playHuman} types and clicks. */
export interface Human {
  /** What goes into the fields of the pages, by name. */
  readonly fields: Readonly<Record<string, string>>
  readonly deny: boolean
  /** Which boxes are ticked, by value. Default: those that the page has ticked. */
  readonly choices?: ReadonlyArray<string> | undefined
}

/** Where the pages send the browser in the end. */
export interface Landing {
  readonly url: string
  /** The fields of the form that it takes there by POST; undefined for a redirect. */
  readonly form: ReadonlyArray<readonly [string, string]> | undefined
}

interface Form {
  readonly action: string
  readonly hidden: ReadonlyArray<readonly [string, string]>
  readonly fields: ReadonlyArray<string>
  readonly choices: ReadonlyArray<{ readonly name: string; readonly value: string; readonly ticked: boolean }>
  readonly buttons: ReadonlyArray<{ readonly name: string; readonly value: string }>
}

// More pages than any consent has.
const mostPages = 8

/**
 * Goes through the pages of an authorization server over HTTP, from the URL that an application sends its user to, up
 * to the way back to the application, a redirect or a form of another origin, which is not taken.
 *
 * @throws `Error` with the page's own words when it goes no further
 */
export const playHuman = async (url: string, human: Human): Promise<Landing> => {
  const { origin } = new URL(url)
  let page = await fetch(url, { redirect: "manual" })
  let seen = ""
  for (let count = 0; count < mostPages; count++) {
    const location = page.headers.get("location")
    const html = await page.text()
    if (page.status >= 300 && page.status < 400 && location !== null) {
      const next = new URL(location, url)
      if (next.origin !== origin) return { url: location, form: undefined }
      page = await fetch(next, { redirect: "manual" })
      continue
    }
    const form = page.ok ? formOf(html) : undefined
    const alert = textOf(html, /role="alert">([^<]*)</)
    if (form === undefined || alert !== undefined) throw new Error(refusal(page.status, html, alert))
    if (html === seen) throw new Error("approve goes no further: the page shows itself again")
    seen = html
    const action = new URL(form.action, url)
    if (action.origin !== origin) return { url: action.href, form: form.hidden }
    page = await fetch(action, {
      method: "POST",
      body: new URLSearchParams(fillIn(form, human)),
      redirect: "manual"
    })
  }
  throw new Error("approve gives up: these pages do not end")
}

const fillIn = (form: Form, human: Human): Array<[string, string]> => {
  const filled: Array<[string, string]> = form.hidden.map(([name, value]) => [name, value])
  for (const name of form.fields) {
    const value = human.fields[name]
    if (value === undefined) throw new Error(`approve knows nothing to type into "${name}": give it in login`)
    filled.push([name, value])
  }
  for (const { name, value, ticked } of form.choices) {
    if (human.choices === undefined ? ticked : human.choices.includes(value)) filled.push([name, value])
  }
  const named = form.buttons.filter((button) => button.name !== "")
  const wanted = human.deny ? "deny" : "allow"
  const button =
    named.find((each) => human.fields[each.name] === each.value) ??
    named.find((each) => each.value === wanted) ??
    named[0]
  if (button !== undefined) filled.push([button.name, button.value])
  return filled
}

const refusal = (status: number, html: string, alert: string | undefined): string => {
  const title = textOf(html, /<h1>([^<]*)<\/h1>/)
  // Where no page was expected, an answer in JSON says it by itself.
  const text = alert ?? textOf(html, /<p>([^<]*)<\/p>/) ?? (title === undefined ? html.slice(0, 500) : undefined)
  return `approve goes no further (HTTP ${status}): ${[title, text].filter((each) => each !== undefined).join(": ")}`
}

const textOf = (html: string, pattern: RegExp): string | undefined => {
  const found = pattern.exec(html)?.[1]
  return found === undefined ? undefined : unescapeHtml(found)
}

const formOf = (html: string): Form | undefined => {
  // the one with the fields: buttons of the sandbox alone have a form of their own before it
  const opened = [...html.matchAll(/<form\b([^<>]*)>/g)].at(-1)
  const start = opened === undefined ? -1 : opened.index + opened[0].length
  const end = start < 0 ? -1 : html.indexOf("</form>", start)
  const action = attributesOf(opened?.[1] ?? "")["action"]
  if (end < 0 || action === undefined) return undefined
  const inside = html.slice(start, end)
  const written = [...inside.matchAll(/<input\b([^<>]*)>/g)].map(([, each = ""]) => each)
  const inputs = written.map(attributesOf)
  return {
    action,
    hidden: inputs
      .filter((each) => each["type"] === "hidden")
      .map((each) => [each["name"] ?? "", each["value"] ?? ""] as const),
    fields: inputs
      .filter((each) => each["type"] !== "hidden" && each["type"] !== "checkbox")
      .map((each) => each["name"] ?? ""),
    choices: written
      .filter((_, index) => inputs[index]?.["type"] === "checkbox")
      .map((each) => {
        const { name = "", value = "" } = attributesOf(each)
        return { name, value, ticked: /\bchecked\b/.test(each) }
      }),
    buttons: [...inside.matchAll(/<button\b([^<>]*)>/g)].map(([, each = ""]) => {
      const { name = "", value = "" } = attributesOf(each)
      return { name, value }
    })
  }
}

const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/(?<![\w-])([\w-]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [name, unescapeHtml(value)])
  )
