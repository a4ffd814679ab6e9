/**
 * What tells whose pool and meter a login counts against.
 *
 * @category models
 */
export interface CompanyOfLogin {
  readonly companyId: string
  readonly clientId?: string | undefined
}

/**
 * The company that a login works in, case folded: two spellings of one company share one pool and one meter.
 *
 * **Details**
 *
 * A console user slides into a client company either by `clientId` or by packing both into the company id, as
 * `console|client|entity`; the client company is the one that counts. Two parts are `company|entity`, because empty
 * parts are left out when the form is packed.
 *
 * @see https://developer.intacct.com/web-services/requests/ Web Services, Requests
 */
export const companyOf = (login: CompanyOfLogin): string => {
  const parts = login.companyId.split("|").map((part) => part.trim())
  const packed = parts.length > 2 ? parts[1] : undefined
  return (login.clientId?.trim() || packed || parts[0] || "").toLowerCase()
}
