import type { CatalogueId } from "../errors/catalogue.ts"
import { frozen } from "./Table.ts"

/** Where a call goes: REST is `api1`, SOAP the classic pools, GraphQL `/xtrem/api`, the gateway that of the cloud. */
export type X3AccessSurface = "rest" | "soap" | "graphql" | "gateway"

/** Whose server it is: the customer's own, X3 Online, or the multi-tenant cloud. */
export type X3Deployment = "on-premise" | "online" | "multi-tenant"

/** What a call proves itself with. */
export type X3Credential =
  | "basic"
  | "certificate"
  | "oauth2"
  | "client-credentials"
  | "bearer"
  | "connected-app"
  | "pairing"

/**
 * What becomes of a call.
 *
 * - `works`: with everything in `needs` set up
 * - `refused-before-sending`: the application does not start with it, or the compiler does not take it. Nothing is sent
 * - `refused-by-server`: it is sent and the server answers with `refusal`
 * - `unproven`: no page of Sage's shows it. It is sent; a server that does not take it answers with `refusal`
 */
export type X3Outcome = "works" | "refused-before-sending" | "refused-by-server" | "unproven"

/** One way of calling X3, and what becomes of it. */
export interface X3AccessCell {
  /** where the call goes */
  readonly surface: X3AccessSurface
  /** whose server it is */
  readonly deployment: X3Deployment
  /** what the call proves itself with */
  readonly credential: X3Credential
  /** what makes the connection */
  readonly builder: "x3.onPremise" | "x3.online" | "x3.graphql" | "x3.gateway"
  /** what becomes of the call */
  readonly outcome: X3Outcome
  /** the `id` of the error with which it is refused; undefined where it works */
  readonly refusal: CatalogueId | undefined
  /** the catalogue's entry that the error points to in its words, where that is another one */
  readonly explained: CatalogueId | undefined
  /**
   * values that `session.auth` in nodelocal.js has to list; empty where that file has no say, or is not the customer's
   */
  readonly needs: ReadonlyArray<"basic" | "certificate" | "oauth2" | "bearer">
  /** the `id` of the error where `session.auth` does not list them */
  readonly without: CatalogueId | undefined
  /** what it takes, or why it is not offered */
  readonly note: string
  /** how sure that is: by Sage's own pages, by other people's code and guides, or as a conclusion from either */
  readonly confidence: "official" | "community" | "inferred"
  /** where that stands */
  readonly source: string
}

type Way = Omit<X3AccessCell, "surface" | "deployment" | "credential" | "builder">

const oauth2Page = "online-help.sagex3.com, V12, Web services: OAuth2 authentication"
const basicPage = "online-help.sagex3.com, V12, Web services: basic authentication"
const certificatePage = "online-help.sagex3.com, V12, Web services: certificate authentication"
const soapGuide = "developer.sage.com, X3, SOAP guide"
const connectedAppPage = "developer.sage.com, X3, GraphQL, Create a connected application"
const gatewayPage = "developer.sage.com, X3, Authorization token endpoints"

const works = (way: Pick<Way, "note" | "source"> & Partial<Way>): Way => ({
  outcome: "works",
  refusal: undefined,
  explained: undefined,
  needs: [],
  without: undefined,
  confidence: "official",
  ...way
})

const notSent = (note: string, source: string, explained?: CatalogueId): Way => ({
  outcome: "refused-before-sending",
  refusal: "client.misconfigured",
  explained,
  needs: [],
  without: undefined,
  note,
  confidence: "official",
  source
})

/** No page refuses it; it follows from what the page shows in its place. */
const notShown = (note: string, source: string): Way => ({ ...notSent(note, source), confidence: "inferred" })

const onlineTakesOAuth2 = notSent(
  "X3 Online takes OAuth2 only. Try it on the on-premise server before the move.",
  `${oauth2Page}; ${soapGuide}`,
  "x3-web-services.online-needs-oauth2"
)
const appIsForGraphQL = notShown(
  "A connected application is for GraphQL: `x3.graphql`. Whether web services take its tokens is written nowhere.",
  connectedAppPage
)
const pairingIsForTheGateway = notShown(
  "Pairing is for the gateway of the multi-tenant cloud: `x3.gateway`.",
  gatewayPage
)
const graphQLTakesTwo = notShown(
  "GraphQL takes the token of a connected application, or, on premise, a user and password.",
  connectedAppPage
)
const gatewayTakesPairing = notSent("The gateway takes its own tokens alone, which a pairing gives.", gatewayPage)

const bearerTokens = { needs: ["oauth2", "bearer"], without: "x3-web-services.bearer-rejected" } as const

const unprovenToken = {
  outcome: "unproven",
  refusal: "x3-web-services.bearer-rejected",
  explained: undefined,
  note: "No page of Sage's shows client credentials for X3. Its users are found by the e-mail address that a token stands for, and such a token stands for none.",
  confidence: "inferred",
  source: `${oauth2Page}; ${soapGuide}`
} as const

const webServicesOnPremise: Readonly<Record<X3Credential, Way>> = {
  basic: works({
    needs: ["basic"],
    without: "x3-web-services.basic-rejected",
    note: "On premise only, and the user's authentication method has to be standard, DB or LDAP.",
    source: basicPage
  }),
  certificate: works({
    needs: ["certificate"],
    without: "x3-web-services.certificate-unmapped",
    note: "Over https, at a port with client authentication; the common name is the user's login. It wins over a user and password, and no header is sent.",
    source: certificatePage
  }),
  oauth2: works({
    ...bearerTokens,
    note: "A human consents once at the customer's identity provider, which X3 has among its OAuth2 servers.",
    source: `${oauth2Page}; ${soapGuide}, Call a web service with OAuth2`
  }),
  "client-credentials": { ...unprovenToken, ...bearerTokens },
  bearer: works({
    ...bearerTokens,
    note: "A token of the customer's identity provider that the application gets by itself; it has to stand for a user.",
    source: `${oauth2Page}; ${soapGuide}, Call a web service with OAuth2`
  }),
  "connected-app": appIsForGraphQL,
  pairing: pairingIsForTheGateway
}

const webServicesOnline: Readonly<Record<X3Credential, Way>> = {
  ...webServicesOnPremise,
  basic: onlineTakesOAuth2,
  certificate: onlineTakesOAuth2,
  oauth2: { ...webServicesOnPremise.oauth2, needs: [], without: undefined },
  "client-credentials": { ...webServicesOnPremise["client-credentials"], needs: [], without: undefined },
  bearer: { ...webServicesOnPremise.bearer, needs: [], without: undefined }
}

const graphQLOnPremise: Readonly<Record<X3Credential, Way>> = {
  basic: works({
    needs: ["basic"],
    without: "x3-graphql.basic-rejected",
    note: "For development: several projects use it, and no page of Sage's shows it.",
    confidence: "community",
    source: "other clients of X3's GraphQL API"
  }),
  certificate: graphQLTakesTwo,
  oauth2: graphQLTakesTwo,
  "client-credentials": graphQLTakesTwo,
  bearer: graphQLTakesTwo,
  "connected-app": works({
    note: "With Sage X3 Services 2021 R2 or later. The token is made here, for the application's registered URL and user.",
    source: connectedAppPage
  }),
  pairing: pairingIsForTheGateway
}

const graphQLOnline: Readonly<Record<X3Credential, Way>> = {
  ...graphQLOnPremise,
  // the page does not tell deployments apart
  "connected-app": { ...graphQLOnPremise["connected-app"], confidence: "inferred" },
  basic: notShown(
    'User and password are for the customer\'s own server, `deployment: "on-premise"`; elsewhere there is `app`.',
    oauth2Page
  )
}

const gateway: Readonly<Record<X3Credential, Way>> = {
  basic: gatewayTakesPairing,
  certificate: gatewayTakesPairing,
  oauth2: gatewayTakesPairing,
  "client-credentials": gatewayTakesPairing,
  bearer: gatewayTakesPairing,
  "connected-app": gatewayTakesPairing,
  pairing: works({
    note: "An X3 user whose security profile covers third parties accepts once, and chooses the folders.",
    source: gatewayPage
  })
}

const credentials: ReadonlyArray<X3Credential> = [
  "basic",
  "certificate",
  "oauth2",
  "client-credentials",
  "bearer",
  "connected-app",
  "pairing"
]

type Row = readonly [X3AccessSurface, X3Deployment, X3AccessCell["builder"], Readonly<Record<X3Credential, Way>>]

const rows: ReadonlyArray<Row> = [
  ["rest", "on-premise", "x3.onPremise", webServicesOnPremise],
  ["rest", "online", "x3.online", webServicesOnline],
  ["soap", "on-premise", "x3.onPremise", webServicesOnPremise],
  ["soap", "online", "x3.online", webServicesOnline],
  ["graphql", "on-premise", "x3.graphql", graphQLOnPremise],
  ["graphql", "online", "x3.graphql", graphQLOnline],
  ["gateway", "multi-tenant", "x3.gateway", gateway]
]

/**
 * Every way of calling X3: surface × deployment × credential. What it does not hold is in {@link x3NotOffered}.
 *
 * @category advice
 */
export const x3Access: ReadonlyArray<X3AccessCell> = frozen(
  rows.flatMap(([surface, deployment, builder, ways]) =>
    credentials.map((credential) => Object.assign({ surface, deployment, credential, builder }, ways[credential]))
  )
)

/**
 * Surfaces that a deployment does not have.
 *
 * @category advice
 */
export const x3NotOffered: ReadonlyArray<{
  readonly surface: X3AccessSurface
  readonly deployment: X3Deployment
  readonly note: string
}> = frozen([
  {
    surface: "rest",
    deployment: "multi-tenant",
    note: "Sage's pages show GraphQL, data ingestion and data delivery there, by the gateway."
  },
  {
    surface: "soap",
    deployment: "multi-tenant",
    note: "Sage's pages show GraphQL, data ingestion and data delivery there, by the gateway."
  },
  { surface: "graphql", deployment: "multi-tenant", note: "There GraphQL goes by the gateway." },
  { surface: "gateway", deployment: "on-premise", note: "The gateway is the multi-tenant cloud's." },
  { surface: "gateway", deployment: "online", note: "The gateway is the multi-tenant cloud's." }
])
