import type { Surface } from "../../errors/Reason.ts"
import { type Cell, cell, frozen, type Written } from "../Table.ts"
import * as code from "./code.ts"

/** What something costs at Sage, as far as a document says it. */
export type Cost = "paid, no free tier" | "free" | "included" | "not published"

/** An account, licence or setting that a flow needs. */
export interface Need {
  /** what it is */
  readonly what: Cell
  /** what it costs */
  readonly cost: Cost
}

/** A way to authenticate, with everything that has to be known about it. */
export interface Recommendation {
  /** what it is called here */
  readonly id: RecommendationId
  /** its name */
  readonly title: string
  /** the surfaces that it is for */
  readonly surfaces: ReadonlyArray<Surface>
  /** the flow, as the comparison card names it, and what is right */
  readonly flow: ReadonlyArray<Cell>
  /** why this one */
  readonly why: string
  /** whether a human has to consent once */
  readonly interactive: boolean
  /** accounts, licences and settings, with their cost */
  readonly needs: ReadonlyArray<Need>
  /** how much may be sent */
  readonly limits: ReadonlyArray<Cell>
  /** how long what it gives is good for */
  readonly lifetimes: ReadonlyArray<Cell>
  /** what renews it, and who has to do something */
  readonly renewal: string
  /** what to know before building on it */
  readonly warnings: ReadonlyArray<Cell>
  /** a TypeScript module to paste: it compiles as it is, and takes secrets from the environment */
  readonly code: string
  /** the environment variables that `code` reads */
  readonly variables: ReadonlyArray<string>
  /** the address of the guide */
  readonly guide: string
}

const guides = "https://github.com/sage-auth/sage-auth/blob/main/docs/"

type WrittenNeed = readonly [what: Written, cost: Cost]

interface WrittenRecommendation extends Pick<Recommendation, "title" | "surfaces" | "why" | "renewal" | "code"> {
  readonly flow: ReadonlyArray<Written>
  readonly interactive?: true
  readonly needs: ReadonlyArray<WrittenNeed>
  readonly limits: ReadonlyArray<Written>
  readonly lifetimes: ReadonlyArray<Written>
  readonly warnings: ReadonlyArray<Written>
  /** page and heading below docs/ */
  readonly guide: string
}

/** The environment variables that a module reads, in order. */
const variablesOf = (module: string): ReadonlyArray<string> =>
  Array.from(new Set(Array.from(module.matchAll(/process\.env\["([A-Z0-9_]+)"\]/g), ([, name = ""]) => name)))

const cells = (written: ReadonlyArray<Written>, section?: string): ReadonlyArray<Cell> =>
  written.map((each) => cell(each, section))

const define = <Id extends string>(
  written: Readonly<Record<Id, WrittenRecommendation>>
): Readonly<Record<Id, Omit<Recommendation, "id"> & { readonly id: Id }>> => {
  const defined: Record<string, unknown> = {}
  for (const [id, each] of Object.entries<WrittenRecommendation>(written)) {
    defined[id] = {
      id,
      title: each.title,
      surfaces: each.surfaces,
      flow: cells(each.flow, "Integration Pattern Decision Tree"),
      why: each.why,
      interactive: each.interactive === true,
      needs: each.needs.map(([what, cost]) => ({ what: cell(what), cost })),
      limits: cells(each.limits),
      lifetimes: cells(each.lifetimes),
      renewal: each.renewal,
      warnings: cells(each.warnings),
      code: each.code,
      variables: variablesOf(each.code),
      guide: guides + each.guide
    }
  }
  return frozen(defined) as Readonly<Record<Id, Omit<Recommendation, "id"> & { readonly id: Id }>>
}

const senderLicence: WrittenNeed = [
  "+ A Web Services developer licence, which gives a sender id and its password, renewed every year @card",
  "paid, no free tier"
]
const senderAuthorised: WrittenNeed = [
  "+ Each company authorises the sender: Company > Setup > Configuration > Company > Security, Web Services authorizations @authorizations",
  "included"
]
const webServicesUser: WrittenNeed = [
  "+ A Web Services user in the company, with the permissions that the integration needs @guide",
  "included"
]
const restClient: WrittenNeed = [
  "+ An application in the Sage App Registry: a client id and a client secret, bound to a Web Services sender @guide",
  "not published"
]
const intacctMeter: ReadonlyArray<Written> = [
  "+ 100,000 transactions a month in tier 1, over XML and REST together; more is billed @volume",
  "+ 2 requests of a company at a time, by the older statement. By REST, tier 1 serves 6 of one application and 8 of one company @volume"
]
const restLifetimes: ReadonlyArray<Written> = [
  "+ Access token: as the answer says. `expires_in` was 43200 s beside a JWT of 3600 s, and the lesser counts @guide",
  "+ Refresh token: 90 days in one sample, no end in another, six months in the card: not to be relied on @guide"
]
const entitiesAreSilent: Written =
  "+ A user who is restricted to entities gets empty answers for the others, and no error @card"
const xmlIsLegacy: Written = "+ XML is Sage's legacy API: new objects and features come by REST only @legacy"

const x3Server: WrittenNeed = ["+ An X3 server, and a user in it who may reach the endpoint @x3Users", "included"]
const x3Pools: Written =
  "+ SOAP calls share the channels of a pool, and the licence limits the volume of web services @x3Pools"
const providerNeeds: ReadonlyArray<WrittenNeed> = [
  x3Server,
  [
    "+ An identity provider of the customer's, listed in X3 among its OAuth2 servers, and a client at it @x3Servers",
    "not published"
  ],
  [
    "+ An X3 user with that server as authentication method, and the e-mail address that the token stands for @x3Servers",
    "included"
  ]
]
const providerWarnings: ReadonlyArray<Written> = [
  "+ Sage's pages show the authorization code alone. Client credentials are unproven: such a token stands for no user @x3SoapOAuth2",
  "+ 200 alone does not mean success: an answer may hold errors in `$diagnoses` @x3Rest"
]
const providerLifetimes: ReadonlyArray<Written> = [
  "+ Access and refresh token: as the identity provider says @x3SoapOAuth2",
  "+ `api1` keeps no session: each call carries the token @x3Stateless"
]
const basicEnds: Written =
  "+ It ends with a move to X3 Online, which takes OAuth2 only. Try OAuth2 on premise before such a move @x3Soap"

/**
 * Every end of the tree, by its id.
 *
 * @category advice
 */
export const recommendations = /* @__PURE__ */ define({
  "intacct-rest-program": {
    title: "Intacct REST, client credentials for a Web Services user",
    surfaces: ["intacct-rest"],
    flow: [
      "Client Credentials flow (requires username param) ≠ Client Credentials flow (requires `username` or `session_id`) @guide"
    ],
    why: "No human is asked, and nothing has to be kept: a new token is asked for when the old one ends. New objects of Intacct come by REST only.",
    needs: [
      restClient,
      webServicesUser,
      [
        "+ The client and that user in Company > Setup > Company > Security > Authorized Client Applications; the user id is case-sensitive @guide",
        "included"
      ]
    ],
    limits: intacctMeter,
    lifetimes: restLifetimes.slice(0, 1),
    renewal: "The library asks for a new token with client id and secret. No human has to do anything.",
    warnings: [
      "+ Without `username` or `session_id` the request is refused: client id and secret alone do not do @guide",
      "+ Use a user of its own: one who signs in to the web pages ends the token @projects",
      entitiesAreSilent
    ],
    code: code.restProgram,
    guide: "intacct-rest.md#client-credentials"
  },
  "intacct-rest-bridge": {
    title: "Intacct REST, with the session of an XML connection",
    surfaces: ["intacct-rest", "intacct-xml"],
    flow: ["+ Client Credentials flow with `session_id` @guide"],
    why: "One sign-in serves both APIs. The token acts as the user of the session, in the same entity.",
    needs: [restClient, senderLicence, senderAuthorised, webServicesUser],
    limits: intacctMeter,
    lifetimes: [
      "+ The token ends with the session that it was made of @recorded",
      "+ Session: as `sessiontimeout` of each answer says; a company sets an idle time and an absolute one @settings"
    ],
    renewal: "The library logs in anew, and makes the token anew. No human has to do anything.",
    warnings: [
      "+ It is two sets of credentials: sender and login, and the OAuth 2.0 client @guide",
      xmlIsLegacy,
      entitiesAreSilent
    ],
    code: code.restBridge,
    guide: "intacct-rest.md#from-an-xml-session-and-back"
  },
  "intacct-rest-consent": {
    title: "Intacct REST, by a user's consent",
    surfaces: ["intacct-rest"],
    flow: ["Authorization Code flow (+ PKCE for public clients) // this library uses PKCE for every client @guide"],
    why: "Calls act as the user who consented, with that user's permissions.",
    interactive: true,
    needs: [
      restClient,
      ["+ A redirect URI of the application in the Sage App Registry: https, character by character @guide", "free"],
      ["+ A user of the company, who accepts once @guide", "included"]
    ],
    limits: intacctMeter,
    lifetimes: restLifetimes,
    renewal:
      "The library renews with the refresh token, which scope `offline_access` gives, and keep-alive does so even while the connection is unused. A human is needed only when the grant has ended.",
    warnings: [
      "+ Only the newest consent of a user and company keeps its refresh token @grants",
      "+ To revoke one token ends those of all applications of that user and company @grants",
      "+ Without `offline_access` there is no refresh token @guide",
      entitiesAreSilent
    ],
    code: code.restConsent,
    guide: "intacct-rest.md#authorization-code"
  },
  "intacct-rest-public": {
    title: "Intacct REST, by a user's consent, without a secret",
    surfaces: ["intacct-rest"],
    flow: ["+ Authorization Code flow with PKCE, as a public client @security"],
    why: "A secret that ships with a program can be read out of it. PKCE takes its place.",
    interactive: true,
    needs: [
      restClient,
      ["+ A redirect URI of the application in the Sage App Registry; `localhost` is refused @projects", "free"],
      ["+ A user of the company, who accepts once @guide", "included"]
    ],
    limits: intacctMeter,
    lifetimes: restLifetimes,
    renewal:
      "The library renews with the refresh token. One project found that Intacct wants the secret for that: try it early. Then a user consents again, or a server of yours holds the secret.",
    warnings: [
      "+ No secret, sender password or user password in what ships @rfc8252",
      "+ This library runs on Node: for desktop programs and command lines. A single-page or mobile application talks to a server of yours, which holds the grant @library",
      "+ Keep tokens in the system's key store, never in localStorage @browserApps",
      entitiesAreSilent
    ],
    code: code.restPublic,
    guide: "intacct-rest.md#authorization-code"
  },
  "intacct-xml-session": {
    title: "Intacct XML, with a session",
    surfaces: ["intacct-xml"],
    flow: ["getAPISession: get session ID + unique endpoint, reuse @sessions"],
    why: "One login serves all calls: they answer sooner, and the password stays off the wire.",
    needs: [senderLicence, senderAuthorised, webServicesUser],
    limits: intacctMeter,
    lifetimes: [
      "+ As `sessiontimeout` of each answer says: a company sets an idle time, which calls prolong, and an absolute one, which they do not @settings"
    ],
    renewal: "Calls prolong the session; when it ends, the library logs in anew. No human has to do anything.",
    warnings: [
      xmlIsLegacy,
      "+ A session is used at the endpoint that came with it, and at no other @sessions",
      "+ A user under two-step verification needs Web Services only @signIn",
      entitiesAreSilent
    ],
    code: code.xmlSession,
    guide: "intacct-xml.md#sessions"
  },
  "intacct-xml-login": {
    title: "Intacct XML, a login with each request",
    surfaces: ["intacct-xml"],
    flow: ["Login Auth (Company ID + User ID + Password + Sender ID) @requests"],
    why: "A script that makes one call needs no session for it.",
    needs: [senderLicence, senderAuthorised, webServicesUser],
    limits: intacctMeter,
    lifetimes: ["+ One request @requests"],
    renewal: "There is nothing to renew: the login goes with each request.",
    warnings: [
      "+ For repeated calls use a session: each login is slower, and the password is on the wire @sessions",
      xmlIsLegacy,
      entitiesAreSilent
    ],
    code: code.xmlLogin,
    guide: "intacct-xml.md#sessions"
  },
  "business-cloud": {
    title: "Business Cloud Accounting, by a user's consent",
    surfaces: ["business-cloud"],
    flow: [
      "OAuth 2.0 Authorization Code flow (only option) @books",
      "Store refresh token; auto-renew access tokens before expiry // tokens live 300 s, and each renewal replaces the refresh token @booksTrouble"
    ],
    why: "It is the only flow. A user consents once; from then on calls need no human.",
    interactive: true,
    needs: [
      ["+ An application at developer.sage.com: a client id and a client secret @card", "free"],
      ["+ Its redirect URI, character by character @books", "free"],
      ["+ A user of the business with a subscription, who accepts once @booksErrors", "not published"]
    ],
    limits: [
      "+ 1,296,000 requests a day and 150 at a time per application @booksPractices",
      "+ 429 beyond it, with Retry-After at times @booksCodes"
    ],
    lifetimes: [
      "+ Access token: 300 s @books",
      "+ Refresh token: 31 days from its issue, good for one use @books",
      "+ Authorization code: 60 s, good for one use @books"
    ],
    renewal:
      'The library renews with the refresh token. Calls do not prolong it, renewals do: `keepAlive: { every: "7 days" }` renews unused grants.',
    warnings: [
      "+ There is no server-to-server flow: without a user's consent nothing works @books",
      "+ A refresh token that was used twice, or is not the newest, is refused: one store for all processes @booksTrouble",
      "+ A client secret is required, so a mobile or single-page application needs a server that holds it @books",
      "+ v3.1 needs no subscription key and no resource owner id. Without `business`, the user's lead business answers, and it can change @booksBusinesses"
    ],
    code: code.businessCloud,
    guide: "business-cloud.md"
  },
  "x3-graphql": {
    title: "X3 GraphQL, with tokens of a connected application",
    surfaces: ["x3-graphql"],
    flow: ["JWT via Connected App // on premise as well, not in the cloud alone @x3App"],
    why: "New integrations should use it, from 2021 R2 on. The token is made here, so no human and no identity provider is needed. The same code works on premise and online.",
    needs: [
      x3Server,
      ["+ Sage X3 Services, 2021 R2 or later @x3App", "included"],
      [
        "+ A connected application: Administration > Administration > Settings > Authentication > Connected applications, with its URL, the validity of its tokens and its user @x3App",
        "included"
      ]
    ],
    limits: ["+ No limit of requests is published @x3App"],
    lifetimes: ["+ Token: at most the record's Tokens validity, here 300 s @x3App"],
    renewal: "The library makes a new token. No human has to do anything.",
    warnings: [
      "+ The token's `aud` is the registered URL, to the character; the server's clock may not lag (`Error 21`) @x3Projects",
      "+ 200 alone does not mean success: an answer may hold `errors` beside `data` @x3Projects",
      "+ The secret signs every token: it stays on a server @x3Client"
    ],
    code: code.x3GraphQL,
    guide: "x3.md#graphql"
  },
  "x3-online": {
    title: "X3 Online, REST and SOAP by OAuth2",
    surfaces: ["x3-web-services"],
    flow: ["OAuth2 Bearer Token @x3OAuth2"],
    why: "X3 Online takes nothing else. The token is the identity provider's, and X3 checks whom it stands for.",
    interactive: true,
    needs: [
      ...providerNeeds,
      [
        "+ Its redirect URI for X3 itself: https://eu-oauth2.sagex3.com/api/<Name>/oauth2/redirect, or na-oauth2 @x3OAuth2Client",
        "included"
      ]
    ],
    limits: [x3Pools],
    lifetimes: providerLifetimes,
    renewal: "The library renews with the provider's refresh token. A human is needed only when the grant has ended.",
    warnings: [
      "+ Neither a user and password nor a client certificate works here: the library refuses both before anything is sent @x3OAuth2",
      ...providerWarnings
    ],
    code: code.x3Online,
    guide: "x3.md#x3-online"
  },
  "x3-oauth2": {
    title: "X3 on premise, REST and SOAP by OAuth2",
    surfaces: ["x3-web-services"],
    flow: ['OAuth2 Bearer Token // `session.auth` has to list both "oauth2" and "bearer" @x3OAuth2'],
    why: "It works on premise and at X3 Online alike, so a move to the cloud changes one word. That is why new integrations without GraphQL should use it even on premise.",
    interactive: true,
    needs: [
      ...providerNeeds,
      ['+ `session: { auth: ["oauth2", "bearer"] }` in nodelocal.js, beside what is there @x3OAuth2', "included"]
    ],
    limits: [x3Pools],
    lifetimes: providerLifetimes,
    renewal: "The library renews with the provider's refresh token. A human is needed only when the grant has ended.",
    warnings: [
      '+ "oauth2" without "bearer" opens the browser\'s sign-in alone: `x3.lintNodelocal` finds it @x3OAuth2',
      ...providerWarnings
    ],
    code: code.x3OAuth2,
    guide: "x3.md#oauth2"
  },
  "x3-certificate": {
    title: "X3 on premise, REST and SOAP by client certificate",
    surfaces: ["x3-web-services"],
    flow: ['Certificate Auth // where "certificate" is listed in `session.auth` @x3Certificate'],
    why: "No password exists, and the key can stay in the customer's own infrastructure.",
    needs: [
      x3Server,
      [
        "+ A port with SSL and client authentication in the host's record, beside the usual one @x3Certificate",
        "included"
      ],
      [
        "+ A certificate whose common name is the X3 user's login, signed by the authority of that port's server certificate @x3Certificate",
        "included"
      ],
      ['+ "certificate" in `session.auth` of nodelocal.js @nodelocal', "included"]
    ],
    limits: [x3Pools],
    lifetimes: ["+ As long as the certificate: `certificate-expiring` announces its end @library"],
    renewal: "Someone issues a new certificate in time. The library takes the new file without a restart.",
    warnings: [
      basicEnds,
      "+ It wins over a user and password at that port, if both are sent @nodelocal",
      "+ 200 alone does not mean success: an answer may hold errors in `$diagnoses` @x3Rest"
    ],
    code: code.x3Certificate,
    guide: "x3.md#client-certificate"
  },
  "x3-basic": {
    title: "X3 on premise, REST and SOAP by user and password",
    surfaces: ["x3-web-services"],
    flow: ["Basic Auth // over https; plain http only on an explicit option @x3Basic"],
    why: "It needs the least set-up, on a simple network that is trusted.",
    needs: [
      x3Server,
      ["+ The user's authentication method: standard, DB or LDAP @x3Users", "included"],
      ['+ "basic" in `session.auth` of nodelocal.js @nodelocal', "included"],
      ["+ HTTPS at the server @x3Basic", "included"]
    ],
    limits: [x3Pools],
    lifetimes: ["+ As long as the password @x3Basic"],
    renewal: "There is nothing to renew: the header goes with every call. A new password goes into the configuration.",
    warnings: [
      basicEnds,
      '+ Plain http shows the password to the network: it takes `allowPlainHttp: "trusted-network"` @x3Basic',
      "+ A password that is refused is not sent again for 15 minutes: it could lock the user @library",
      "+ 200 alone does not mean success: an answer may hold errors in `$diagnoses` @x3Rest"
    ],
    code: code.x3Basic,
    guide: "x3.md#user-and-password"
  },
  "x3-gateway": {
    title: "X3 multi-tenant cloud, by a pairing",
    surfaces: ["x3-gateway"],
    flow: ["+ OAuth 2.0 code flow with a pairing that a user of the customer accepts @x3Gateway"],
    why: "The gateway of the multi-tenant cloud takes its own tokens alone, which a pairing gives.",
    interactive: true,
    needs: [
      ["+ An application registered with the gateway: a client id and a client secret @x3Gateway", "not published"],
      [
        "+ A user of the customer whose security profile covers third parties (C, R and W), who accepts and chooses folders @x3Gateway",
        "included"
      ]
    ],
    limits: ["+ No limit of requests is published @x3Gateway"],
    lifetimes: [
      "+ Access token: 5 minutes @x3Gateway",
      "+ Refresh token: 30 days; each renewal gives a new pair @x3Gateway"
    ],
    renewal: "The library renews with the refresh token, and keep-alive does so while the connection is unused.",
    warnings: [
      "+ A pairing takes hours or days. Until then calls fail with `PairingPending`, which is no mistake @x3Gateway",
      "+ The callback is a POST, and may name another region's address @x3Gateway",
      "+ The card does not tell the gateway from X3 Online @x3Gateway"
    ],
    code: code.x3Gateway,
    guide: "x3.md#the-gateway-of-the-cloud"
  },
  "several-products": {
    title: "Several products, each with its own credentials",
    surfaces: ["intacct-rest", "business-cloud", "x3-graphql"],
    flow: [
      "Each product has independent auth; no SSO across products @card",
      "Manage separate credential sets for each product @card"
    ],
    why: "Products share no sign-on and no credential. One application holds a connection for each, and one store keeps all grants.",
    interactive: true,
    needs: [
      ["+ For each product what its own recommendation needs: ask again with each of them @library", "not published"],
      ["+ One store and one key for the grants of all of them @library", "free"]
    ],
    limits: ["+ Each product has its own; only Intacct's two APIs share theirs @volume"],
    lifetimes: ["+ Each product has its own: 300 s at Business Cloud, hours at Intacct, 300 s for X3's GraphQL @books"],
    renewal: "The library renews each by itself. Business Cloud needs a user's consent once.",
    warnings: [
      "+ Credentials of one product are refused by every other @card",
      "+ There is no server-to-server flow at Business Cloud @books",
      "+ When one product is down, connections to the others are not touched @library"
    ],
    code: code.several,
    guide: "configuration.md"
  }
} satisfies Readonly<Record<string, WrittenRecommendation>>)

/** What a recommendation is called. */
export type RecommendationId =
  | "intacct-rest-program"
  | "intacct-rest-bridge"
  | "intacct-rest-consent"
  | "intacct-rest-public"
  | "intacct-xml-session"
  | "intacct-xml-login"
  | "business-cloud"
  | "x3-graphql"
  | "x3-online"
  | "x3-oauth2"
  | "x3-certificate"
  | "x3-basic"
  | "x3-gateway"
  | "several-products"
