import type { Position } from "./Reader.ts"

/** Where the meanings of a finding come from. */
export const configurationPage = "online-help.sagex3.com, V11, Configuration file"
export const nodelocalPage = "online-help.sagex3.com, V12, Configuration file nodelocal"
export const oauth2Page = "online-help.sagex3.com, V12, Web services: OAuth2 authentication"
export const basicPage = "online-help.sagex3.com, V12, Web services: basic authentication"
export const template = "the template of nodelocal.js that X3 comes with, in a public copy"
export const language = "ECMA-262"

/** One thing to know about a nodelocal.js. It quotes nothing of the file but the names of authentication methods. */
export interface NodelocalFinding {
  /** stable, such as `nodelocal.auth-unknown` */
  readonly id: `nodelocal.${string}`
  /** `error`: X3 will not do what was meant. `warning`: it may not, or should not. `note`: good to know */
  readonly severity: "error" | "warning" | "note"
  /** counts from 1 */
  readonly line: number
  /** counts from 1, in UTF-16 units as editors count them */
  readonly column: number
  /** which setting, from `config` on, such as `session.auth[1]`; empty for the file as a whole */
  readonly path: string
  /** what is the case */
  readonly meaning: string
  /** what to do about it */
  readonly remedy: string
  /** the page that says so, or that none does */
  readonly source: string
}

/** Whether a file lets a way in: `cannot-tell` where the file, or what is published about it, does not decide. */
export interface WayIn {
  /** whether X3 lets it in */
  readonly answer: "enabled" | "disabled" | "cannot-tell"
  /** in one sentence, for humans */
  readonly why: string
}

/** What a nodelocal.js means. */
export interface NodelocalReport {
  /** in the file's order */
  readonly findings: ReadonlyArray<NodelocalFinding>
  /** what the file lets in, by the credential */
  readonly waysIn: {
    /** user and password with web services: `x3.basic` */
    readonly basic: WayIn
    /** a TLS client certificate: `x3.certificate` */
    readonly certificate: WayIn
    /** an OAuth2 access token with web services: `x3.oauth2`, `x3.clientCredentials`, `x3.bearer` */
    readonly bearer: WayIn
    /** humans with a browser */
    readonly interactive: WayIn
    /** tokens of a connected application with GraphQL: `app` of `x3.graphql` */
    readonly connectedApp: WayIn
  }
}

/** What a rule says; where it applies is the file's. */
export type FindingContent = Omit<NodelocalFinding, "line" | "column" | "path">

/** Takes a finding. */
export type Report = (place: Position, path: string, content: FindingContent) => void
