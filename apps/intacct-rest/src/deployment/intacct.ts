import { intacctRest, intacctXml } from "@sage-auth/core"
import type { IntacctConnections } from "../connections.ts"
import type { Company } from "../visitors/companies.ts"
import type { Deployment } from "./deployment.ts"
import { allOrNone, type Environment, given } from "./environment.ts"

/** Intacct itself, with what the environment names; undefined where it names nothing. */
export const intacctDeployment = (environment: Environment, callbacks: string): Deployment | undefined => {
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
  const publicClientId = given(environment, "INTACCT_PUBLIC_CLIENT_ID")
  const xml = allOrNone(environment, [
    "INTACCT_SENDER_ID",
    "INTACCT_SENDER_PASSWORD",
    "INTACCT_PASSWORD_ACME",
    "INTACCT_PASSWORD_BIRCH"
  ])
  const sender = xml && { id: xml.INTACCT_SENDER_ID, password: xml.INTACCT_SENDER_PASSWORD }
  return {
    connections: {
      vendors: intacctRest.clientCredentials({
        ...client,
        username: (tenant) => usernames[tenant as Company["id"]]
      }),
      payables: intacctRest.authorizationCode({ ...client, redirectUri: `${callbacks}/payables` }),
      // no clientSecret: PKCE alone protects the code
      ...(publicClientId !== undefined && {
        publicPayables: intacctRest.authorizationCode({
          clientId: publicClientId,
          redirectUri: `${callbacks}/publicPayables`
        })
      }),
      ...(xml !== undefined &&
        sender !== undefined && {
          ledger: intacctXml({
            sender,
            login: (tenant) => {
              const username = usernames[tenant as Company["id"]]
              const at = username.lastIndexOf("@")
              return {
                companyId: username.slice(at + 1),
                userId: username.slice(0, at),
                password: tenant === "acme" ? xml.INTACCT_PASSWORD_ACME : xml.INTACCT_PASSWORD_BIRCH
              }
            }
          }),
          bridge: intacctRest.clientCredentials({ ...client, session: "ledger" })
        })
    } satisfies IntacctConnections,
    sender,
    grants: {
      store: `sqlite:${given(environment, "SAGE_AUTH_STORE") ?? ".sage-auth/grants.db"}`,
      keys: [credentials.SAGE_AUTH_KEY],
      keepAlive: { every: "7 days" }
    },
    sessionKey: credentials.SESSION_KEY,
    sandbox: undefined
  }
}
