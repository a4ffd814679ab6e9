import { applicationChecks } from "./application.ts"
import { businessCloudChecks } from "./businessCloud.ts"
import type { Check } from "./Check.ts"
import { intacctRestChecks } from "./intacctRest.ts"
import { intacctXmlChecks } from "./intacctXml.ts"
import { networkChecks } from "./network.ts"
import { x3GatewayChecks } from "./x3Gateway.ts"
import { x3GraphQLChecks } from "./x3GraphQL.ts"
import { x3WebServicesChecks } from "./x3WebServices.ts"

export { applicationChecks }

/** Every check of a connection, in the order in which they are made: none needs one that comes later. */
export const connectionChecks: ReadonlyArray<Check> = [
  ...networkChecks,
  ...intacctXmlChecks,
  ...intacctRestChecks,
  ...businessCloudChecks,
  ...x3WebServicesChecks,
  ...x3GraphQLChecks,
  ...x3GatewayChecks
]
