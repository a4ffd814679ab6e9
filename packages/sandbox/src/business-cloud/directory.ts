import { randomUUID } from "node:crypto"
import type { OAuthClient } from "../oauth/clients.ts"
import { accounts, type BusinessAccount, type BusinessCloudUser } from "./accounts.ts"

/** A customer or supplier of a business. */
export interface Contact {
  readonly id: string
  readonly name: string
  readonly reference: string
  readonly email: string
  readonly typeIds: ReadonlyArray<string>
  readonly createdAt: string
  readonly updatedAt: string
}

/** A business and what is in it. */
export interface Business {
  readonly id: string
  readonly name: string
  readonly country: string
  /** Whether its subscription is active. */
  active: boolean
  readonly contacts: Map<string, Contact>
}

/** Somebody who can sign in. */
export interface User {
  /** The `requested_by_id` of token responses. */
  readonly id: string
  readonly email: string
  password: string
  readonly country: string
  readonly rights: "write" | "read" | "none"
  /** The businesses that the user sees, the lead business first. */
  businesses: ReadonlyArray<Business>
}

/** Every user, business and application. */
export interface Directory {
  readonly users: Map<string, User>
  readonly businesses: Map<string, Business>
  readonly clients: Map<string, OAuthClient>
}

/** The key of a user; addresses are not case-sensitive. */
export const userKey = (email: string): string => email.trim().toLowerCase()

const names = [
  "Amber Valley Farms",
  "Bell & Finch",
  "Copper Lane Studio",
  "Dale Street Motors",
  "Elm Grove School",
  "Fern Hill Catering",
  "Glass House Events"
]

const seedContacts = (business: BusinessAccount): Map<string, Contact> => {
  const contacts = new Map<string, Contact>()
  for (let index = 0; index < 45; index++) {
    const number = String(index + 1).padStart(3, "0")
    // The business's own id, so that ids differ between businesses and not between runs.
    const id = `${business.id.slice(0, 24)}${String(index).padStart(8, "0")}`
    contacts.set(id, {
      id,
      name: `${names[index % names.length] ?? ""} ${number}`,
      reference: `C${number}`,
      email: `c${number}@${business.name.split(" ", 1)[0]?.toLowerCase() ?? "contact"}.example`,
      typeIds: [index % 3 === 0 ? "VENDOR" : "CUSTOMER"],
      createdAt: "2026-01-15T09:00:00Z",
      updatedAt: "2026-01-15T09:00:00Z"
    })
  }
  return contacts
}

/** What every sandbox starts with. */
export const seedDirectory = (): Directory => {
  const businesses = new Map<string, Business>()
  const users = new Map<string, User>()
  const add = (account: BusinessCloudUser, rights: User["rights"] = "write", active = true): void => {
    const own = account.businesses.map((each) => {
      const known = businesses.get(each.id)
      if (known !== undefined) return known
      const business = { id: each.id, name: each.name, country: account.country, active, contacts: seedContacts(each) }
      businesses.set(each.id, business)
      return business
    })
    const { email, password, country } = account
    users.set(userKey(email), { id: randomUUID(), email, password, country, rights, businesses: own })
  }
  add(accounts.user)
  add(accounts.second)
  add(accounts.reader, "read")
  add(accounts.outsider, "none")
  add(accounts.lapsed, "write", false)
  const clients = new Map<string, OAuthClient>()
  for (const [name, { clientId, clientSecret, redirectUri }] of [
    ["Sandbox Application", accounts.client],
    ["Second Sandbox Application", accounts.otherClient]
  ] as const) {
    clients.set(clientId, { clientId, name, secret: clientSecret, redirectUris: new Set([redirectUri]) })
  }
  return { users, businesses, clients }
}
