import { generateKey, intacctRest, intacctXml } from "@sage-auth/core"
import { startSandbox } from "@sage-auth/sandbox"
import type { Company } from "../visitors/companies.ts"
import type { Deployment } from "./deployment.ts"

/** A sandbox on this machine, with every flow. Its sign-in page has a button for a user of each company. */
export const sandboxDeployment = async (callbacks: string): Promise<Deployment> => {
  const redirectUri = `${callbacks}/payables`
  const publicRedirectUri = `${callbacks}/publicPayables`
  const sandbox = await startSandbox({
    intacctRest: { signInButtons: true, redirectUris: [redirectUri, publicRedirectUri] }
  })
  const { client, publicClient, second, user } = sandbox.accounts["intacct-rest"]
  const xml = sandbox.accounts["intacct-xml"]
  const usernames: Readonly<Record<Company["id"], string>> = { acme: user.username, birch: second.username }
  const logins = { acme: xml.login, birch: xml.second }
  const environment = "sandbox"
  const server = { environment, urls: sandbox.urls["intacct-rest"] } as const
  const confidential = { ...server, clientId: client.clientId, clientSecret: client.clientSecret }
  return {
    connections: {
      vendors: intacctRest.clientCredentials({
        ...confidential,
        username: (tenant) => usernames[tenant as Company["id"]]
      }),
      payables: intacctRest.authorizationCode({ ...confidential, redirectUri }),
      publicPayables: intacctRest.authorizationCode({
        ...server,
        clientId: publicClient.clientId,
        redirectUri: publicRedirectUri
      }),
      ledger: intacctXml({
        sender: xml.sender,
        login: (tenant) => logins[tenant as Company["id"]],
        environment,
        urls: sandbox.urls["intacct-xml"]
      }),
      bridge: intacctRest.clientCredentials({ ...confidential, session: "ledger" })
    },
    sender: xml.sender,
    grants: {},
    sessionKey: generateKey(),
    sandbox
  }
}
