// A file of its own: it is the name under which applications find all of X3, and stands above its surfaces.

import { basic, bearer, certificate, clientCredentials, oauth2 } from "./auth.ts"
import { gateway } from "./gateway/gateway.ts"
import { graphql } from "./graphql/graphql.ts"
import { lintNodelocal } from "./nodelocal/lintNodelocal.ts"
import { online, onPremise } from "./web-services/webServices.ts"

/**
 * Sage X3: connections to its web services on premise and online, to its GraphQL API and to the gateway of the cloud.
 * It also has the credentials that they take, and a reader of the server's own configuration.
 *
 * No builder throws: `createSageAuth` and `SageAuth.make` check what they got, with all other mistakes at once.
 *
 * @category connections
 */
export const x3 = {
  basic,
  certificate,
  oauth2,
  clientCredentials,
  bearer,
  onPremise,
  online,
  graphql,
  gateway,
  lintNodelocal
}
