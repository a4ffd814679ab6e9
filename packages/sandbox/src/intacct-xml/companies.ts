import { accounts, type IntacctXmlAccounts } from "./accounts.ts"
import type { RecordStore } from "./records.ts"
import { seededRecords } from "./seed.ts"

/** A user of a company. */
export interface User {
  readonly userId: string
  password: string
  /** The entities that the user may see; undefined for all of them and the top level. */
  readonly entities: ReadonlyArray<string> | undefined
  /** Objects that the user has no permission for. */
  readonly forbidden: ReadonlySet<string>
  readonly readOnly: boolean
}

/** A company and what is in it. */
export interface Company {
  readonly companyId: string
  readonly users: Map<string, User>
  /** The senders that may call it. */
  readonly senders: ReadonlySet<string>
  readonly expired: boolean
  /** The companies that this one, a console, slides in to. */
  readonly clients: ReadonlyArray<string>
  readonly entities: Array<string>
  readonly pod: string
  readonly records: RecordStore
}

/** Every company of a sandbox and every sender's password. */
export interface Directory {
  readonly accounts: IntacctXmlAccounts
  readonly senders: Map<string, string>
  /** Finds a company; its id is not case-sensitive. */
  company(companyId: string): Company | undefined
  readonly companyIds: ReadonlyArray<string>
}

/** The key of everything that is kept for a company. */
export const companyKey = (companyId: string): string => companyId.toLowerCase()

const user = (userId: string, password: string, restrictions?: Partial<Omit<User, "userId" | "password">>): User => ({
  userId,
  password,
  entities: restrictions?.entities,
  forbidden: restrictions?.forbidden ?? new Set(),
  readOnly: restrictions?.readOnly ?? false
})

/** The companies that every sandbox starts with. */
export const seedDirectory = (): Directory => {
  const { sender, login, restricted, limited, console, second, unusual, unauthorised, expired, entities } = accounts
  const authorised = new Set([sender.id])
  const documents = new Set(["ARINVOICE", "ARINVOICEITEM", "APBILL", "APBILLITEM"])
  const company = (
    companyId: string,
    users: ReadonlyArray<User>,
    seed: number,
    differs: Partial<Pick<Company, "senders" | "expired" | "clients" | "entities">> = {}
  ): Company => {
    const own = differs.entities ?? [...entities]
    // Most tests open one company: the others are not filled before somebody looks into them.
    let records: RecordStore | undefined
    return {
      companyId,
      users: new Map(users.map((each) => [each.userId, each])),
      senders: authorised,
      expired: false,
      clients: [],
      entities: own,
      pod: `na${10 + (seed % 5)}`,
      get records() {
        return (records ??= seededRecords(seed, own))
      },
      ...differs
    }
  }
  const companies = [
    company(
      login.companyId,
      [
        user(login.userId, login.password),
        user(restricted.userId, restricted.password, { entities: [restricted.entityId] }),
        user(limited.userId, limited.password, { forbidden: documents, readOnly: true })
      ],
      2
    ),
    company(console.companyId, [user(console.userId, console.password)], 3, { clients: [console.clientId] }),
    company(console.clientId, [], 4),
    company(second.companyId, [user(second.userId, second.password)], 7),
    company(unusual.companyId, [user(unusual.userId, unusual.password)], 8, { entities: [...unusual.entities] }),
    company(unauthorised.companyId, [user(unauthorised.userId, unauthorised.password)], 5, { senders: new Set() }),
    company(expired.companyId, [user(expired.userId, expired.password)], 6, { expired: true })
  ]
  const byKey = new Map(companies.map((each) => [companyKey(each.companyId), each]))
  return {
    accounts,
    senders: new Map([[sender.id, sender.password]]),
    company: (companyId) => byKey.get(companyKey(companyId)),
    companyIds: companies.map(({ companyId }) => companyId)
  }
}
