import type { Sandbox } from "@sage-auth/sandbox"

/** A customer of this application, and who it is at Sage. */
export interface Tenant {
  readonly id: string
  readonly name: string
  /** its company in Intacct, and the user that works there */
  readonly login: { readonly companyId: string; readonly userId: string; readonly password: string }
  /** the country of its businesses in Business Cloud Accounting */
  readonly country: "gb" | "ca"
  /** who consents there */
  readonly email: string
  /** where it opens X3 in the multi-tenant cloud */
  readonly x3: string
}

/** The tenants: each is another company and other people of the sandbox. */
export const tenantsOf = ({ accounts }: Pick<Sandbox, "accounts">): ReadonlyArray<Tenant> => {
  const { login, second } = accounts["intacct-xml"]
  const { second: marc, user: ada } = accounts["business-cloud"]
  const { customer, secondCustomer } = accounts["x3-gateway"]
  return [
    { id: "acme", name: "Acme Holdings", login, country: "gb", email: ada.email, x3: customer },
    { id: "birch", name: "Birch Partners", login: second, country: "ca", email: marc.email, x3: secondCustomer }
  ]
}
