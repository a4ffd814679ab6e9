import { type FieldKind, kindOf, type ObjectType, objectTypes, ownedFields } from "../intacct-xml/objectTypes.ts"
import { entityName, type IntacctRecord, type View } from "../intacct-xml/records.ts"
import type { Identity } from "../intacct-xml/sessions.ts"
import { typed } from "../intacct-xml/values.ts"
import { momentOf } from "../intacct-xml/functions/common.ts"
import { isObject } from "../oauth/params.ts"
import { EarlyAnswer } from "../oauth/answers.ts"
import { gatewayError, operationProblem, payloadProblem, type Problem } from "./errors.ts"

/** A REST object, which shows records that the XML API has too. */
export interface RestObject {
  /** Its name behind `/objects/`, such as `accounts-payable/vendor`. */
  readonly name: string
  readonly type: ObjectType
  /** The REST field of every XML field that it shows; dots are nesting. */
  readonly fields: ReadonlyMap<string, string>
}

/** One record that cannot be had, made, changed or removed. */
export class RecordProblem extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.message)
    this.problem = problem
  }
}

const define = (name: string, type: string, fields: Readonly<Record<string, string>>): [string, RestObject] => {
  const found = objectTypes.get(type)
  if (found === undefined) throw new Error(`No object type ${type}`)
  const owned = type === "LOCATIONENTITY" ? {} : { "entity.id": "MEGAENTITYID", "entity.name": "MEGAENTITYNAME" }
  const all = { key: "RECORDNO", id: found.key, ...fields, ...owned, "audit.modifiedDateTime": "WHENMODIFIED" }
  return [name, { name, type: found, fields: new Map(Object.entries(all)) }]
}

const party = {
  name: "NAME",
  status: "STATUS",
  currency: "CURRENCY",
  "term.id": "TERMNAME",
  totalDue: "TOTALDUE",
  "contacts.default.email1": "DISPLAYCONTACT.EMAIL1",
  "audit.createdDateTime": "WHENCREATED"
}

const document = {
  state: "STATE",
  dueDate: "WHENDUE",
  "currency.txnCurrency": "CURRENCY",
  totalTxnAmount: "TOTALENTERED",
  totalTxnAmountPaid: "TOTALPAID",
  totalTxnAmountDue: "TOTALDUE"
}

const objects: ReadonlyMap<string, RestObject> = new Map([
  define("accounts-payable/vendor", "VENDOR", party),
  define("accounts-receivable/customer", "CUSTOMER", party),
  define("accounts-receivable/invoice", "ARINVOICE", {
    ...document,
    invoiceDate: "WHENCREATED",
    "customer.id": "CUSTOMERID",
    "customer.name": "CUSTOMERNAME"
  }),
  define("accounts-payable/bill", "APBILL", {
    ...document,
    createdDate: "WHENCREATED",
    "vendor.id": "VENDORID",
    "vendor.name": "VENDORNAME"
  }),
  define("company-config/entity", "LOCATIONENTITY", {
    name: "NAME",
    status: "STATUS",
    "currency.baseCurrency": "CURRENCY"
  })
])

/** Finds an object by its name. */
export const findObject = (name: string): RestObject | undefined => objects.get(name)

/** Finds an object by the last part of its name alone. */
export const findShortObject = (name: string): RestObject | undefined =>
  Array.from(objects.values()).find((each) => each.name.endsWith(`/${name}`))

/** What is done to records. */
export type Operation = "read" | "create" | "update" | "delete"

/** @throws `EarlyAnswer` when the user has no permission for this. */
export const permit = (identity: Identity, object: RestObject, operation: Operation): void => {
  const { user } = identity
  const writes = operation !== "read"
  if (user.forbidden.has(object.type.name) || (writes && (user.readOnly || object.type.required === undefined))) {
    throw new EarlyAnswer(gatewayError(403, "GW-0042"))
  }
}

const viewOf = (identity: Identity): View => ({ entity: identity.entity, entities: identity.user.entities })

/** The records of an object that a request sees. */
export const visible = (identity: Identity, object: RestObject): ReadonlyArray<IntacctRecord> =>
  identity.company.records.visible(object.type.name, viewOf(identity))

/** @throws `RecordProblem` when there is no such record to be seen. */
export const recordOf = (identity: Identity, object: RestObject, key: string): IntacctRecord => {
  const record = visible(identity, object).find((each) => each["RECORDNO"] === key)
  if (record !== undefined) return record
  throw new RecordProblem(operationProblem(`Object ${object.name} with key ${key} was not found`, 404))
}

/** How other objects point to a record. */
export const referenceOf = (object: RestObject, record: IntacctRecord): object => ({
  key: record["RECORDNO"],
  id: record[object.type.key],
  href: `/objects/${object.name}/${record["RECORDNO"] ?? ""}`
})

/** Whether values of that kind are dates. */
export const isDate = (kind: FieldKind): boolean => kind === "DATE" || kind === "TIMESTAMP"

/** A value as REST shows it under a name: dates by ISO 8601, which the XML API writes as Americans do. */
export const shownValue = (object: RestObject, name: string, value: string): string => {
  const kind = kindOf(object.type, object.fields.get(name) ?? "")
  const time = isDate(kind) ? typed(kind, value) : undefined
  if (typeof time !== "number") return value
  const iso = new Date(time).toISOString()
  return name.endsWith("DateTime") ? `${iso.slice(0, 19)}Z` : iso.slice(0, 10)
}

/** A whole record. */
export const recordBody = (object: RestObject, record: IntacctRecord): object => {
  const body: Record<string, unknown> = {}
  for (const [name, field] of object.fields) {
    place(body, name.split("."), shownValue(object, name, record[field] ?? ""))
  }
  return { ...body, href: `/objects/${object.name}/${record["RECORDNO"] ?? ""}` }
}

const place = (into: Record<string, unknown>, [first = "", ...rest]: ReadonlyArray<string>, value: string): void => {
  if (rest.length === 0) {
    into[first] = value
    return
  }
  const known = into[first]
  const next: Record<string, unknown> = isObject(known) ? known : {}
  into[first] = next
  place(next, rest, value)
}

/** Creates a record. @throws `RecordProblem` */
export const createRecord = (identity: Identity, object: RestObject, given: unknown, now: number): IntacctRecord => {
  const values = valuesOf(object, given)
  const { type } = object
  const { records } = identity.company
  const missing = type.required?.find((field) => (values[field] ?? "") === "")
  if (missing !== undefined) {
    throw new RecordProblem(
      operationProblem(`Could not create ${type.label} record: ${restName(object, missing)} is missing`)
    )
  }
  const named = values[type.key] ?? ""
  if (named !== "" && records.has(type.name, type.key, named)) {
    throw new RecordProblem(operationProblem(`Another ${type.label} with the id ${named} already exists`, 409))
  }
  const recordNo = records.recordNo()
  const entity = identity.entity ?? ""
  const record: IntacctRecord = {
    ...Object.fromEntries(type.fields.map((field) => [field, field === "STATUS" ? "active" : ""])),
    ...values,
    ...relatedOf(identity, object, values),
    RECORDNO: recordNo,
    [type.key]: named === "" ? `${type.label.charAt(0)}-N${recordNo}` : named,
    WHENMODIFIED: momentOf(now),
    MEGAENTITYID: entity,
    MEGAENTITYNAME: entity === "" ? "" : entityName(entity)
  }
  records.put(type.name, record)
  return record
}

/** Changes a record. @throws `RecordProblem` */
export const updateRecord = (
  identity: Identity,
  object: RestObject,
  key: string,
  given: unknown,
  now: number
): IntacctRecord => {
  const values = valuesOf(object, given)
  const record = recordOf(identity, object, key)
  const next: IntacctRecord = {
    ...record,
    ...values,
    ...relatedOf(identity, object, values),
    RECORDNO: record["RECORDNO"] ?? "",
    WHENMODIFIED: momentOf(now)
  }
  identity.company.records.put(object.type.name, next)
  return next
}

/** Removes a record. @throws `RecordProblem` */
export const deleteRecord = (identity: Identity, object: RestObject, key: string): void => {
  identity.company.records.remove(object.type.name, recordOf(identity, object, key))
}

const restName = (object: RestObject, field: string): string =>
  [...object.fields].find(([, each]) => each === field)?.[0] ?? field

/** The XML fields of a body. @throws `RecordProblem` for one that the object does not have. */
const valuesOf = (object: RestObject, given: unknown): Record<string, string> => {
  if (!isObject(given)) throw new RecordProblem(payloadProblem("Payload contains errors: an object is expected"))
  const values: Record<string, string> = {}
  for (const [name, value] of flattened(given, "", 0)) {
    const field = object.fields.get(name)
    if (field === undefined) throw new RecordProblem(payloadProblem(`Payload contains errors: ${name} is not a field`))
    if (ownedFields.includes(field))
      throw new RecordProblem(payloadProblem(`Payload contains errors: ${name} is read only`))
    // Batches name their records by it; the reader of a body has looked at it already.
    if (field !== "RECORDNO") values[field] = storedValue(object, name, field, value)
  }
  return values
}

/** A value as the XML API keeps it. @throws `RecordProblem` for one that its field cannot have */
const storedValue = ({ type }: RestObject, name: string, field: string, value: string): string => {
  const refused = (why: string) => new RecordProblem(payloadProblem(`Payload contains errors: ${name} ${why}`))
  const kind = kindOf(type, field)
  const valid = type.validValues[field]
  if (value === "") {
    if (type.required?.includes(field) === true || valid !== undefined) throw refused("must have a value")
    return value
  }
  if (typed(kind, value) === undefined) throw refused(`is no ${kind}`)
  if (valid !== undefined && !valid.includes(value)) throw refused(`must be one of ${valid.join(", ")}`)
  if (kind !== "DATE") return value
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(value) ?? []
  if (year === undefined) throw refused("must be a date such as 2026-01-31")
  return `${month}/${day}/${year}`
}

/** The names of what a record points to. @throws `RecordProblem` when it points nowhere */
const relatedOf = (
  identity: Identity,
  { fields, type }: RestObject,
  values: Readonly<Record<string, string>>
): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const { by, matches, object } of Object.values(type.relations)) {
    const value = values[by] ?? ""
    const other = objectTypes.get(object)
    if (value === "" || other === undefined) continue
    const record = identity.company.records
      .visible(object, viewOf(identity))
      .find((each) => each[matches ?? other.key] === value)
    if (record === undefined) {
      const name = [...fields].find(([, field]) => field === by)?.[0] ?? by
      throw new RecordProblem(
        payloadProblem(`Payload contains errors: ${name}: ${other.label} ${value} does not exist`)
      )
    }
    const name = `${by.replace(/ID$/, "")}NAME`
    if (type.fields.includes(name)) found[name] = record["NAME"] ?? ""
  }
  return found
}

const deepest = 8

const flattened = (given: Readonly<Record<string, unknown>>, prefix: string, depth: number): Array<[string, string]> =>
  Object.entries(given).flatMap(([name, value]): Array<[string, string]> => {
    const path = prefix === "" ? name : `${prefix}.${name}`
    if (isObject(value) && depth < deepest) return flattened(value, path, depth + 1)
    if (value === null) return [[path, ""]]
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return [[path, String(value)]]
    throw new RecordProblem(payloadProblem(`Payload contains errors: ${path} has no value that a field can have`))
  })
