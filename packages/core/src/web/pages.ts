import * as Predicate from "effect/Predicate"
import { builtin } from "../config/builtin.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { Reason } from "../errors/Reason.ts"
import { escapeAttribute } from "../xml/escape.ts"

/**
 * A failure as a client of an API reads it. No member ever holds a secret, an option's value or another tenant's name.
 *
 * Source: RFC 9457 (Problem Details for HTTP APIs).
 */
export interface Problem {
  /** the entry of the error catalogue as a page, or `about:blank` where the status says it all */
  readonly type: string
  /** the kind of failure, in a few words */
  readonly title: string
  /** of HTTP */
  readonly status: number
  /** what is the case */
  readonly detail: string
  /** the entry of the error catalogue */
  readonly code?: string | undefined
  /** what to do about it */
  readonly remedy?: string | undefined
  /** whether the same request may succeed later without any change */
  readonly retryable?: boolean | undefined
  /** in seconds, as the header `retry-after` */
  readonly retryAfter?: number | undefined
  /** the connection's name */
  readonly connection?: string | undefined
  /** the id that Sage's support asks for */
  readonly supportId?: string | undefined
  /** where a human goes to consent; takes `?returnTo=` with a path of the application */
  readonly connectUrl?: string | undefined
  /** where a user signs in, for a request without a signed-in user */
  readonly loginUrl?: string | undefined
}

/** A failure as a human sees it: what `render` is given, and what the built-in page shows. */
export interface ShownProblem extends Problem {
  /** what the page is about: what its reader can do, and not what is wrong inside */
  readonly kind: PageKind
  /** in the words of `texts`, for its reader */
  readonly heading: string
  /** in the words of `texts`, for its reader */
  readonly text: string
  /** the language of both */
  readonly language: string
  /** where they go on: a path of the application that cannot lead elsewhere */
  readonly returnTo?: string | undefined
}

/**
 * What a page for a human is about: what they can do now, and not what is wrong inside.
 *
 * - `declined`: the user said no
 * - `interrupted`: a consent was not completed
 * - `connect`: a consent is missing
 * - `confirm`: another site asks for a consent
 * - `pending`: a user of the customer's X3 has to accept it
 * - `storing`: it is given, and the store is away for a moment
 * - `signed-out`: no user is signed in
 * - `refused`: Sage does not do this for this user
 * - `busy`: it may work later
 * - `broken`: the operator of the application has to act
 * - `unknown`: there is no such page
 */
export type PageKind =
  | "declined"
  | "interrupted"
  | "connect"
  | "confirm"
  | "pending"
  | "storing"
  | "signed-out"
  | "refused"
  | "busy"
  | "broken"
  | "unknown"

/** What a page says: plain text, no HTML. */
export interface PageText {
  /** the heading */
  readonly title: string
  /** what is said below it */
  readonly text: string
}

/** The texts of the built-in page, in one language. */
export interface PageTexts {
  /** the text of each kind of page */
  readonly pages: { readonly [Kind in PageKind]: PageText }
  /** what the links and buttons say */
  readonly links: {
    /** to the beginning of a consent */
    readonly connect: string
    /** the same, after one that came to nothing */
    readonly again: string
    /** on, although another site asked */
    readonly goOn: string
    /** to the page that the user wanted, or to the start of the application */
    readonly back: string
    /** to the same page once more */
    readonly retry: string
    /** to where a user signs in to the application */
    readonly signIn: string
  }
  /** in front of the code that the operator of the application asks for */
  readonly reference: string
}

/** Texts of which some may be left out: those are English then. */
export interface SomePageTexts {
  /** the text of each kind of page */
  readonly pages?: { readonly [Kind in PageKind]?: Partial<PageText> | undefined } | undefined
  /** what the links and buttons say */
  readonly links?: { readonly [Link in keyof PageTexts["links"]]?: string | undefined } | undefined
  /** in front of the code that support asks for */
  readonly reference?: string | undefined
}

/** Texts by language, such as `de` or `fr-CA`. */
export interface TextsByLanguage {
  /** the texts of one language */
  readonly [language: string]: SomePageTexts
}

const english: PageTexts = {
  pages: {
    declined: { title: "Sage is not connected", text: "You did not allow the connection, so nothing was changed." },
    interrupted: {
      title: "The connection was not completed",
      text: "It took too long, was opened a second time, or was begun in another browser. Nothing is lost: begin once more."
    },
    connect: { title: "Connect to Sage first", text: "This page shows data from Sage, which is not connected yet." },
    confirm: {
      title: "Connect to Sage?",
      text: "Another website has sent you here. Go on only if you want to connect this application to Sage."
    },
    pending: {
      title: "The connection is not accepted yet",
      text: "Somebody with access to your Sage X3 has to accept it there. Come back when that is done."
    },
    storing: {
      title: "The connection is being stored",
      text: "You have allowed the connection. It will be ready in a moment: there is no need to begin again."
    },
    "signed-out": { title: "You are not signed in", text: "Sign in to this application, then try again." },
    refused: {
      title: "Sage does not allow this",
      text: "Your user at Sage may not do this, or Sage could not carry it out. Ask the person who administers Sage for you."
    },
    busy: { title: "Sage cannot be reached right now", text: "Please try again in a few minutes." },
    broken: {
      title: "Something has to be put right first",
      text: "You cannot solve this yourself. Please tell the people who run this application."
    },
    unknown: { title: "There is nothing here", text: "The address is not right, or the link is too old." }
  },
  links: {
    connect: "Connect to Sage",
    again: "Connect again",
    goOn: "Go on",
    back: "Back to the application",
    retry: "Try again",
    signIn: "Sign in"
  },
  reference: "Reference"
}

const isText = (input: unknown): boolean => input === undefined || typeof input === "string"

/** Whether each member of an object is one of those that are known, and what it has to be. */
const isPartOf = (input: unknown, known: object, is: (input: unknown) => boolean): boolean =>
  input === undefined ||
  (Predicate.isObject(input) &&
    Object.entries(input).every(([name, value]) => Object.hasOwn(known, name) && (value === undefined || is(value))))

/** Whether texts by language are what they should be: nothing unknown, and text throughout. */
export const isTexts = (input: unknown): boolean =>
  Predicate.isObject(input) &&
  Object.entries(input).every(
    ([language, texts]) =>
      /^[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}$/i.test(language) &&
      Predicate.isObject(texts) &&
      isPartOf(texts, english, () => true) &&
      isPartOf(texts["links"], english.links, isText) &&
      isText(texts["reference"]) &&
      isPartOf(texts["pages"], english.pages, (page) => isPartOf(page, english.pages.busy, isText))
  )

const kindsOfReasons: { readonly [Tag in Reason["_tag"]]: PageKind } = {
  ReauthorizationRequired: "connect",
  PairingPending: "pending",
  CallbackRejected: "interrupted",
  PermissionDenied: "refused",
  RequestRejected: "refused",
  FunctionFailed: "refused",
  RateLimited: "busy",
  BudgetExhausted: "busy",
  ServiceUnavailable: "busy",
  StoreUnavailable: "busy",
  Closed: "busy",
  DeadlineExceeded: "busy",
  AccountInactive: "broken",
  LicenseExpired: "broken",
  CredentialRejected: "broken",
  ProtocolViolation: "broken",
  Misconfigured: "broken"
}

const exceptions: { readonly [Id in CatalogueId]?: PageKind } = {
  "client.tenant-refused": "signed-out",
  "client.consent-being-stored": "storing",
  "business-cloud.access-denied": "declined",
  "intacct-rest.access-denied": "declined",
  "x3-web-services.access-denied": "declined",
  "x3-gateway.access-denied": "declined"
}

/** Which page stands for a failure. */
export const kindOf = (id: CatalogueId, reason: Reason["_tag"]): PageKind =>
  exceptions[id] ?? kindsOfReasons[reason] ?? "broken"

/** The most that is read of `Accept-Language`: no browser sends more languages. */
const mostLanguages = 20

/** The languages of a request, the most wanted first. */
const languagesOf = (header: string | undefined): ReadonlyArray<string> =>
  (header ?? "")
    .slice(0, 1_000)
    .toLowerCase()
    .split(",", mostLanguages)
    .map((range) => {
      const [language = "", ...parameters] = range.split(";").map((part) => part.trim())
      const quality = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1)
      return { language, quality: Number.isNaN(quality) ? 0 : quality }
    })
    .filter(({ language, quality }) => language !== "" && quality > 0)
    .toSorted((one, other) => other.quality - one.quality)
    .map(({ language }) => language)

const primaryOf = (language: string): string => language.split("-", 1)[0] ?? ""

/** what is left out, or undefined, is English */
const filled = <A extends Readonly<Record<string, unknown>>>(whole: A, some: object | undefined): A => ({
  ...whole,
  ...Object.fromEntries(Object.entries(some ?? {}).filter(([, value]) => value !== undefined))
})

const merged = ({ links, pages, reference }: SomePageTexts): PageTexts => ({
  pages: Object.fromEntries(
    Object.entries(english.pages).map(([kind, text]) => [kind, filled({ ...text }, pages?.[kind as PageKind])])
  ) as unknown as PageTexts["pages"],
  links: filled(english.links, links),
  reference: reference ?? english.reference
})

/** The texts of an application and English, of which each request gets those that it can read best. */
export const textsFor = (
  texts: TextsByLanguage = {}
): ((request: { readonly header: (name: string) => string | undefined }) => {
  readonly language: string
  readonly texts: PageTexts
}) => {
  const own = Object.entries(texts).map(([language, some]) => ({ language, texts: merged(some) }))
  const known = own.some(({ language }) => primaryOf(language.toLowerCase()) === "en")
    ? own
    : [...own, { language: "en", texts: english }]
  return ({ header }) => {
    for (const wanted of languagesOf(header("accept-language"))) {
      const found =
        known.find(({ language }) => language.toLowerCase() === wanted) ??
        known.find(({ language }) => primaryOf(language.toLowerCase()) === primaryOf(wanted))
      if (found !== undefined) return found
    }
    // what the application names first is what it speaks
    return known[0] ?? { language: "en", texts: english }
  }
}

const style = [
  ":root{color-scheme:light dark}",
  "*{box-sizing:border-box}",
  "body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:#f3f5f4;color:#16211c;font:1.0625rem/1.55 system-ui,-apple-system,'Segoe UI',sans-serif}",
  "main{width:100%;max-width:32rem;padding:2.25rem;background:#fff;border:1px solid #d5dcd8;border-radius:.75rem;overflow-wrap:anywhere}",
  "h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25}",
  "p{margin:0 0 1rem}p:last-child{margin:0}",
  ".links{display:flex;flex-wrap:wrap;gap:.75rem;margin-top:1.5rem}",
  ".links a{display:inline-block;padding:.625rem 1.125rem;border:1px solid #00663f;border-radius:.5rem;color:#00663f;text-decoration:none;font-weight:600}",
  ".links a:first-child{background:#00663f;color:#fff}",
  ".links a:hover{text-decoration:underline}",
  "a:focus-visible{outline:3px solid #1668c7;outline-offset:2px}",
  ".reference{margin-top:1.75rem;color:#4a5a52;font-size:.875rem}",
  "@media(prefers-color-scheme:dark){body{background:#101613;color:#e8eeeb}main{background:#18211d;border-color:#34413b}.links a{color:#5fd39f;border-color:#5fd39f}.links a:first-child{background:#5fd39f;color:#0c1511}.reference{color:#a9b8b1}}"
].join("")

/** What a page may do: nothing but look as it does. */
export const contentSecurityPolicy = (): string => {
  const hash = builtin("node:crypto").createHash("sha256").update(style).digest("base64")
  return `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`
}

/** A page as a human sees it. */
export interface HtmlPage {
  readonly language: string
  readonly title: string
  readonly text: string
  /** the first one is what most people want */
  readonly links: ReadonlyArray<{ readonly href: string; readonly label: string }>
  readonly reference: { readonly label: string; readonly code: string } | undefined
}

/** Writes a page. It needs no script, no image and nothing from elsewhere. */
export const htmlOf = ({ language, links, reference, text, title }: HtmlPage): string =>
  [
    `<!doctype html><html lang="${escapeAttribute(language)}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">',
    `<title>${escapeAttribute(title)}</title><style>${style}</style></head>`,
    `<body><main><h1>${escapeAttribute(title)}</h1><p>${escapeAttribute(text)}</p>`,
    links.length === 0
      ? ""
      : `<p class="links">${links.map(({ href, label }) => `<a href="${escapeAttribute(href)}">${escapeAttribute(label)}</a>`).join(" ")}</p>`,
    reference === undefined
      ? ""
      : `<p class="reference">${escapeAttribute(reference.label)}: <code>${escapeAttribute(reference.code)}</code></p>`,
    "</main></body></html>\n"
  ].join("")
