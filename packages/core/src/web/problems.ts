import { catalogue, type CatalogueId } from "../errors/catalogue.ts"
import * as Masker from "../errors/maskSecrets.ts"
import type { Reason } from "../errors/Reason.ts"
import type { SageAuthError } from "../errors/SageAuthError.ts"
import { contentSecurityPolicy, htmlOf, kindOf, type PageKind, type PageTexts, type Problem } from "./pages.ts"
import type { WebReply } from "./WebRequest.ts"

interface Kind {
  readonly status: number
  readonly title: string
  /** whether what was said of this occurrence is the caller's business; otherwise the entry's meaning stands for it */
  readonly showsMessage?: true
}

/** How each reason is answered. */
const kinds: { readonly [Tag in Reason["_tag"]]: Kind } = {
  ReauthorizationRequired: { status: 403, title: "A user has to connect this application to Sage" },
  PairingPending: { status: 409, title: "The connection to Sage is not accepted yet" },
  CallbackRejected: { status: 400, title: "The connection to Sage was not completed", showsMessage: true },
  PermissionDenied: { status: 403, title: "Not allowed", showsMessage: true },
  RequestRejected: { status: 400, title: "Sage does not take this request", showsMessage: true },
  FunctionFailed: { status: 422, title: "Sage could not carry this out", showsMessage: true },
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
  "client.tenant-refused": { status: 401, title: "No user is signed in" },
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
    detail: kind?.showsMessage === true ? message : (catalogue[id]?.meaning ?? "No more is known about it."),
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

/** An answer for programs. */
export const json = (status: number, body: unknown): WebReply => ({
  status,
  headers: { ...plainHeaders, "content-type": "application/json" },
  body: JSON.stringify(body)
})

/** Sends a browser on. */
export const seeOther = (location: string, headers: WebReply["headers"] = {}): WebReply => ({
  status: 303,
  headers: { ...plainHeaders, location, ...headers },
  body: undefined
})

/** Answers a client of an API. */
export const problemReply = (problem: Problem, headers: WebReply["headers"] = {}): WebReply => ({
  status: problem.status,
  headers: {
    ...plainHeaders,
    vary: "accept, sec-fetch-mode",
    ...(problem.retryAfter === undefined ? {} : { "retry-after": String(problem.retryAfter) }),
    "content-type": "application/problem+json",
    ...headers
  },
  body: JSON.stringify(problem)
})

/** What a page has beside its problem. */
export interface PageParts {
  readonly kind: PageKind
  readonly language: string
  readonly texts: PageTexts
  /** where its reader goes on once a consent is there; undefined: none was given */
  readonly returnTo: string | undefined
  /** where a link leads back to */
  readonly back: string | undefined
  /** the page that failed, where opening it once more may help */
  readonly retry: string | undefined
  /** whether a consent was begun before: its reader connects again */
  readonly again: boolean
}

const linksOf = ({ connectUrl, loginUrl }: Problem, { again, back, kind, retry, returnTo, texts }: PageParts) => {
  const { links } = texts
  const to =
    returnTo === undefined || connectUrl?.includes("?") === true ? "" : `?returnTo=${encodeURIComponent(returnTo)}`
  const connect = kind === "confirm" ? links.goOn : again ? links.again : links.connect
  return [
    ...(loginUrl === undefined ? [] : [{ href: loginUrl, label: links.signIn }]),
    ...(retry === undefined ? [] : [{ href: retry, label: links.retry }]),
    ...(connectUrl === undefined ? [] : [{ href: `${connectUrl}${to}`, label: connect }]),
    ...(back === undefined ? [] : [{ href: back, label: links.back }])
  ]
}

/** Answers a human: a page, or what a page of the application's own is made of. */
export const pageReply = (
  problem: Problem,
  parts: PageParts,
  own: boolean,
  headers: WebReply["headers"] = {}
): WebReply => {
  const { kind, language, returnTo, texts } = parts
  const { text, title } = texts.pages[kind]
  const { code, retryAfter, status } = problem
  return {
    status,
    headers: {
      ...plainHeaders,
      vary: "accept, accept-language, sec-fetch-mode",
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      ...(own
        ? {}
        : {
            "content-type": "text/html; charset=utf-8",
            "content-language": language,
            "content-security-policy": contentSecurityPolicy()
          }),
      ...headers
    },
    body: own
      ? undefined
      : htmlOf({
          language,
          title,
          text,
          links: linksOf(problem, parts),
          reference:
            code === undefined
              ? undefined
              : {
                  label: texts.reference,
                  code: problem.supportId === undefined ? code : `${code} / ${problem.supportId}`
                }
        }),
    problem: own ? { ...problem, kind, heading: title, text, language, returnTo } : undefined
  }
}

/** Which page stands for a failure of the catalogue; undefined: there is no such failure. */
export const kindOfCode = (code: string | undefined): PageKind | undefined => {
  if (code === undefined || !Object.hasOwn(catalogue, code)) return undefined
  const id = code as CatalogueId
  return kindOf(id, catalogue[id].reason)
}

/**
 * Takes secrets out of texts that others sent, before a log of requests keeps them or a page shows them.
 *
 * A secret is found as it is, encoded for a URL or a form, escaped for XML, HTML or JSON, in hexadecimal and in base64
 * of either alphabet, also inside of something longer and where it was cut off. JSON web tokens, what follows `Bearer`,
 * and what is announced by a name such as `access_token=` are masked as well, known or not. `[masked]` stands in their
 * place. Time is linear in the text.
 *
 * @param secrets what must not be shown
 * @param limit how much of a text is looked at, in characters; the rest is left out. Default 4,096
 * @category web
 */
export const maskerOf = (secrets: ReadonlyArray<string>, limit?: number): ((text: string) => string) =>
  Masker.makeMasker(secrets, limit)
