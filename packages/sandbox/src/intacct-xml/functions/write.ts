import { notPlayed, Refused } from "../notPlayed.ts"
import { fieldNamed, kindOf, type ObjectType, ownedFields } from "../objectTypes.ts"
import { entityName, type IntacctRecord } from "../records.ts"
import { money, productOf, sumOf, typed } from "../values.ts"
import { childText, node, type XmlElement } from "../xml.ts"
import { cannot, keysOf, momentOf, recordNode, typeFor, visible } from "./common.ts"
import type { FunctionContext, Play } from "./context.ts"

/** The fields of a record that somebody gave, and those of its lines. */
export interface Written {
  readonly values: Readonly<Record<string, string>>
  /** Undefined when no lines were given: those that are there stay. */
  readonly lines: ReadonlyArray<Readonly<Record<string, string>>> | undefined
}

/** `create`. */
export const create: Play = (context) => {
  const created = context.called.element.children.map((given) => {
    const type = writable(context, given.name, "CREATE")
    const record = createRecord(context, type, writtenOf(type, given))
    return recordNode(type.name.toLowerCase(), keyFields(type, record))
  })
  return { content: [node("data", created, { listtype: "objects", count: String(created.length) })] }
}

/** `update`. */
export const update: Play = (context) => {
  const updated = context.called.element.children.map((given) => {
    const type = writable(context, given.name, "UPDATE")
    const { values, lines } = writtenOf(type, given)
    const { [type.number]: number, ...rest } = values
    const record = visible(context, type).find((each) =>
      number === undefined ? each[type.key] === values[type.key] : each[type.number] === number
    )
    if (record === undefined) throw cannot(context, "update", type, "it does not exist")
    const next = updateRecord(context, type, record, { values: rest, lines })
    return recordNode(type.name.toLowerCase(), keyFields(type, next))
  })
  return { content: [node("data", updated, { listtype: "objects", count: String(updated.length) })] }
}

/** `delete`. */
export const remove: Play = (context) => {
  const { element } = context.called
  const type = writable(context, childText(element, "object") ?? "", "DELETE")
  for (const key of keysOf(element)) {
    const record = visible(context, type).find((each) => each[type.number] === key)
    if (record === undefined) throw cannot(context, "delete", type, "it does not exist")
    deleteRecord(context, type, record)
  }
  return { content: [] }
}

/** The type, if the user may write it and Intacct lets anybody. */
const writable = (context: FunctionContext, name: string, operation: "CREATE" | "UPDATE" | "DELETE"): ObjectType => {
  const type = typeFor(context, name, operation)
  if (type.required !== undefined) return type
  if (type.name === "LOCATIONENTITY") {
    throw new Refused({
      errorno: "PL04000005",
      description2: context.withSupportId(
        `You do not have permission for API operation ${operation} on objects of type ${type.name.toLowerCase()}`
      )
    })
  }
  throw notPlayed(
    `${operation.toLowerCase()} of ${type.name}`,
    "Use the older function, such as create_sotransaction, or write the document whose line it is."
  )
}

const keyFields = (type: ObjectType, record: IntacctRecord): IntacctRecord =>
  Object.fromEntries([...new Set([type.number, type.key])].map((field) => [field, record[field] ?? ""]))

/** The fields that an object of `create` or `update` holds; nested ones are joined by dots. @throws `Refused` */
const writtenOf = (type: ObjectType, given: XmlElement): Written => {
  const values: Record<string, string> = {}
  let lines: Array<Readonly<Record<string, string>>> | undefined
  const visit = (element: XmlElement, prefix: string): void => {
    refuseBeside(element)
    for (const each of element.children) {
      const path = `${prefix}${each.name}`
      if (each.children.length === 0) {
        const field = fieldNamed(type, path)
        if (field === undefined) throw unknownField(type, path)
        if (ownedFields.includes(field)) throw unwritable(type, field)
        put(values, field, each)
      } else if (prefix === "" && type.lines?.container === each.name.toUpperCase()) {
        refuseBeside(each)
        if (lines !== undefined) throw twice(each.name)
        lines = each.children.map((line) => lineOf(type, line))
      } else if (prefix.split(".").length > 4) throw unknownField(type, path)
      else visit(each, `${path}.`)
    }
  }
  visit(given, "")
  return { values, lines }
}

const twice = (field: string) => notPlayed(`what it means that ${field} is given twice`, "Give each field once.")

/** @throws `Refused` for a field that was given before, and for attributes of it */
const put = (values: Record<string, string>, field: string, given: XmlElement): void => {
  refuseBeside(given)
  if (Object.hasOwn(values, field)) throw twice(field)
  values[field] = given.text
}

/** What would be passed over: attributes, and text beside elements. @throws `Refused` */
const refuseBeside = ({ attributes, children, name, text }: XmlElement): void => {
  const [attribute] = attributes.keys()
  if (attribute !== undefined) throw notPlayed(`the attribute ${attribute} of ${name}`, "Leave it out.")
  if (children.length > 0 && text.trim() !== "") {
    throw notPlayed(`text between the fields of ${name}`, "Put it into a field, or leave it out.")
  }
}

/** What the newer functions call the fields of a line that are in the transaction's own currency. */
const lineNames: Readonly<Record<string, string>> = { TRX_AMOUNT: "AMOUNT", GLACCOUNTNO: "ACCOUNTNO" }

const lineOf = (document: ObjectType, element: XmlElement): Readonly<Record<string, string>> => {
  const name = document.lines?.object ?? ""
  if (element.name.toUpperCase() !== name)
    throw unknownField(document, `${document.lines?.container ?? ""}.${element.name}`)
  refuseBeside(element)
  const values: Record<string, string> = {}
  for (const each of element.children) {
    const field = each.name.toUpperCase()
    const [inner] = each.children
    if (inner !== undefined) throw notPlayed(`the field ${field}.${inner.name} of ${name}`, "Leave it out.")
    put(values, lineNames[field] ?? field, each)
  }
  return values
}

const unknownField = (type: ObjectType, name: string): Refused =>
  notPlayed(
    `the field ${name} of ${type.name}`,
    `Define it: sandbox.company(id).define({ objects: { ${type.name}: { fields: ["${name}"] } } }).`
  )

const unwritable = (type: ObjectType, field: string): Refused =>
  new Refused({
    errorno: "BL01001973",
    description2: `Could not write ${type.label} record: ${field} is set by Sage Intacct`
  })

/** Creates a record, with its lines if it is a document. @throws `Refused` */
export const createRecord = (context: FunctionContext, type: ObjectType, written: Written): IntacctRecord => {
  const { identity, now } = context
  const { records } = identity.company
  const { values } = written
  const missing = type.required?.find((field) => (values[field] ?? "") === "")
  if (missing !== undefined) throw cannot(context, "create", type, `${missing} is missing`)
  if (values[type.number] !== undefined) throw unwritable(type, type.number)
  const recordNo = records.recordNo()
  const name = type.key === type.number ? recordNo : values[type.key] || `${type.label.charAt(0)}-N${recordNo}`
  if (records.has(type.name, type.key, name)) {
    throw new Refused({
      errorno: "BL34000061",
      description2: context.withSupportId(`Another ${type.label} with the given value(s) ${name} already exists`),
      correction: "Use a unique value instead."
    })
  }
  const moment = momentOf(now())
  const record: IntacctRecord = {
    ...Object.fromEntries(type.fields.map((field) => [field, field === "STATUS" ? "active" : ""])),
    ...values,
    ...related(context, type, values, "create"),
    [type.key]: name,
    [type.number]: recordNo,
    ...(type.custom ? { createdAt: moment, updatedAt: moment } : owned(context))
  }
  checkValues(context, type, values, "create")
  return putDocument(context, type, record, written.lines, true)
}

/** Changes a record. @throws `Refused` */
export const updateRecord = (
  context: FunctionContext,
  type: ObjectType,
  record: IntacctRecord,
  written: Written
): IntacctRecord => {
  const { values } = written
  checkValues(context, type, values, "update")
  const moment = momentOf(context.now())
  const next: IntacctRecord = {
    ...record,
    ...values,
    ...related(context, type, values, "update"),
    [type.number]: record[type.number] ?? "",
    ...(type.custom ? { updatedAt: moment } : { WHENMODIFIED: moment })
  }
  return putDocument(context, type, next, written.lines, false)
}

/** Removes a record, with its lines if it is a document. */
export const deleteRecord = (context: FunctionContext, type: ObjectType, record: IntacctRecord): void => {
  const { records } = context.identity.company
  for (const line of linesOf(context, type, record)) records.remove(type.lines?.object ?? "", line)
  records.remove(type.name, record)
}

/** The lines of a document, in their order. */
export const linesOf = (
  { identity }: FunctionContext,
  type: ObjectType,
  document: IntacctRecord
): ReadonlyArray<IntacctRecord> => {
  const { lines } = type
  if (lines === undefined) return []
  return identity.company.records
    .visible(lines.object, { entity: undefined, entities: undefined })
    .filter((line) => line[lines.by] === document[type.number])
    .toSorted((a, b) => Number(a["LINE_NO"]) - Number(b["LINE_NO"]))
}

const owned = ({ identity, now }: FunctionContext): IntacctRecord => ({
  WHENMODIFIED: momentOf(now()),
  MEGAENTITYID: identity.entity ?? "",
  MEGAENTITYNAME: identity.entity === undefined ? "" : entityName(identity.entity)
})

/** The names of what a record points to. @throws `Refused` when it points nowhere */
const related = (
  context: FunctionContext,
  type: ObjectType,
  values: Readonly<Record<string, string>>,
  verb: string
): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const { object, by, matches } of Object.values(type.relations)) {
    const value = values[by] ?? ""
    const other = context.identity.company.records.types.get(object)
    if (value === "" || other === undefined) continue
    const record = visible(context, other).find((each) => each[matches ?? other.key] === value)
    if (record === undefined) throw cannot(context, verb, type, `${other.label} ${value} does not exist`)
    const name = `${by.replace(/ID$/, "")}NAME`
    if (type.fields.includes(name)) found[name] = record["NAME"] ?? ""
  }
  return found
}

/** @throws `Refused` for a value that is none of its field's kind, or none of those that it can have */
const checkValues = (
  context: FunctionContext,
  type: ObjectType,
  values: Readonly<Record<string, string>>,
  verb: string
): void => {
  for (const [field, value] of Object.entries(values)) {
    if (value === "") continue
    const kind = kindOf(type, field)
    if (typed(kind, value) === undefined) throw cannot(context, verb, type, `${field} is no ${kind}`)
    const valid = type.validValues[field]
    if (valid !== undefined && !valid.includes(value)) {
      throw cannot(context, verb, type, `${field} must be one of ${valid.join(", ")}`)
    }
  }
}

/** Keeps a record and the lines that were given for it, and adds them up. */
const putDocument = (
  context: FunctionContext,
  type: ObjectType,
  record: IntacctRecord,
  given: Written["lines"],
  isNew: boolean
): IntacctRecord => {
  const { records } = context.identity.company
  const { lines } = type
  if (lines === undefined) {
    records.put(type.name, record)
    return record
  }
  const lineType = records.types.get(lines.object)
  if (lineType === undefined) throw new Error(`No object ${lines.object}`)
  if (given !== undefined) {
    for (const line of linesOf(context, type, record)) records.remove(lines.object, line)
    for (const [index, values] of given.entries()) {
      putLine(context, lineType, { ...values, [lines.by]: record[type.number] ?? "", LINE_NO: String(index + 1) })
    }
  }
  const next = given === undefined && !isNew ? record : { ...record, ...totals(context, type, record, isNew) }
  records.put(type.name, next)
  return next
}

const putLine = (context: FunctionContext, type: ObjectType, values: Readonly<Record<string, string>>): void => {
  const { records } = context.identity.company
  const unknown = Object.keys(values).find((field) => fieldNamed(type, field) === undefined)
  if (unknown !== undefined) throw unknownField(type, unknown)
  checkValues(context, type, values, "create")
  const line: Record<string, string> = {
    ...Object.fromEntries(type.fields.map((field) => [field, ""])),
    ...values,
    RECORDNO: records.recordNo(),
    ...owned(context)
  }
  const { AMOUNT: amount, PRICE: price, QUANTITY: quantity } = line
  if (amount !== undefined) {
    if (amount === "") throw cannot(context, "create", type, "AMOUNT is missing")
    line["AMOUNT"] = money(sumOf([amount]))
  } else if (quantity === "" || quantity === undefined) throw cannot(context, "create", type, "QUANTITY is missing")
  else line["TOTAL"] = money(productOf(quantity, price || "0"))
  records.put(type.name, line)
}

const totals = (context: FunctionContext, type: ObjectType, record: IntacctRecord, isNew: boolean): IntacctRecord => {
  const lines = linesOf(context, type, record)
  if (type.name === "SODOCUMENT") return { TOTAL: money(sumOf(lines.map((line) => line["TOTAL"] ?? ""))) }
  const given = isNew && lines.length === 0 ? (record["TOTALENTERED"] ?? "") : ""
  const total = money(given === "" ? sumOf(lines.map((line) => line["AMOUNT"] ?? "")) : sumOf([given]))
  const paid = money(sumOf([record["TOTALPAID"] ?? ""]))
  const due = money(sumOf([total, paid.startsWith("-") ? paid.slice(1) : `-${paid}`]))
  return {
    ...(record["STATE"] === "" ? { STATE: "Posted" } : {}),
    TOTALENTERED: total,
    TOTALPAID: paid,
    TOTALDUE: due
  }
}
