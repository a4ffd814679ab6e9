import type { Company, Directory } from "../intacct-xml/companies.ts"
import { companyKey } from "../intacct-xml/companies.ts"
import type { OAuthClient } from "../oauth/clients.ts"
import { accounts } from "./accounts.ts"

/** The registered applications, and which users of which companies they may act for. */
export class Clients {
  readonly #clients = new Map<string, OAuthClient>()
  readonly #authorised = new Set<string>()

  constructor(directory: Directory) {
    const { client, publicClient, unknownToCompanies } = accounts
    this.#add(client.clientId, "Sandbox Application", client.clientSecret, client.redirectUri)
    this.#add(publicClient.clientId, "Sandbox Mobile Application", undefined, publicClient.redirectUri)
    this.#add(
      unknownToCompanies.clientId,
      "Sandbox Newcomer",
      unknownToCompanies.clientSecret,
      unknownToCompanies.redirectUri
    )
    const { user, restricted, limited, second, unusual, expired } = accounts
    for (const each of [user, restricted, limited, second, unusual, expired]) {
      const company = directory.company(each.companyId)
      if (company !== undefined) this.authorise(client.clientId, company, each.userId)
    }
  }

  #add(clientId: string, name: string, secret: string | undefined, redirectUri: string): void {
    this.#clients.set(shortId(clientId), { clientId, name, secret, redirectUris: new Set([redirectUri]) })
  }

  /** The application of an id in its long or its short form. */
  find(clientId: string): OAuthClient | undefined {
    const client = this.#clients.get(shortId(clientId))
    return client !== undefined && (clientId === client.clientId || clientId === `${shortId(clientId)}.app.sage.com`)
      ? client
      : undefined
  }

  /** Whether a company has put this application and user, whose id is case-sensitive, on its list. */
  isAuthorised(client: OAuthClient, company: Company, userId: string): boolean {
    return this.#authorised.has(listing(client.clientId, company, userId))
  }

  authorise(clientId: string, company: Company, userId: string): void {
    this.#authorised.add(listing(clientId, company, userId))
  }

  withdraw(clientId: string, company: Company, userId: string): void {
    this.#authorised.delete(listing(clientId, company, userId))
  }
}

const listing = (clientId: string, company: Company, userId: string): string =>
  JSON.stringify([shortId(clientId), companyKey(company.companyId), userId])

/** The part of a client id that does not name its sender. */
const shortId = (clientId: string): string => clientId.split(".", 1)[0] ?? ""

/** The sender that an application belongs to. */
export const senderOf = (client: OAuthClient): string => client.clientId.split(".")[1] ?? ""
