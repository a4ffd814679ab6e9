import * as Effect from "effect/Effect"
import type { CallOptions } from "../application/Application.ts"
import type { DisconnectOptions } from "../Connection.ts"
import type { KeptAlive } from "../grant/keepAlive.ts"
import type { Authorizing } from "../oauth2/completeAuthorization.ts"
import type { Interactive, OAuthGrants, TokenSlot } from "../oauth2/OAuthGrants.ts"

/** What the effect client of a tenant does with its grant. */
export const grantClient = (grants: OAuthGrants, slot: TokenSlot, tenant: string, deadline: number) => {
  const { interactive } = grants.rules
  return {
    authorize: (options: { readonly returnTo: string }) =>
      interactive === undefined ? Effect.die("not interactive") : grants.authorize(interactive, tenant, options),
    refresh: (options?: CallOptions) => grants.refresh(slot, options, deadline),
    status: () => grants.status(tenant),
    disconnect: (options?: DisconnectOptions) => grants.disconnect(tenant, options)
  }
}

/** Takes the callbacks of the consents of a connection. */
export const authorizingOf = (grants: OAuthGrants, interactive: Interactive): Authorizing => ({
  rules: interactive.callback,
  exchange: (transaction, authorized) => grants.exchange(interactive, transaction, authorized)
})

/** Renews the grants of a connection that would die unused. */
export const keptAliveOf = (grants: OAuthGrants): KeptAlive => ({
  surface: grants.rules.surface,
  connection: grants.rules.connection,
  renewDue: (tenant) => Effect.asVoid(grants.renewals.refresh(grants.slot(tenant), "kept-alive"))
})
