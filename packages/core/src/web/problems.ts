import { catalogue, type CatalogueId } from "../errors/catalogue.ts"
import type { Reason } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { prefersPage } from "./prefersPage.ts"
import type { WebReply, WebRequest } from "./WebRequest.ts"

/**
 * A failure as a client of an API reads it. No member ever holds a secret, an option's value or another tenant's name.
 *
 * Source: RFC 9457 (Problem Details for HTTP APIs).
 */
export interface Problem {
  /** the entry of the error catalogue as a page, or `about:blank` where the status says it all */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** the entry of the error catalogue */
  readonly code?: string | undefined
  /** what to do about it */
  readonly remedy?: string | undefined
  /** whether the same request may succeed later without anybody changing anything */
  readonly retryable?: boolean | undefined
  /** in seconds, as the header `retry-after` */
  readonly retryAfter?: number | undefined
  readonly connection?: string | undefined
  /** the id that Sage's support asks for */
  readonly supportId?: string | undefined
  /** where a human goes to consent; takes `?returnTo=` with a path of the application */
  readonly connectUrl?: string | undefined
}

interface Kind {
  readonly status: number
  readonly title: string
  /** whether what was said of this occurrence is the caller's business; otherwise the entry's meaning stands for it */
  readonly said?: true
}

/** How each reason is answered. */
const kinds: { readonly [Tag in Reason["_tag"]]: Kind } = {
  ReauthorizationRequired: { status: 403, title: "A user has to connect this application to Sage" },
  PairingPending: { status: 409, title: "The connection to Sage is not accepted yet" },
  CallbackRejected: { status: 400, title: "The connection to Sage was not completed", said: true },
  PermissionDenied: { status: 403, title: "Not allowed", said: true },
  RequestRejected: { status: 400, title: "Sage does not take this request", said: true },
  FunctionFailed: { status: 422, title: "Sage could not carry this out", said: true },
  RateLimited: { status: 429, title: "Too many requests to Sage" },
  BudgetExhausted: { status: 503, title: "The budget of transactions is used up" },
  AccountInactive: { status: 502, title: "The account at Sage is not active" },
  LicenseExpired: { status: 502, title: "The licence of this application has ended" },
  CredentialRejected: { status: 502, title: "Sage refuses this application's credentials" },
  ProtocolViolation: { status: 502, title: "Sage gave an answer that cannot be understood" },
  ServiceUnavailable: { status: 503, title: "Sage is not available" },
  StoreUnavailable: { status: 503, title: "Connections to Sage cannot be read at the moment" },
  Closed: { status: 503, title: "This application is shutting down" },
  DeadlineExceeded: { status: 504, title: "Sage did not answer in time" },
  Misconfigured: { status: 500, title: "This application is not configured as it has to be" }
}

const exceptions: { readonly [Id in CatalogueId]?: Kind } = {
  "client.tenant-refused": { status: 401, title: "Nobody is signed in" },
  "client.defect": { status: 500, title: "Something broke inside" }
}

const anchor = (id: string): string => id.replaceAll(/[^\w-]/g, "")

const documentation = "https://github.com/sage-auth/sage-auth/blob/main/docs/errors.md"

/** A failure as a problem; `connectUrl` where a human can do something about it. */
export const problemOf = (error: SageAuthError, connectUrl: string | undefined): Problem => {
  const { connection, id, message, reason, remedy, retryable, supportId } = error
  const kind: Kind | undefined = exceptions[id] ?? kinds[reason._tag]
  const wait = reason._tag === "RateLimited" && reason.retryAfter !== undefined ? reason.retryAfter : undefined
  return {
    type: `${documentation}#${anchor(id)}`,
    title: kind?.title ?? "Something broke inside",
    status: kind?.status ?? 500,
    detail: kind?.said === true ? message : (catalogue[id]?.meaning ?? "No more is known about it."),
    code: id,
    remedy,
    retryable,
    retryAfter: wait === undefined ? undefined : Math.ceil(wait / 1000),
    connection,
    supportId,
    connectUrl
  }
}

/** Headers that every answer of these routes has: none is kept by anybody, and none tells where the browser was. */
export const plainHeaders: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff"
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "")

/** A page without styles and scripts, so that nothing has to be allowed on it. */
const pageOf = ({ connectUrl, detail, remedy, title }: Problem): string =>
  [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">',
    `<title>${escape(title)}</title></head><body><main><h1>${escape(title)}</h1><p>${escape(detail)}</p>`,
    remedy === undefined ? "" : `<p>${escape(remedy)}</p>`,
    connectUrl === undefined ? "" : `<p><a href="${escape(connectUrl)}">Connect to Sage</a></p>`,
    "</main></body></html>\n"
  ].join("")

/** Answers with a problem: a page for a human, `application/problem+json` for everybody else. */
export const problemReply = (
  request: Pick<WebRequest, "header">,
  problem: Problem,
  headers: WebReply["headers"] = {}
): WebReply => {
  const page = prefersPage(request)
  const { retryAfter, status } = problem
  return {
    status,
    headers: {
      ...plainHeaders,
      vary: "accept, sec-fetch-mode",
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      ...(page
        ? {
            "content-type": "text/html; charset=utf-8",
            "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
          }
        : { "content-type": "application/problem+json" }),
      ...headers
    },
    body: page ? pageOf(problem) : JSON.stringify(problem)
  }
}
