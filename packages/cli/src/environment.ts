import {
  type AnyConnection,
  businessCloud,
  type Config,
  type Connections,
  intacctRest,
  intacctXml,
  x3
} from "@sage-auth/core"

type Env = NodeJS.ProcessEnv

/** Each surface's variables, and the connection that they make. */
const surfaces: ReadonlyArray<
  readonly [name: string, prefixes: ReadonlyArray<string>, build: (env: Env) => AnyConnection]
> = [
  ["intacct-xml", ["SAGE_INTACCT_XML_", "INTACCT_SENDER_"], (env) => intacctXml.fromEnvironment({ env })],
  [
    "intacct-rest",
    ["SAGE_INTACCT_REST_"],
    (env) =>
      isSet(env["SAGE_INTACCT_REST_REDIRECT_URI"])
        ? intacctRest.authorizationCode.fromEnvironment({ env })
        : intacctRest.clientCredentials.fromEnvironment({ env })
  ],
  ["business-cloud", ["SAGE_BUSINESS_CLOUD_"], (env) => businessCloud.fromEnvironment({ env })],
  [
    "x3-web-services",
    ["SAGE_X3_WEB_SERVICES_"],
    (env) =>
      env["SAGE_X3_WEB_SERVICES_DEPLOYMENT"] === "online"
        ? x3.online.fromEnvironment({ env })
        : x3.onPremise.fromEnvironment({ env })
  ],
  ["x3-graphql", ["SAGE_X3_GRAPHQL_"], (env) => x3.graphql.fromEnvironment({ env })],
  ["x3-gateway", ["SAGE_X3_GATEWAY_"], (env) => x3.gateway.fromEnvironment({ env })]
]

const isSet = (value: string | undefined): boolean => value !== undefined && value !== ""

/**
 * The application that the environment describes: a connection for each surface of which a variable is set, under the
 * surface's name. Grants are kept in the store of `SAGE_AUTH_STORE`, sealed by the keys of `SAGE_AUTH_KEYS`: the newest
 * first, separated by commas.
 *
 * @returns undefined where no variable of any surface is set
 */
export const fromEnvironment = (environment: Env): Config<Connections> | undefined => {
  const names = Object.keys(environment).filter((name) => isSet(environment[name]))
  const found = surfaces.filter(([, prefixes]) =>
    names.some((name) => prefixes.some((prefix) => name.startsWith(prefix)))
  )
  if (found.length === 0) return undefined
  // createSageAuth says what is wrong with a store that is neither
  const store = environment["SAGE_AUTH_STORE"] as "memory:" | `sqlite:${string}` | undefined
  const keys = environment["SAGE_AUTH_KEYS"]
  return {
    connections: Object.fromEntries(found.map(([name, , build]) => [name, build(environment)])),
    ...(isSet(store) ? { store } : {}),
    ...(keys === undefined || keys === "" ? {} : { keys: keys.split(",").map((key) => key.trim()) })
  }
}
