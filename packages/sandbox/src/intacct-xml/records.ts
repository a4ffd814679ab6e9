/** A record: its fields by name, all of them text as on the wire. */
export type IntacctRecord = Readonly<Record<string, string>>

/** What is known of an object type. */
export interface ObjectType {
  readonly name: string
  /** The words used for it in messages. */
  readonly label: string
  /** The field that names a record beside RECORDNO. */
  readonly key: string
  readonly fields: ReadonlyArray<string>
  /** What `create` insists on; undefined for a type that is set up in Intacct's own pages and only read here. */
  readonly required: ReadonlyArray<string> | undefined
}

/** The fields that Intacct fills in by itself. */
export const ownedFields: ReadonlyArray<string> = ["WHENMODIFIED", "MEGAENTITYID", "MEGAENTITYNAME"]

/** The object types that the sandbox has records of. */
export const objectTypes: ReadonlyMap<string, ObjectType> = new Map(
  (
    [
      {
        name: "VENDOR",
        label: "Vendor",
        key: "VENDORID",
        fields: [
          "RECORDNO",
          "VENDORID",
          "NAME",
          "STATUS",
          "CURRENCY",
          "TERMNAME",
          "TOTALDUE",
          "DISPLAYCONTACT.EMAIL1",
          "WHENCREATED",
          ...ownedFields
        ],
        required: ["NAME"]
      },
      {
        name: "CUSTOMER",
        label: "Customer",
        key: "CUSTOMERID",
        fields: [
          "RECORDNO",
          "CUSTOMERID",
          "NAME",
          "STATUS",
          "CURRENCY",
          "TERMNAME",
          "TOTALDUE",
          "DISPLAYCONTACT.EMAIL1",
          "WHENCREATED",
          ...ownedFields
        ],
        required: ["NAME"]
      },
      {
        name: "ARINVOICE",
        label: "AR Invoice",
        key: "RECORDID",
        fields: [
          "RECORDNO",
          "RECORDID",
          "STATE",
          "CUSTOMERID",
          "CUSTOMERNAME",
          "WHENCREATED",
          "WHENDUE",
          "CURRENCY",
          "TOTALENTERED",
          "TOTALPAID",
          "TOTALDUE",
          ...ownedFields
        ],
        required: ["CUSTOMERID"]
      },
      {
        name: "APBILL",
        label: "AP Bill",
        key: "RECORDID",
        fields: [
          "RECORDNO",
          "RECORDID",
          "STATE",
          "VENDORID",
          "VENDORNAME",
          "WHENCREATED",
          "WHENDUE",
          "CURRENCY",
          "TOTALENTERED",
          "TOTALPAID",
          "TOTALDUE",
          ...ownedFields
        ],
        required: ["VENDORID"]
      },
      {
        name: "LOCATIONENTITY",
        label: "Entity",
        key: "LOCATIONID",
        fields: ["RECORDNO", "LOCATIONID", "NAME", "STATUS", "CURRENCY", "WHENMODIFIED"],
        required: undefined
      }
    ] satisfies ReadonlyArray<ObjectType>
  ).map((type) => [type.name, type])
)

/** What a session or user may see. */
export interface View {
  /** The entity it works in, or undefined at top level. */
  readonly entity: string | undefined
  /** The entities that the user is restricted to, or undefined. */
  readonly entities: ReadonlyArray<string> | undefined
}

/** The names that entities have beside their ids. */
export const entityNames: Readonly<Record<string, string>> = {
  E1: "East Region",
  E2: "West Region",
  E3: "Central Region"
}

/** The records of one company. */
export class RecordStore {
  readonly #tables = new Map<string, Map<string, IntacctRecord>>()
  #nextRecordNo = 1
  #undo: Array<() => void> | undefined

  constructor(seed: number, entities: ReadonlyArray<string>) {
    for (const name of objectTypes.keys()) this.#tables.set(name, new Map())
    seedRecords(this, seed, entities)
  }

  /** Takes the next RECORDNO. */
  recordNo(): string {
    return String(this.#nextRecordNo++)
  }

  /** The records of a type that a view shows, in the order of their creation. */
  visible(type: string, view: View): ReadonlyArray<IntacctRecord> {
    return [...(this.#tables.get(type)?.values() ?? [])].filter((record) => isVisible(type, record, view))
  }

  put(type: string, record: IntacctRecord): void {
    const table = this.#table(type)
    const recordNo = record["RECORDNO"] ?? ""
    const before = table.get(recordNo)
    this.#undo?.push(() => {
      if (before === undefined) table.delete(recordNo)
      else table.set(recordNo, before)
    })
    table.set(recordNo, record)
  }

  remove(type: string, record: IntacctRecord): void {
    const table = this.#table(type)
    const entries = [...table]
    this.#undo?.push(() => {
      table.clear()
      for (const [key, value] of entries) table.set(key, value)
    })
    table.delete(record["RECORDNO"] ?? "")
  }

  /** Whether some record of the type has this key, seen or not. */
  has(type: string, field: string, value: string): boolean {
    return [...this.#table(type).values()].some((record) => record[field] === value)
  }

  /** Runs `work` as a whole: when it returns false or throws, everything that it changed is undone. It may be nested. */
  transaction(work: () => boolean): void {
    const outer = this.#undo
    const undo: Array<() => void> = []
    this.#undo = undo
    let kept = false
    try {
      kept = work()
    } finally {
      this.#undo = outer
      if (kept) outer?.push(...undo)
      else for (const step of undo.toReversed()) step()
    }
  }

  #table(type: string): Map<string, IntacctRecord> {
    const table = this.#tables.get(type)
    if (table === undefined) throw new Error(`No table for ${type}`)
    return table
  }
}

const isVisible = (type: string, record: IntacctRecord, view: View): boolean => {
  const { entity, entities } = view
  if (entity !== undefined && entities !== undefined && !entities.includes(entity)) return false
  if (type === "LOCATIONENTITY") return entities === undefined || entities.includes(record["LOCATIONID"] ?? "")
  const owner = record["MEGAENTITYID"] ?? ""
  if (owner === "") return true
  if (entity !== undefined) return owner === entity
  return entities === undefined || entities.includes(owner)
}

/** A small generator of numbers that is the same on every machine (mulberry32). */
const generator = (seed: number): (() => number) => {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

type Words = readonly [string, ...Array<string>]

const beginnings: Words = [
  "Blue",
  "Harbor",
  "Northern",
  "Summit",
  "Cedar",
  "Granite",
  "River",
  "Golden",
  "Prairie",
  "Coastal"
]
const middles: Words = [
  "Office",
  "Paper",
  "Freight",
  "Electric",
  "Medical",
  "Food",
  "Steel",
  "Garden",
  "Travel",
  "Print"
]
const endings: Words = ["Supply Co.", "Services LLC", "& Sons", "Group Inc.", "Partners", "Works", "Trading", "Systems"]
const terms: Words = ["Net 30", "Net 15", "Due on receipt", "Net 60"]

const seedRecords = (store: RecordStore, seed: number, entities: ReadonlyArray<string>): void => {
  const random = generator(seed)
  const pick = (values: Words): string => values[Math.floor(random() * values.length)] ?? values[0]
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  const date = (): string => `${pad(between(1, 12), 2)}/${pad(between(1, 28), 2)}/2026`
  // One record in four belongs to the top level, the others to the entities in turn.
  const owner = (index: number): Record<string, string> => {
    const entity = index % 4 === 0 ? "" : (entities[(index % 4) - 1] ?? "")
    return { MEGAENTITYID: entity, MEGAENTITYNAME: entityNames[entity] ?? "" }
  }
  const modified = (): string => `${date()} ${pad(between(0, 23), 2)}:${pad(between(0, 59), 2)}:00`

  for (const entity of entities) {
    store.put("LOCATIONENTITY", {
      RECORDNO: store.recordNo(),
      LOCATIONID: entity,
      NAME: entityNames[entity] ?? entity,
      STATUS: "active",
      CURRENCY: "USD",
      WHENMODIFIED: modified()
    })
  }
  const party = (type: "VENDOR" | "CUSTOMER", index: number): void => {
    const name = `${pick(beginnings)} ${pick(middles)} ${pick(endings)}`
    const id = `${type === "VENDOR" ? "V" : "C"}-${pad(index + 1, 5)}`
    store.put(type, {
      RECORDNO: store.recordNo(),
      [`${type}ID`]: id,
      NAME: name,
      STATUS: random() < 0.9 ? "active" : "inactive",
      CURRENCY: "USD",
      TERMNAME: pick(terms),
      TOTALDUE: money(between(0, 5_000_000)),
      "DISPLAYCONTACT.EMAIL1": `${id.toLowerCase()}@example.com`,
      WHENCREATED: date(),
      WHENMODIFIED: modified(),
      ...owner(index)
    })
  }
  for (let index = 0; index < 160; index++) party("VENDOR", index)
  for (let index = 0; index < 160; index++) party("CUSTOMER", index)
  const document = (type: "ARINVOICE" | "APBILL", index: number): void => {
    const partyType = type === "ARINVOICE" ? "CUSTOMER" : "VENDOR"
    const owned = owner(index)
    const parties = store.visible(partyType, { entity: owned["MEGAENTITYID"] || undefined, entities: undefined })
    const other = parties[Math.floor(random() * parties.length)]
    const total = between(1_000, 2_000_000)
    const paid = random() < 0.4 ? total : 0
    store.put(type, {
      RECORDNO: store.recordNo(),
      RECORDID: `${type === "ARINVOICE" ? "INV" : "BILL"}-${pad(index + 1, 5)}`,
      STATE: paid === total ? "Paid" : "Posted",
      [`${partyType}ID`]: other?.[`${partyType}ID`] ?? "",
      [`${partyType}NAME`]: other?.["NAME"] ?? "",
      WHENCREATED: date(),
      WHENDUE: date(),
      CURRENCY: "USD",
      TOTALENTERED: money(total),
      TOTALPAID: money(paid),
      TOTALDUE: money(total - paid),
      WHENMODIFIED: modified(),
      ...owned
    })
  }
  for (let index = 0; index < 320; index++) document("ARINVOICE", index)
  for (let index = 0; index < 200; index++) document("APBILL", index)
}

const money = (cents: number): string => (cents / 100).toFixed(2)

const pad = (value: number, length: number): string => String(value).padStart(length, "0")
