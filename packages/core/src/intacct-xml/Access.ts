import { separator } from "../credential/CredentialCache.ts"
import type { CheckedLogin, CheckedSender } from "./options.ts"
import type { Session } from "./Session.ts"

/** What one request needs: the sender always, and a session, or the login itself where every request carries it. */
export interface Access {
  readonly sender: CheckedSender
  readonly login: CheckedLogin
  /** the company whose pool and meter count, case folded */
  readonly company: string
  /** undefined with `authentication: "login"` */
  readonly session: Session | undefined
}

/** Which context a credential is for: the connection's own, the top level, or another entity. */
export type Variant = { readonly kind: "own" } | { readonly kind: "entity"; readonly id: string | null }

/** The connection's own context. */
export const own: Variant = { kind: "own" }

/** The cache key of a tenant's credential in a context. */
export const keyOf = (tenant: string, variant: Variant): string =>
  variant.kind === "own"
    ? tenant
    : variant.id === null
      ? `${tenant}${separator}top`
      : `${tenant}${separator}entity${separator}${variant.id}`

/** The context of a cache key. */
export const variantOf = (key: string): Variant => {
  const [, kind, ...id] = key.split(separator)
  if (kind === undefined) return own
  return { kind: "entity", id: kind === "top" ? null : id.join(separator) }
}
