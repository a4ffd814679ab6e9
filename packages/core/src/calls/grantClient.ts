import * as Effect from "effect/Effect"
import type { CallOptions } from "../application/Application.ts"
import type { DisconnectOptions } from "../Connection.ts"
import type { KeptAlive } from "../grant/keepAlive.ts"
import type { OAuthGrants } from "../oauth2/OAuthGrants.ts"
import type { TokenSlot } from "../oauth2/OAuthRules.ts"

/** What the effect client of a tenant does with its grant. */
export const grantClient = (grants: OAuthGrants, slot: TokenSlot, tenant: string, deadline: number) => ({
  authorize: (options: { readonly returnTo: string }) => grants.authorize(tenant, options),
  refresh: (options?: CallOptions) => grants.refresh(slot, options, deadline),
  status: () => grants.status(tenant),
  disconnect: (options?: DisconnectOptions) => grants.disconnect(tenant, options)
})

/** Renews the grants of a connection that would die unused. */
export const keptAliveOf = (grants: OAuthGrants): KeptAlive => ({
  surface: grants.rules.surface,
  connection: grants.rules.connection,
  renewDue: (tenant) => Effect.asVoid(grants.renewals.refresh(grants.slot(tenant), "kept-alive"))
})
