import { entityName, type IntacctRecord, RecordStore } from "./records.ts"

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
const items: Words = ["Paper", "Toner", "Chair", "Desk", "Lamp"]
const accounts: Words = ["4000", "5000", "6000", "6100"]

/** The store of a company with its records. The same seed gives the same records on every machine. */
export const seededRecords = (seed: number, entities: ReadonlyArray<string>): RecordStore => {
  const store = new RecordStore()
  const random = generator(seed)
  const pick = (values: Words): string => values[Math.floor(random() * values.length)] ?? values[0]
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1))
  const date = (): string => `${pad(between(1, 12), 2)}/${pad(between(1, 28), 2)}/2026`
  // One record in four belongs to the top level, the others to the entities in turn.
  const owner = (index: number): Record<string, string> => {
    const entity = index % 4 === 0 ? "" : (entities[(index % 4) - 1] ?? "")
    return { MEGAENTITYID: entity, MEGAENTITYNAME: entity === "" ? "" : entityName(entity) }
  }
  const modified = (): string => `${date()} ${pad(between(0, 23), 2)}:${pad(between(0, 59), 2)}:00`

  for (const entity of entities) store.addEntity(entity, modified())
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
  const partyFor = (
    type: "VENDOR" | "CUSTOMER",
    owned: Readonly<Record<string, string>>
  ): IntacctRecord | undefined => {
    const parties = store.visible(type, { entity: owned["MEGAENTITYID"] || undefined, entities: undefined })
    return parties[Math.floor(random() * parties.length)]
  }
  const documents: Array<readonly [line: string, document: IntacctRecord]> = []
  const document = (type: "ARINVOICE" | "APBILL", index: number): void => {
    const partyType = type === "ARINVOICE" ? "CUSTOMER" : "VENDOR"
    const owned = owner(index)
    const other = partyFor(partyType, owned)
    const total = between(1_000, 2_000_000)
    const paid = random() < 0.4 ? total : 0
    const record = {
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
    }
    store.put(type, record)
    documents.push([`${type}ITEM`, record])
  }
  for (let index = 0; index < 320; index++) document("ARINVOICE", index)
  for (let index = 0; index < 200; index++) document("APBILL", index)

  for (const [line, { RECORDNO: key, TOTALENTERED: amount, WHENMODIFIED, MEGAENTITYID, MEGAENTITYNAME }] of documents) {
    store.put(line, {
      RECORDNO: store.recordNo(),
      RECORDKEY: key ?? "",
      LINE_NO: "1",
      ACCOUNTNO: pick(accounts),
      ENTRYDESCRIPTION: pick(items),
      AMOUNT: amount ?? "",
      WHENMODIFIED: WHENMODIFIED ?? "",
      MEGAENTITYID: MEGAENTITYID ?? "",
      MEGAENTITYNAME: MEGAENTITYNAME ?? ""
    })
  }
  for (let index = 0; index < 20; index++) {
    const owned = owner(index)
    const customer = partyFor("CUSTOMER", owned)
    const number = `SO${pad(index + 1, 4)}`
    const quantity = between(1, 20)
    const price = between(500, 50_000)
    const recordNo = store.recordNo()
    const total = money(quantity * price)
    store.put("SODOCUMENT", {
      RECORDNO: recordNo,
      DOCNO: number,
      DOCID: `Sales Order-${number}`,
      DOCPARID: "Sales Order",
      STATE: index % 2 === 0 ? "Pending" : "Closed",
      CUSTVENDID: customer?.["CUSTOMERID"] ?? "",
      CUSTVENDNAME: customer?.["NAME"] ?? "",
      WHENCREATED: date(),
      WHENDUE: date(),
      PONUMBER: "",
      CURRENCY: "USD",
      TOTAL: total,
      WHENMODIFIED: modified(),
      ...owned
    })
    const item = pick(items)
    store.put("SODOCUMENTENTRY", {
      RECORDNO: store.recordNo(),
      DOCHDRNO: recordNo,
      LINE_NO: "1",
      ITEMID: item.toUpperCase(),
      ITEMDESC: item,
      QUANTITY: String(quantity),
      UNIT: "Each",
      PRICE: money(price),
      TOTAL: total,
      WHENMODIFIED: modified(),
      ...owned
    })
  }
  const classes = ["Computers", "Furniture", "Vehicles"].map((name) => {
    const id = store.recordNo()
    store.put("asset_class", { id, name, createdAt: modified(), updatedAt: modified() })
    return id
  })
  for (let index = 0; index < 12; index++) {
    store.put("asset", {
      id: store.recordNo(),
      name: `Asset ${pad(index + 1, 2)}`,
      cost: money(between(10_000, 900_000)),
      Rasset_class: classes[index % classes.length] ?? "",
      createdAt: modified(),
      updatedAt: modified()
    })
  }
  for (const [name, parent] of [
    ["Bills", ""],
    ["Contracts", ""],
    ["Contracts 2026", "Contracts"]
  ] as const) {
    store.put("SUPDOCFOLDER", {
      RECORDNO: store.recordNo(),
      NAME: name,
      DESCRIPTION: "",
      PARENTFOLDER: parent,
      CREATIONDATE: date(),
      CREATEDBY: "xml_gateway",
      WHENMODIFIED: modified(),
      MEGAENTITYID: "",
      MEGAENTITYNAME: ""
    })
  }
  return store
}

const money = (cents: number): string => (cents / 100).toFixed(2)

const pad = (value: number, length: number): string => String(value).padStart(length, "0")
