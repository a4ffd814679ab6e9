import type { WebRequest } from "./WebRequest.ts"

/** what a media type is worth to the caller, and where it stands; undefined: it is not named */
const preferenceFor = (accept: string, types: RegExp): { readonly weight: number; readonly at: number } | undefined => {
  const ranges = accept.toLowerCase().split(",")
  for (const [at, range] of ranges.entries()) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim())
    if (!types.test(type)) continue
    const quality = parameters.find((parameter) => parameter.startsWith("q="))
    const weight = quality === undefined ? 1 : Number(quality.slice(2))
    return Number.isNaN(weight) ? undefined : { weight, at }
  }
  return undefined
}

/**
 * Whether a human looks at the answer: a browser that navigates, or a client that names HTML before JSON. Every other
 * client is one of an API.
 *
 * Source: Fetch Metadata Request Headers (W3C), section 2.2; RFC 9110, section 12.5.1.
 */
export const prefersPage = ({ header }: Pick<WebRequest, "header">): boolean => {
  if (header("sec-fetch-mode") === "navigate") return true
  if (header("x-requested-with")?.toLowerCase() === "xmlhttprequest") return false
  const accept = header("accept") ?? ""
  const page = preferenceFor(accept, /^(?:text\/html|application\/xhtml\+xml)$/)
  if (page === undefined || page.weight === 0) return false
  const data = preferenceFor(accept, /^application\/(?:[\w.-]+\+)?json$/)
  return data === undefined || page.weight > data.weight || (page.weight === data.weight && page.at < data.at)
}
