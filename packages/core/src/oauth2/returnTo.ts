// A file of its own: web needs this and no more of a consent, and what web loads is counted.

import * as Result from "../config/Result.ts"

/**
 * For adapters, beside the `returnTo` that they use where none was given. So a consent which
 * comes to nothing is told on a page of its own, and not to a page that does not expect it.
 */
export const nowhereAsked: unique symbol = Symbol.for("@sage-auth/core/nowhereAsked")

const expected =
  'a path of the application itself, such as "/settings?tab=sage". It begins with one slash, has no backslashes, line breaks or encoded slashes, and at most 1,000 characters'

/** A transaction has to fit into a cookie, which holds 4,096 bytes. */
const longest = 1_000

/** any host would do: what matters is whether a path leads away from it */
const application = "https://application.invalid"

/**
 * What a path looks like to a server or proxy that decodes it, once or several times; undefined: it cannot be decoded.
 */
const decodings = (path: string): ReadonlyArray<string> | undefined => {
  const forms = [path]
  while (forms.at(-1)!.includes("%")) {
    // such a path is never written by accident
    if (forms.length > 4) return undefined
    try {
      forms.push(decodeURIComponent(forms.at(-1)!))
    } catch {
      // a percent sign that was meant as one
      return forms.length === 1 ? undefined : forms
    }
  }
  return forms
}

const leavesHome = /^\/[/\\]|[\\\p{Cc}]|%(?:25)*(?:2f|5c)/iu

/** Whether a path stays on its host however often it is decoded. */
const staysHome = (path: string): boolean => decodings(path)?.every((form) => !leavesHome.test(form)) ?? false

/**
 * Where to send the user after a consent: a path of the application itself, with query and fragment, as a browser would
 * write it. Anything that a browser, or a proxy on the way, could read as another host is refused.
 *
 * Source: RFC 9700, section 4.11 (open redirection).
 */
export const readReturnTo = (input: unknown): Result.Result<string, string> => {
  if (typeof input !== "string" || input.length > longest || !input.startsWith("/")) return Result.fail(expected)
  // browsers drop tabs and line breaks and read a backslash as a slash, wherever they stand
  if (/[\p{Cc}\p{Cs}\\]|^\s|\s$/u.test(input)) return Result.fail(expected)
  const path = input.split(/[?#]/, 1)[0]!
  if (!staysHome(path)) return Result.fail(expected)
  const url = URL.parse(input, application)
  // dot segments are gone by now: what they hid shows
  if (url?.origin !== application || !staysHome(url.pathname)) return Result.fail(expected)
  const written = url.pathname + url.search + url.hash
  return written.length > longest ? Result.fail(expected) : Result.succeed(written)
}
