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
}

/** The tenants: each is another company and other people of the sandbox. */
export const tenantsOf = ({ accounts }: Pick<Sandbox, "accounts">): ReadonlyArray<Tenant> => {
  const { login, second } = accounts["intacct-xml"]
  const { second: marc, user: ada } = accounts["business-cloud"]
  return [
    { id: "acme", name: "Acme Holdings", login, country: "gb", email: ada.email },
    { id: "birch", name: "Birch Partners", login: second, country: "ca", email: marc.email }
  ]
}
