import type { WebRequest } from "./WebRequest.ts"

/** One of the adapter's routes, and the connection it names. */
export type Route =
  | { readonly to: "connections" }
  | { readonly to: "connect" | "callback" | "disconnect"; readonly connection: string }

const decoded = (segment: string): string | undefined => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** The route that a request asks for; undefined: none of these. */
export const routeOf = ({ path }: Pick<WebRequest, "path">, basePath: string): Route | undefined => {
  if (!path.startsWith(`${basePath}/`)) return undefined
  const segments = path.slice(basePath.length + 1).split("/")
  if (segments.at(-1) === "") segments.pop()
  const [to, name, ...more] = segments
  if (more.length > 0) return undefined
  if (to === "connections") return name === undefined ? { to } : undefined
  const connection = name === undefined ? undefined : decoded(name)
  if (connection === undefined || connection === "") return undefined
  return to === "connect" || to === "callback" || to === "disconnect" ? { to, connection } : undefined
}
