// A file of its own: in `webOf.ts` it would close a circle, since that imports `routes.ts`, which needs it.

import type { WebRequest } from "./WebRequest.ts"

/** any host would do: what counts stands behind it */
export const anyOrigin = "http://application.invalid"

/** The path of an address without its query. */
export const pathOf = (url: string): string => {
  const end = url.search(/[?#]/)
  return end === -1 ? url : url.slice(0, end)
}

/** The query of a request, empty where it cannot be read. */
export const queryOf = ({ url }: Pick<WebRequest, "url">): URLSearchParams =>
  URL.parse(url, anyOrigin)?.searchParams ?? new URLSearchParams()

const errorParameter = "sage_error"

/** The path of the application without what an earlier failure has put there, the rest as it was written. */
export const withoutError = (path: string): string => {
  const [beforeHash = "", ...hash] = path.split("#")
  const at = beforeHash.indexOf("?")
  if (at === -1) return path
  const kept = beforeHash
    .slice(at + 1)
    .split("&")
    .filter((pair) => pair.split("=", 1)[0] !== errorParameter)
    .join("&")
  const query = kept === "" ? "" : `?${kept}`
  return [beforeHash.slice(0, at) + query, ...hash].join("#")
}

/** The path of the application with the code of a failure, which takes the place of an earlier one. */
export const withError = (path: string, code: string): string => {
  const [beforeHash = "", ...hash] = withoutError(path).split("#")
  const added = `${errorParameter}=${encodeURIComponent(code)}`
  return [`${beforeHash}${beforeHash.includes("?") ? "&" : "?"}${added}`, ...hash].join("#")
}

/** The code of a failure that a request was sent back with; undefined: there is none. */
export const errorOf = (request: Pick<WebRequest, "url">): string | undefined =>
  queryOf(request).get(errorParameter) ?? undefined
