import type { Board, ConnectionShown, Product, TenantShown } from "../Board.ts"
import { type Kind, kinds, states } from "./states.ts"

/** Which connections are shown; empty: all of them. */
export interface Filter {
  readonly tenant: string
  readonly product: string
  readonly state: string
}

/** Everything. */
export const everything: Filter = { tenant: "", product: "", state: "" }

/** The products, in the order of the page. */
export const products: ReadonlyArray<Product> = ["Intacct", "Business Cloud Accounting", "X3"]

/** The filter that an address has; what no page of this hub has written counts for nothing. */
export const readFilter = (search: string, { tenants }: Board): Filter => {
  const asked = new URLSearchParams(search)
  const known = (name: string, values: ReadonlyArray<string>): string => {
    const value = asked.get(name) ?? ""
    return values.includes(value) ? value : ""
  }
  return {
    tenant: known(
      "tenant",
      tenants.map(({ id }) => id)
    ),
    product: known("product", products),
    state: known("state", Object.keys(kinds))
  }
}

/** The filter as the query of an address: `""` for everything. */
export const searchOf = (filter: Filter): string => {
  const search = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== "")).toString()
  return search === "" ? "" : `?${search}`
}

/** Whether a connection is shown. */
export const fits = (filter: Filter, tenant: TenantShown, { product, state }: ConnectionShown): boolean =>
  (filter.tenant === "" || filter.tenant === tenant.id) &&
  (filter.product === "" || filter.product === product) &&
  (filter.state === "" || filter.state === states[state].kind)

/** How many connections of a tenant are of that kind. */
export const count = ({ connections }: TenantShown, kind: Kind): number =>
  connections.filter(({ state }) => states[state].kind === kind).length
