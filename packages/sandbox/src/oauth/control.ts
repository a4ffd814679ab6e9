import type { AuthorizationRefusal } from "./authorizationRequests.ts"
import { clientControl, type OAuthClient } from "./clients.ts"
import type { AccessToken, OAuthGrants } from "./grants.ts"

/** What tests do to every authorization server that no client can. */
interface OAuthControl<Selection> extends ReturnType<typeof clientControl> {
  readonly expireAccessTokens: (of?: Selection) => number
  readonly endRefreshTokens: (of?: Selection) => number
  readonly endGrants: (of?: Selection) => number
  readonly refuseNextAuthorization: (refusal: AuthorizationRefusal) => void
}

/** The authorization server that is controlled. */
interface ControlledServer<Selection, Family extends { ended: boolean }, Code, Access extends AccessToken<Family>> {
  readonly grants: OAuthGrants<Family, Code, Access>
  /** Whether a family is among those that a test means. */
  readonly selects: (of: Selection | undefined, family: Family) => boolean
  /** The application of that id. @throws `TypeError` where there is none */
  readonly client: (clientId: string) => OAuthClient
  /** What the log masks. */
  readonly secrets: Set<string>
  /** The errors that the next authorization requests are answered with. */
  readonly refusals: Array<AuthorizationRefusal>
}

/** The controls that every authorization server has. */
export const oauthControl = <Selection, Family extends { ended: boolean }, Code, Access extends AccessToken<Family>>({
  client,
  grants,
  refusals,
  secrets,
  selects
}: ControlledServer<Selection, Family, Code, Access>): OAuthControl<Selection> => ({
  expireAccessTokens: (of) => grants.expireAccessTokens((family) => selects(of, family)),
  endRefreshTokens: (of) => grants.endRefreshTokens((family) => selects(of, family)),
  endGrants: (of) => grants.endFamilies((family) => selects(of, family)),
  ...clientControl(client, secrets),
  refuseNextAuthorization: (refusal) => {
    refusals.push(refusal)
  }
})
