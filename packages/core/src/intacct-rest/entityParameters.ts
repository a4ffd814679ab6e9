import type { Parameters } from "../oauth2/ClientRequest.ts"
import type { IntacctRestConfiguration } from "./options.ts"

/** How a refresh names the entity that its token is for: Intacct documents both names. */
export const entityParameters = (name: IntacctRestConfiguration["entityParameter"], entityId: string): Parameters => ({
  entity_id: name === "location_id" ? undefined : entityId,
  location_id: name === "entity_id" ? undefined : entityId
})
