import type { CallVerdict } from "../../calls/AuthorizedCalls.ts"
import type { CatalogueId } from "../../errors/catalogue.ts"

/** Statuses after which the same request may succeed later. */
const passing = new Set([502, 503, 504])

/** What an answer says about the credential. A login that was refused is not sent again; a token is made anew once. */
export const judgeFor =
  (kind: "app" | "basic") =>
  ({ status }: Response): CallVerdict => {
    if (status === 429) return "rate-limited"
    if (passing.has(status)) return "unavailable"
    if (status !== 401) return "accepted"
    return kind === "basic" ? "credential-refused" : "credential-dead"
  }

const numbered: Readonly<Record<string, CatalogueId>> = {
  "21": "x3-graphql.error-21",
  "41": "x3-graphql.error-41",
  "42": "x3-graphql.error-42",
  "45": "x3-graphql.error-45",
  "50": "x3-graphql.error-50"
}

/** A refused token, by the number that the server gives. */
export interface TokenRefusal {
  readonly id: CatalogueId
  /** as the server writes it, such as `Error 45` */
  readonly code: string | undefined
}

/** Reads `Error NN: Invalid token`. The full list of numbers is not published. */
export const readTokenRefusal = (text: string): TokenRefusal => {
  const number = /\berror\s+(\d{1,4})\b/i.exec(text.slice(0, 1_000))?.[1]
  return {
    id: (number === undefined ? undefined : numbered[number]) ?? "x3-graphql.token-rejected",
    code: number === undefined ? undefined : `Error ${number}`
  }
}
