/** What a client of Intacct's XML gateway is configured with. */
export interface Accounts {
  /** the gateway's URL */
  readonly url: string
  readonly sender: { readonly id: string; readonly password: string }
  readonly login: { readonly companyId: string; readonly userId: string; readonly password: string }
}

/** For servers that look at no password. */
export const anyAccounts = (url: string): Accounts => ({
  url,
  sender: { id: "sender", password: "sender-password" },
  login: { companyId: "company", userId: "user", password: "login-password" }
})
