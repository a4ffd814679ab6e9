/**
 * One contender's start: imports its library, gets a token, calls an API with it, and says how many milliseconds of
 * processor time and by the clock the process has spent since it was started. A process does this once. It imports
 * nothing of its own: `node:process` alone would add 5 ms to everybody.
 */

type Start = (url: string) => Promise<string>

const contenders: Readonly<Record<string, Start>> = {
  /** the token request and the call by hand */
  fetch: async (url) => {
    const body = new URLSearchParams({ grant_type: "client_credentials", client_id: "id", client_secret: "secret" })
    const answer = await fetch(`${url}/token`, { method: "POST", body })
    const { access_token } = (await answer.json()) as { readonly access_token: string }
    return (await fetch(`${url}/api`, { headers: { authorization: `Bearer ${access_token}` } })).text()
  },
  "@sage-auth/core": async (url) => {
    const { createSageAuth, intacctRest } = await import("@sage-auth/core")
    const sage = createSageAuth({
      connections: {
        rest: intacctRest.clientCredentials({
          clientId: "id",
          clientSecret: "secret",
          username: "user@company",
          environment: "sandbox",
          urls: { token: `${url}/token`, revoke: `${url}/revoke`, api: url }
        })
      }
    })
    return (await sage.client("rest").fetch("api")).text()
  },
  "@badgateway/oauth2-client": async (url) => {
    const { OAuth2Client, OAuth2Fetch } = await import("@badgateway/oauth2-client")
    const client = new OAuth2Client({ server: url, clientId: "id", clientSecret: "secret", tokenEndpoint: "/token" })
    const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials(), scheduleRefresh: false })
    return (await wrapper.fetch(`${url}/api`)).text()
  },
  "openid-client": async (url) => {
    const { allowInsecureRequests, clientCredentialsGrant, Configuration, fetchProtectedResource } = await import(
      "openid-client"
    )
    const config = new Configuration({ issuer: url, token_endpoint: `${url}/token` }, "id", "secret")
    allowInsecureRequests(config)
    const { access_token } = await clientCredentialsGrant(config)
    return (await fetchProtectedResource(config, access_token, new URL(`${url}/api`), "GET")).text()
  },
  "google-auth-library": async (url) => {
    const { OAuth2Client } = await import("google-auth-library")
    const client = new OAuth2Client({
      clientId: "id",
      clientSecret: "secret",
      endpoints: { oauth2TokenUrl: `${url}/token` }
    })
    client.setCredentials({ refresh_token: "r" })
    const { data } = await client.request({ url: `${url}/api`, responseType: "text" })
    return data as string
  }
}

const [, , name = "", url = ""] = process.argv
const text = await contenders[name]?.(url)
const { system, user } = process.cpuUsage()
const spent = { processor: (system + user) / 1000, clock: performance.now() }
if (text?.startsWith("{") !== true) throw new Error(`${name} did not get the answer`)
process.stdout.write(JSON.stringify(spent), () => process.exit())
