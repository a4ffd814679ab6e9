import { type Config, type Connections, intacctXml } from "@sage-auth/core"

/**
 * The application that the environment describes: a connection for each surface whose variables are set, named as its
 * surface. Grants are kept in the store of `SAGE_AUTH_STORE`, sealed by the keys of `SAGE_AUTH_KEYS` (the newest first,
 * separated by commas).
 *
 * @returns undefined where no variable of any surface is set
 */
export const fromEnvironment = (environment: NodeJS.ProcessEnv): Config<Connections> | undefined => {
  if (!Object.keys(environment).some((name) => name.startsWith("SAGE_INTACCT_"))) return undefined
  const store = environment["SAGE_AUTH_STORE"] as "memory:" | `sqlite:${string}` | undefined
  const keys = environment["SAGE_AUTH_KEYS"]
  return {
    connections: { "intacct-xml": intacctXml.fromEnvironment() },
    ...(store === undefined ? {} : { store }),
    ...(keys === undefined ? {} : { keys: keys.split(",").map((key) => key.trim()) })
  }
}
