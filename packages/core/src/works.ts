import { work as businessCloud } from "./business-cloud/work.ts"
import type { Builder } from "./Connection.ts"
import { decodeAuthorizationCode, decodeClientCredentials } from "./intacct-rest/options.ts"
import { workOf as intacctRest } from "./intacct-rest/work.ts"
import { work as intacctXml } from "./intacct-xml/work.ts"
import type { Work } from "./OpenConnection.ts"
import { work as gateway } from "./x3/gateway/work.ts"
import { work as graphql } from "./x3/graphql/work.ts"
import { workOf as webServices } from "./x3/web-services/work.ts"

/** How the connections of each builder are put to work, all of them at hand. */
export const works: Readonly<Record<Builder, Work>> = {
  "intacct-xml": intacctXml,
  "intacct-rest.client-credentials": intacctRest(decodeClientCredentials),
  "intacct-rest.authorization-code": intacctRest(decodeAuthorizationCode),
  "business-cloud": businessCloud,
  "x3.on-premise": webServices("onPremise"),
  "x3.online": webServices("online"),
  "x3.graphql": graphql,
  "x3.gateway": gateway
}
