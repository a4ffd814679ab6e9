/** A sender: whose software is calling. */
export interface SenderAccount {
  /** As Sage issued it. */
  readonly id: string
  /** As Sage issued it. */
  readonly password: string
}

/** What a login block holds. */
export interface LoginAccount {
  /** The user's company. */
  readonly companyId: string
  /** The user. */
  readonly userId: string
  /** The user's. */
  readonly password: string
  /** The client's company, for a console's user who slides in. */
  readonly clientId?: string
}

/** The seeded accounts of the Intacct XML gateway, as plain values for any client. */
export interface IntacctXmlAccounts {
  /** The sender that `connections()` uses. */
  readonly sender: SenderAccount
  /** A Web Services user with access to the top level and every entity. */
  readonly login: LoginAccount
  /** A user of the same company restricted to one entity; every other one answers it empty. */
  readonly restricted: LoginAccount & { readonly entityId: string }
  /** A user of the same company without permission for invoices and bills, and to read only. */
  readonly limited: LoginAccount
  /** A console's user who slides in to a client's company. */
  readonly console: LoginAccount & { readonly clientId: string }
  /** A login of another company, with data of its own. */
  readonly second: LoginAccount
  /**
   * A login whose ids hold what ids may hold: spaces, accents, other scripts. Its `entityId` is one of its `entities`.
   */
  readonly unusual: LoginAccount & { readonly entityId: string; readonly entities: ReadonlyArray<string> }
  /** A right login of a company that has not authorised the sender. */
  readonly unauthorised: LoginAccount
  /** A right login of a demo company that has expired. */
  readonly expired: LoginAccount
  /** The entities of every company but that of `unusual`. */
  readonly entities: readonly ["E1", "E2", "E3"]
  /** A transport policy for offline requests. */
  readonly policyId: string
}

/** The accounts that every sandbox starts with. */
export const accounts: IntacctXmlAccounts = {
  sender: { id: "sandbox_sender", password: "sender-Vn4tq9XwRz2b" },
  login: { companyId: "AcmeHoldings", userId: "xml_gateway", password: "login-T7mk3pYcQe8s" },
  restricted: {
    companyId: "AcmeHoldings",
    userId: "clerk_west",
    password: "restricted-H5gd6uBnLa1v",
    entityId: "E2"
  },
  limited: { companyId: "AcmeHoldings", userId: "viewer", password: "limited-K9wz2rJxSf4m" },
  console: {
    companyId: "AcmeConsole",
    userId: "practice_user",
    password: "console-D3vb7hPqNt6y",
    clientId: "AcmeClient"
  },
  second: { companyId: "BirchPartners", userId: "xml_gateway", password: "second-W4nj8tCsQz6k" },
  unusual: {
    companyId: "Café Müller & Söhne",
    userId: "Zoë O'Brien@Sales",
    password: "unusual-Y2pk9dHsLm5x",
    entityId: "Central Region",
    entities: ["Central Region", "東京", "R&D <Süd>", "50% / 2+2"]
  },
  unauthorised: { companyId: "AcmeClosed", userId: "xml_gateway", password: "unauthorised-M8cx5kZgWj2d" },
  expired: { companyId: "AcmeDemo", userId: "xml_gateway", password: "expired-R6fs4nVtUb9h" },
  entities: ["E1", "E2", "E3"],
  policyId: "sandbox_policy"
}
