import { intacctRest } from "@sage-auth/core"
import type { Company } from "../visitors/companies.ts"
import type { Deployment } from "./deployment.ts"
import { allOrNone, type Environment, given } from "./environment.ts"

/** Intacct itself, with what the environment names; undefined where it names nothing. */
export const intacctDeployment = (environment: Environment, redirectUri: string): Deployment | undefined => {
  const credentials = allOrNone(environment, [
    "INTACCT_CLIENT_ID",
    "INTACCT_CLIENT_SECRET",
    "INTACCT_USERNAME_ACME",
    "INTACCT_USERNAME_BIRCH",
    "SAGE_AUTH_KEY",
    "SESSION_KEY"
  ])
  if (credentials === undefined) return undefined
  const client = { clientId: credentials.INTACCT_CLIENT_ID, clientSecret: credentials.INTACCT_CLIENT_SECRET }
  // a real application reads them where it has its customers
  const usernames: Readonly<Record<Company["id"], string>> = {
    acme: credentials.INTACCT_USERNAME_ACME,
    birch: credentials.INTACCT_USERNAME_BIRCH
  }
  return {
    connections: {
      vendors: intacctRest.clientCredentials({
        ...client,
        username: (tenant) => usernames[tenant as Company["id"]]
      }),
      payables: intacctRest.authorizationCode({ ...client, redirectUri })
    },
    grants: {
      store: `sqlite:${given(environment, "SAGE_AUTH_STORE") ?? ".sage-auth/grants.db"}`,
      keys: [credentials.SAGE_AUTH_KEY],
      keepAlive: { every: "7 days" }
    },
    sessionKey: credentials.SESSION_KEY,
    sandbox: undefined
  }
}
