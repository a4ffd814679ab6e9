/** A value of `session.auth`. */
export type AuthMethod = "basic" | "oauth2" | "bearer" | "saml2" | "certificate" | "sage-id" | "ldap"

/**
 * What `session.auth` may list. All but `ldap` are on Sage's page; `ldap` is in the template that the server is shipped
 * with.
 *
 * Source: online-help.sagex3.com, V11, Configuration file.
 */
export const authMethods: ReadonlyArray<AuthMethod> = [
  "basic",
  "oauth2",
  "bearer",
  "saml2",
  "certificate",
  "sage-id",
  "ldap"
]

export const isAuthMethod = (text: string): text is AuthMethod => (authMethods as ReadonlyArray<string>).includes(text)

/** Where something stands: lines and columns count from 1, columns in UTF-16 units as editors count them. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A member of an object, as it was last set. */
export interface Member {
  /** of its name */
  readonly place: Position
  readonly value: Value
  /** that it replaces: written twice in one object, or set again by a statement */
  readonly replaces: "twice" | "assigned" | undefined
}

/** What is known without running anything. Lists and objects are shared by all who name them, as in JavaScript. */
export type Value =
  | { readonly kind: "text"; readonly place: Position; readonly text: string }
  | { readonly kind: "number"; readonly place: Position; readonly number: number }
  | { readonly kind: "boolean"; readonly place: Position; readonly boolean: boolean }
  /** null or undefined */
  | { readonly kind: "nothing"; readonly place: Position }
  | List
  | Section
  /** known only to who runs the file; `what` says what it is */
  | { readonly kind: "unknown"; readonly place: Position; readonly what: string }

export interface List {
  readonly kind: "list"
  readonly place: Position
  readonly items: Array<Value>
  /** where further items come from that cannot be read */
  gap: Position | undefined
  /** where code that cannot be read may have changed it */
  touched: Position | undefined
}

export interface Section {
  readonly kind: "object"
  readonly place: Position
  readonly members: Map<string, Member>
  /** where further members come from that cannot be read */
  gap: Position | undefined
  /** where code that cannot be read may have changed it */
  touched: Position | undefined
}

export type Unknown = Extract<Value, { readonly kind: "unknown" }>
