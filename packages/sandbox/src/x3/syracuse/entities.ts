import type { Pool } from "./options.ts"
import type { SyracuseState } from "./state.ts"
import type { X3Record } from "./tables.ts"

/** An entity of the server itself. */
export interface Entity {
  /** The name of its representation, which is its own in the singular. */
  readonly representation: string
  /** The field that names one of it. */
  readonly key: string
  readonly rows: () => ReadonlyArray<X3Record>
  /** What can be done to one of it, by name; gives what to say about it. */
  readonly services: Readonly<Record<string, (key: string) => string>>
}

/** The entity of a name such as `"soapClassicPools"`. */
export const entityOf = (state: SyracuseState, name: string): Entity | undefined => {
  switch (name) {
    case "users":
      return {
        representation: "user",
        key: "login",
        rows: () =>
          state.users.all().map(({ login, email, method, active }) => ({
            login,
            email,
            authentication: method,
            active: String(active)
          })),
        services: {}
      }
    case "endPoints":
      return {
        representation: "endPoint",
        key: "dataset",
        rows: () => [...state.endpoints.keys()].map((dataset) => ({ dataset, contract: "erp" })),
        services: {}
      }
    case "soapClassicPools":
      return {
        representation: "soapClassicPool",
        key: "alias",
        rows: () =>
          [...state.options().pools].map(([alias, pool]) => ({
            alias,
            endpoint: pool.endpoint,
            maxSize: pool.size,
            status: pool.state
          })),
        services: {
          start: (alias) => changed(state, alias, "started"),
          stop: (alias) => changed(state, alias, "stopped")
        }
      }
    default:
      return undefined
  }
}

const changed = (state: SyracuseState, alias: string, to: Pool["state"]): string => {
  state.setPool(alias, { state: to })
  return `Pool ${alias} ${to}`
}
