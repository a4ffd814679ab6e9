/** A value of a field. Dates are text such as `2026-11-21`. */
export type FieldValue = string | number

/** A record of a table, by the names of its fields. */
export type X3Record = Readonly<Record<string, FieldValue>>

/** The type of a field, as SOAP names it. */
export type FieldType = "Char" | "Integer" | "Decimal" | "Date"

/** A field of a table. */
export interface Field {
  readonly name: string
  readonly type: FieldType
  /** Its name in GraphQL. */
  readonly graphql: string
}

/** A table, which is a class of REST, an object of SOAP and a node of GraphQL. */
export interface Table {
  /** The class of REST, such as `"BPCUSTOMER"`. */
  readonly name: string
  /** The fields whose values make the key, joined by `~`. */
  readonly key: ReadonlyArray<string>
  readonly fields: ReadonlyArray<Field>
  /** The published name of its object web service. */
  readonly publicName: string
  /** The group that its fields are in, as SOAP shows them. */
  readonly group: string
  /** The package and the node of GraphQL. */
  readonly graphql: { readonly package: "x3MasterData" | "x3Sales"; readonly node: string }
}

const field = (name: string, graphql: string, type: FieldType = "Char"): Field => ({ name, type, graphql })

/** Every table of the folder. */
export const tables: ReadonlyArray<Table> = [
  {
    name: "BPCUSTOMER",
    key: ["BPCNUM"],
    fields: [
      field("BPCNUM", "code"),
      field("BPCNAM", "name"),
      field("CRY", "country"),
      field("CUR", "currency"),
      field("OSTAUZ", "creditLimit", "Decimal"),
      field("CREDAT", "createdOn", "Date")
    ],
    publicName: "WSBPC",
    group: "BPC0_1",
    graphql: { package: "x3MasterData", node: "customer" }
  },
  {
    name: "BPADDRESS",
    key: ["BPATYP", "BPANUM", "BPAADD"],
    fields: [
      field("BPATYP", "entityType", "Integer"),
      field("BPANUM", "entity"),
      field("BPAADD", "code"),
      field("CTY", "city"),
      field("POSCOD", "postcode"),
      field("CRY", "country")
    ],
    publicName: "WSBPA",
    group: "BPA1_1",
    graphql: { package: "x3MasterData", node: "address" }
  },
  {
    name: "ITMMASTER",
    key: ["ITMREF"],
    fields: [
      field("ITMREF", "code"),
      field("ITMDES1", "description"),
      field("STU", "stockUnit"),
      field("BASPRI", "basePrice", "Decimal")
    ],
    publicName: "WSITM",
    group: "ITM0_1",
    graphql: { package: "x3MasterData", node: "product" }
  },
  {
    name: "FACILITY",
    key: ["FCY"],
    fields: [field("FCY", "code"), field("FCYNAM", "name"), field("CRY", "country")],
    publicName: "WSFCY",
    group: "FCY0_1",
    graphql: { package: "x3MasterData", node: "site" }
  },
  {
    name: "SORDER",
    key: ["SOHNUM"],
    fields: [
      field("SOHNUM", "id"),
      field("BPCORD", "soldToCustomer"),
      field("SALFCY", "salesSite"),
      field("ORDDAT", "orderDate", "Date"),
      field("ORDNOT", "totalAmountExcludingTax", "Decimal")
    ],
    publicName: "WSSOH",
    group: "SOH0_1",
    graphql: { package: "x3Sales", node: "salesOrder" }
  }
]

/** What X3 has to say against the work on a record. */
export class RecordProblem extends Error {}

const notThere = "721 : Record does not exist"

/** The records of one table, in the order of their keys. */
export class Records {
  readonly table: Table
  readonly #records = new Map<string, X3Record>()

  constructor(table: Table, records: Iterable<X3Record>) {
    this.table = table
    for (const record of records) this.#records.set(this.keyOf(record), record)
  }

  /** The key of a record: the values of its key's fields, joined by `~`. */
  keyOf(record: X3Record): string {
    return this.table.key.map((name) => String(record[name] ?? "")).join("~")
  }

  all(): ReadonlyArray<X3Record> {
    return [...this.#records.entries()].toSorted(([one], [other]) => order(one, other)).map(([, record]) => record)
  }

  /** @throws `RecordProblem` when there is none */
  get(key: string): X3Record {
    const record = this.#records.get(key)
    if (record === undefined) throw new RecordProblem(notThere)
    return record
  }

  /** @throws `RecordProblem` for a field that is unknown, of the wrong type or missing, or a key that is taken */
  create(given: Readonly<Record<string, unknown>>): X3Record {
    const record = { ...empty(this.table), ...checked(this.table, given) }
    for (const name of this.table.key) {
      if (record[name] === "") throw new RecordProblem(`${name} : Mandatory field`)
    }
    const key = this.keyOf(record)
    if (this.#records.has(key)) throw new RecordProblem(`${key} : Record already exists`)
    this.#records.set(key, record)
    return record
  }

  /** @throws `RecordProblem` for a record that is not there, or fields as with `create` */
  update(key: string, given: Readonly<Record<string, unknown>>): X3Record {
    const current = this.get(key)
    const changes = checked(this.table, given)
    for (const name of this.table.key) {
      if (name in changes && changes[name] !== current[name]) throw new RecordProblem(`${name} : The key cannot change`)
    }
    const record = { ...current, ...changes }
    this.#records.set(key, record)
    return record
  }

  /** @throws `RecordProblem` when there is none */
  delete(key: string): void {
    if (!this.#records.delete(key)) throw new RecordProblem(notThere)
  }
}

/** How values stand in order: numbers by size, text by its characters. */
export const order = (one: FieldValue, other: FieldValue): number => {
  if (one === other) return 0
  return one < other ? -1 : 1
}

const empty = (table: Table): Record<string, FieldValue> =>
  Object.fromEntries(table.fields.map(({ name, type }) => [name, type === "Char" || type === "Date" ? "" : 0]))

const checked = (table: Table, given: Readonly<Record<string, unknown>>): Record<string, FieldValue> => {
  const record: Record<string, FieldValue> = {}
  for (const [name, value] of Object.entries(given)) {
    // What starts with a dollar describes a resource, and comes back with it.
    if (name.startsWith("$")) continue
    const known = table.fields.find((each) => each.name === name)
    if (known === undefined) throw new RecordProblem(`${name} : Unknown field`)
    record[name] = read(known, value)
  }
  return record
}

const read = ({ name, type }: Field, value: unknown): FieldValue => {
  if (type === "Char" || type === "Date") {
    // Text that UTF-8 cannot write is no text.
    if (typeof value !== "string" || value.length > 250 || /\p{Surrogate}/u.test(value)) {
      throw new RecordProblem(`${name} : Incorrect value`)
    }
    if (type === "Date" && value !== "" && !isDay(value)) {
      throw new RecordProblem(`${name} : Incorrect date`)
    }
    return value
  }
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  if (typeof number !== "number" || !Number.isFinite(number) || (type === "Integer" && !Number.isInteger(number))) {
    throw new RecordProblem(`${name} : Incorrect value`)
  }
  return number
}

/** Whether text is a day such as `2026-01-31`. The 31st of February is none, although it could be counted. */
export const isDay = (text: string): boolean => {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** The tables of one folder with their records. */
export type Folder = ReadonlyMap<string, Records>

const padded = (index: number, length: number): string => String(index).padStart(length, "0")

const pick = <Item>(items: ReadonlyArray<Item>, index: number): Item => items[index % items.length] as Item

const names = ["Northwind", "Acme", "Birch", "Cedar", "Delta", "Elm", "Fjord", "Grove", "Harbour", "Iris"]
const kinds = ["Traders", "Industries", "Partners", "Works", "Supply", "Foods"]
const countries = ["FR", "GB", "US", "DE", "PT"]
const currencies = ["EUR", "GBP", "USD", "EUR", "EUR"]
const sites = ["FR011", "GB012", "NA011"]
const date = (index: number): string => `2026-${padded((index % 12) + 1, 2)}-${padded((index % 28) + 1, 2)}`
const times = <Item>(count: number, make: (index: number) => Item): ReadonlyArray<Item> =>
  Array.from({ length: count }, (_, index) => make(index))

const seeds: Readonly<Record<string, () => ReadonlyArray<X3Record>>> = {
  BPCUSTOMER: () =>
    times(60, (index) => ({
      BPCNUM: `C${padded(index + 1, 4)}`,
      BPCNAM: `${pick(names, index)} ${pick(kinds, index)}`,
      CRY: pick(countries, index),
      CUR: pick(currencies, index),
      OSTAUZ: 1000 * ((index % 9) + 1),
      CREDAT: date(index)
    })),
  BPADDRESS: () =>
    times(60, (index) => ({
      BPATYP: 1,
      BPANUM: `C${padded(index + 1, 4)}`,
      BPAADD: "A1",
      CTY: pick(["Paris", "London", "Denver", "Berlin", "Porto"], index),
      POSCOD: padded(10_000 + index, 5),
      CRY: pick(countries, index)
    })),
  ITMMASTER: () =>
    times(30, (index) => ({
      ITMREF: `ITM${padded(index + 1, 3)}`,
      ITMDES1: `${pick(["Bolt", "Nut", "Washer", "Hinge", "Bracket"], index)} M${(index % 10) + 2}`,
      STU: "UN",
      BASPRI: (index + 1) / 4
    })),
  FACILITY: () => sites.map((FCY) => ({ FCY, FCYNAM: `Site ${FCY}`, CRY: FCY.slice(0, 2) })),
  SORDER: () =>
    times(40, (index) => ({
      SOHNUM: `SON${padded(index + 1, 5)}`,
      BPCORD: `C${padded((index % 20) + 1, 4)}`,
      SALFCY: pick(sites, index),
      ORDDAT: date(index),
      ORDNOT: 100 + 25 * index
    }))
}

/** A folder with the records that every sandbox starts with. */
export const seedFolder = (): Folder =>
  new Map(tables.map((table) => [table.name, new Records(table, seeds[table.name]?.() ?? [])]))
