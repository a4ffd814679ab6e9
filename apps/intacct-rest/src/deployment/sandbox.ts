import { generateKey, intacctRest } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import type { Company } from "../visitors/companies.ts"
import type { Deployment } from "./deployment.ts"

/** A sandbox on this machine. Its sign-in page has a button for a user of each company. */
export const sandboxDeployment = async (redirectUri: string): Promise<Deployment> => {
  const sandbox = await startSandbox({ intacctRest: { signInButtons: true, redirectUris: [redirectUri] } })
  const { client, second, user } = sandbox.accounts["intacct-rest"]
  const usernames: Readonly<Record<Company["id"], string>> = { acme: user.username, birch: second.username }
  const server = {
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    environment: "sandbox" as const,
    urls: sandbox.urls["intacct-rest"]
  }
  return {
    connections: {
      vendors: intacctRest.clientCredentials({
        ...server,
        username: (tenant) => usernames[tenant as Company["id"]]
      }),
      payables: intacctRest.authorizationCode({ ...server, redirectUri })
    },
    grants: {},
    sessionKey: generateKey(),
    sandbox
  }
}
