import * as Effect from "effect/Effect"
import { keptAliveOf, OAuthGrants } from "../../oauth2/OAuthGrants.ts"
import type { Misconfigured } from "../../errors/Reason.ts"
import type { SageAuthError } from "../../errors/SageAuthError.ts"
import type { ClientAuthentication } from "../../oauth2/ClientRequest.ts"
import { jwtHints, type Token } from "../../oauth2/Token.ts"
import type { Fetch } from "../../transport/Answer.ts"
import * as Transport from "../../transport/Transport.ts"
import type { Credentials } from "./Credentials.ts"
import { callbackRules, clientErrors, codeErrors, refreshErrors } from "./judge.ts"
import {
  type ClientCredentialsConfiguration,
  clientIdOption,
  clientSecretOption,
  type OAuth2Configuration
} from "./options.ts"
import type { ServerOptions } from "./ServerOptions.ts"
import { dueWithin } from "../../grant/keepAlive.ts"

/** Assumed where a token's life is not said, in milliseconds: what is renewed too early costs one request. */
const assumedLife = 5 * 60_000

/** Access tokens of the customer's own identity provider: by a human's consent, or by the client's own credentials. */
export const grantCredentials = (
  options: ServerOptions,
  auth:
    | ({ readonly kind: "oauth2" } & OAuth2Configuration)
    | ({ readonly kind: "client-credentials" } & ClientCredentialsConfiguration),
  fetch: Fetch
): Credentials<Token> => {
  const { application, configuration, connection } = options
  const human = auth.kind === "oauth2" ? auth : undefined
  const grants: OAuthGrants = new OAuthGrants(application, Transport.make(fetch, application.clock), {
    surface: "x3-web-services",
    connection,
    endpoints: {
      authorize: human?.authorizeUrl ?? auth.tokenUrl,
      token: auth.tokenUrl,
      revoke: human?.revokeUrl
    },
    body: "form",
    client: (tenant): Effect.Effect<ClientAuthentication, SageAuthError<Misconfigured>> =>
      Effect.gen(function* () {
        const clientId = yield* options.resolve(auth.clientId, "auth.clientId", tenant, clientIdOption)
        if (auth.clientSecret === undefined) return { method: "none" as const, clientId }
        const clientSecret = yield* options.resolve(auth.clientSecret, "auth.clientSecret", tenant, clientSecretOption)
        return { method: auth.clientAuthentication, clientId, clientSecret }
      }),
    issuedFor: (tenant) =>
      Effect.map(options.resolve(auth.clientId, "auth.clientId", tenant, clientIdOption), (clientId) =>
        auth.kind === "oauth2"
          ? [clientId, new URL(auth.tokenUrl).origin]
          : [clientId, auth.tokenUrl, auth.scope, ...Object.entries(auth.parameters).flat()]
      ),
    inDoubt: configuration.inDoubt,
    refreshErrors,
    refreshParameters: () => ({}),
    life: { assumed: assumedLife, cap: configuration.maxTokenAge },
    spanOf: (token) => jwtHints(token).span,
    grantLifeOf: ({ refreshToken, refreshTokenExpiresIn }) =>
      refreshToken === undefined ? undefined : (refreshTokenExpiresIn ?? jwtHints(refreshToken).span),
    dueIn:
      human === undefined
        ? // asked for anew whenever it is needed
          () => undefined
        : dueWithin(application),
    keepAliveConcurrency: configuration.keepAliveConcurrency,
    extraMembers: [],
    fixedHeaders: () => Effect.succeed({}),
    base: (tenant) => options.base(tenant),
    revocation:
      human?.revokeUrl === undefined ? undefined : { endsOnlyThisGrant: true, parameters: (token) => ({ token }) },
    ask:
      human === undefined
        ? (tenant) =>
            grants.requestTokens(tenant, {
              parameters: { ...auth.parameters, grant_type: "client_credentials", scope: auth.scope },
              errors: clientErrors
            })
        : undefined,
    interactive:
      human === undefined
        ? undefined
        : {
            redirectUri: human.redirectUri,
            scope: human.scope,
            issuer: human.issuer,
            parameters: () => Effect.succeed(human.parameters),
            callback: { ...callbackRules, issuerOrigin: new URL(human.authorizeUrl).origin },
            codeErrors
          }
  })
  const { authorizing } = grants
  return {
    renewals: grants.renewals,
    slot: (tenant) => grants.slot(tenant),
    unauthorized: "x3-web-services.bearer-rejected",
    verdict: "credential-dead",
    refused: () => {},
    accepted: () => {},
    status: (tenant) => grants.status(tenant),
    disconnect: (tenant, how) => grants.disconnect(tenant, how),
    certificates: false,
    interactive:
      authorizing === undefined
        ? undefined
        : {
            authorize: (tenant, how) => grants.authorize(tenant, how),
            authorizing,
            keptAlive: keptAliveOf(grants)
          }
  }
}
