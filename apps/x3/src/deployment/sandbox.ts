import { createSageAuth, generateKey, x3 } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import type { X3Connections } from "../connections.ts"
import type { DeploymentKind } from "../ways.ts"
import type { Deployment } from "./deployment.ts"

/** Stands in for what keeps a customer's token fresh: somebody has consented to it, and it renews. */
const openTokenKeeper = async (sandbox: Sandbox) => {
  const keeper = createSageAuth({ connections: { sso: sandbox.connections().erpSso } })
  const sso = keeper.client("sso")
  const { cookie, url } = await sso.authorize({ returnTo: "/" })
  await keeper.completeAuthorization({ url: await sandbox.approve(url), cookie })
  return {
    token: async () => String((await sso.headers())["authorization"]).replace("Bearer ", ""),
    close: () => keeper.close()
  }
}

const connectionsTo = (
  sandbox: Sandbox,
  kind: DeploymentKind,
  callbacks: string,
  token: () => Promise<string>
): Partial<X3Connections> => {
  const environment = "sandbox"
  const { accounts, ca, urls } = sandbox
  const { basic, identityProvider, oauth2: provider } = accounts["x3-web-services"]
  const web = urls["x3-web-services"]
  const graph = accounts["x3-graphql"]
  const { authorizeUrl, clientId, clientSecret, revokeUrl, scope, tokenUrl } = provider
  const endpoints = { authorizeUrl, tokenUrl, revokeUrl, scope }
  const oauth2 = x3.oauth2({ ...endpoints, clientId, clientSecret, redirectUri: `${callbacks}/oauth2` })
  const oauth2Public = x3.oauth2({
    ...endpoints,
    clientId: identityProvider.publicClient.clientId,
    redirectUri: `${callbacks}/oauth2Public`
  })
  const bearer = x3.bearer(token)
  const service = x3.clientCredentials({ tokenUrl, clientId, clientSecret, scope })
  switch (kind) {
    case "on-premise": {
      const { erp, erpTls } = sandbox.connections()
      const url = urls["x3-graphql"].api
      return {
        basic: erp,
        certificate: erpTls,
        oauth2: x3.onPremise({ baseUrl: web.onPremise, auth: oauth2, environment }),
        oauth2Public: x3.onPremise({ baseUrl: web.onPremise, auth: oauth2Public, environment }),
        clientCredentials: x3.onPremise({ baseUrl: web.onPremise, auth: service, environment }),
        token: x3.onPremise({ baseUrl: web.onPremise, auth: bearer, environment }),
        graphqlApp: x3.graphql({ url, endpoint: graph.endpoint, app: graph.app, environment }),
        graphqlBasic: x3.graphql({
          url,
          endpoint: graph.endpoint,
          deployment: "on-premise",
          auth: x3.basic({ user: basic.user, password: basic.password }),
          environment
        })
      }
    }
    case "online":
      return {
        oauth2: x3.online({ baseUrl: web.online, auth: oauth2, ca, environment }),
        oauth2Public: x3.online({ baseUrl: web.online, auth: oauth2Public, ca, environment }),
        clientCredentials: x3.online({ baseUrl: web.online, auth: service, ca, environment }),
        token: x3.online({ baseUrl: web.online, auth: bearer, ca, environment }),
        graphqlApp: x3.graphql({
          url: urls["x3-graphql"].online,
          endpoint: graph.endpoint,
          app: graph.app,
          ca,
          environment
        })
      }
    case "multi-tenant":
      return { gateway: sandbox.connections({ redirectUri: callbacks }).gateway }
  }
}

/** A sandbox on this machine, with every credential that the deployment allows. */
export const sandboxDeployment = async (kind: DeploymentKind, callbacks: string): Promise<Deployment> => {
  const sandbox = await startSandbox({
    x3: {
      identityProvider: { redirectUris: [`${callbacks}/oauth2`, `${callbacks}/oauth2Public`], signInButtons: true },
      gateway: { redirectUris: [`${callbacks}/gateway`], signInButtons: true }
    }
  })
  const keeper = await openTokenKeeper(sandbox)
  // by default it refuses them, as such a token stands for no user: this server has somebody for them
  sandbox.x3.configure({ clientCredentialsUser: sandbox.accounts["x3-web-services"].basic.user })
  const web = sandbox.accounts["x3-web-services"]
  return {
    kind,
    real: false,
    connections: connectionsTo(sandbox, kind, callbacks, keeper.token),
    names: {
      endpoint: web.endpoint,
      graphqlEndpoint: sandbox.accounts["x3-graphql"].endpoint,
      pool: web.pool,
      customerObject: "WSBPC"
    },
    grants: {},
    sessionKey: generateKey(),
    close: async () => {
      await keeper.close()
      await sandbox.stop()
    }
  }
}
