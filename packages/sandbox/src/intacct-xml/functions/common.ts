import { type Condition, ConditionProblem, type ConditionScope } from "../conditions.ts"
import { fieldPath, type FieldPath } from "../fields.ts"
import { intacctObjects } from "../knownNames.ts"
import { defineObject, notPlayed, Refused } from "../notPlayed.ts"
import { fieldNamed, type ObjectType } from "../objectTypes.ts"
import type { IntacctRecord, View } from "../records.ts"
import type { Identity } from "../sessions.ts"
import { childText, node, type XmlElement, type XmlNode } from "../xml.ts"
import type { FunctionContext, Outcome } from "./context.ts"

/** What somebody sees. */
export const viewOf = (identity: Identity): View => ({ entity: identity.entity, entities: identity.user.entities })

/** The records of a type that the caller sees. */
export const visible = ({ identity }: FunctionContext, type: ObjectType): ReadonlyArray<IntacctRecord> =>
  identity.company.records.visible(type.name, viewOf(identity))

/** A query that cannot be answered. */
export const queryFailed = (description2: string): Refused => new Refused({ errorno: "Query Failed", description2 })

/** A record that cannot be written. */
export const cannot = (context: FunctionContext, verb: string, type: ObjectType, why: string): Refused =>
  new Refused({
    errorno: "BL01001973",
    description2: context.withSupportId(`Could not ${verb} ${type.label} record: ${why}`)
  })

/**
 * The type of that name, if the user may do this to it.
 *
 * @throws `Refused` when there is no such type, or the user may not
 */
export const typeFor = (context: FunctionContext, name: string, operation: string): ObjectType => {
  const type = context.identity.company.records.types.get(name)
  if (type === undefined) throw noSuchObject(name)
  permit(context, type, operation)
  return type
}

/** The refusal of an object: one of Intacct's that is not played, or an unknown one. */
export const noSuchObject = (name: string): Refused => {
  const wanted = name.trim()
  return intacctObjects.has(wanted.toUpperCase())
    ? notPlayed(`the object ${wanted.toUpperCase()}`, defineObject(wanted.toUpperCase()))
    : queryFailed(`Object definition ${wanted} not found`)
}

const writes: ReadonlySet<string> = new Set(["CREATE", "UPDATE", "DELETE"])

/** @throws `Refused` when the user may not */
export const permit = ({ identity, withSupportId }: FunctionContext, type: ObjectType, operation: string): void => {
  const { user } = identity
  if (!user.forbidden.has(type.name) && !(writes.has(operation) && user.readOnly)) return
  throw new Refused({
    errorno: "PL04000005",
    description2: withSupportId(
      `You do not have permission for API operation ${operation} on objects of type ${type.name.toLowerCase()}`
    )
  })
}

/** @throws `Refused` when some object on the way of a path is closed to the user */
const permitPath = (context: FunctionContext, path: FieldPath): FieldPath => {
  for (const name of path.objects) {
    const type = context.identity.company.records.types.get(name)
    if (type !== undefined) permit(context, type, "QUERY")
  }
  return path
}

/** Finds the fields of a type and of what it points to. */
export const pathsOf =
  (context: FunctionContext, type: ObjectType): ((name: string) => FieldPath | undefined) =>
  (name) => {
    const { identity } = context
    const path = fieldPath({ company: identity.company, view: viewOf(identity) }, type, name)
    return path === undefined ? undefined : permitPath(context, path)
  }

/** Finds the fields of a type alone: the older functions know no joins. */
export const ownFields =
  (context: FunctionContext, type: ObjectType): ((name: string) => FieldPath | undefined) =>
  (name) =>
    fieldNamed(type, name) === undefined ? undefined : pathsOf(context, type)(name)

/** @throws `Refused` for a condition that cannot be used */
export const conditionOf = (read: (scope: ConditionScope) => Condition, scope: ConditionScope): Condition => {
  try {
    return read(scope)
  } catch (error) {
    if (!(error instanceof ConditionProblem)) throw error
    if (error.kind === "syntax") throw queryFailed(`The query cannot be used: ${error.message}`)
    throw new Refused({ errorno: "XL03000010", description2: `Field ${error.message} of the query is not known` })
  }
}

/** @throws `Refused` always: names of no fields */
export const unknownFields = (names: ReadonlyArray<string>): Refused =>
  new Refused({
    errorno: "XL03000006",
    description2: `The following fields cannot be queried: ${names.join(", ")}`
  })

/** Everything that `*` gives of a record: what the type shows, and what else the record has. */
export const everything = (type: ObjectType, record: IntacctRecord): ReadonlyArray<string> => [
  ...type.fields,
  ...type.more.filter((field) => (record[field] ?? "") !== "")
]

/** The fields of a list such as `NAME,STATUS`; undefined for all. @throws `Refused` */
export const fieldsOf = (type: ObjectType, requested: string | undefined): ReadonlyArray<string> | undefined => {
  const names = (requested ?? "*")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "")
  if (names.length === 0 || names.includes("*")) return undefined
  const unknown = names.filter((name) => fieldNamed(type, name) === undefined)
  if (unknown.length > 0) throw unknownFields(unknown.map((name) => name.toUpperCase()))
  return names.map((name) => fieldNamed(type, name) ?? name)
}

/** A record with these fields and no others. */
export const project = (
  type: ObjectType,
  record: IntacctRecord,
  fields: ReadonlyArray<string> | undefined
): IntacctRecord =>
  Object.fromEntries((fields ?? everything(type, record)).map((field) => [field, record[field] ?? ""]))

/** A record as an element. */
export const recordNode = (name: string, record: IntacctRecord): XmlNode =>
  node(
    name,
    Object.entries(record).map(([field, value]) => node(field, value))
  )

const mostKeys = 100

/** The keys of `read` and its relatives. @throws `Refused` for none, and for too many */
export const keysOf = (element: XmlElement): ReadonlyArray<string> => {
  const keys = (childText(element, "keys") ?? "")
    .split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "")
  if (keys.length === 0) throw notPlayed(`${element.name} without keys`, "Name the keys, or use readByQuery.")
  if (keys.length > mostKeys) throw queryFailed(`${element.name} takes at most ${mostKeys} keys at a time`)
  return keys
}

/** @throws `Refused` when a document type is named for an object that has none */
export const documentType = (type: ObjectType, docparid: string | undefined): string | undefined => {
  if (docparid === undefined || docparid.trim() === "") return undefined
  if (fieldNamed(type, "DOCPARID") === undefined) throw queryFailed(`docparid does not apply to ${type.name}`)
  return docparid.trim()
}

/** Whether a record is of that document type. */
export const ofDocumentType =
  (docparid: string | undefined) =>
  (record: IntacctRecord): boolean =>
    docparid === undefined || record["DOCPARID"] === docparid

/** The answer in the format that was asked for; `content` makes it in XML. */
export const inFormat = (
  format: string | undefined,
  records: ReadonlyArray<IntacctRecord>,
  content: () => ReadonlyArray<XmlNode>
): Outcome => {
  switch ((format ?? "xml").trim()) {
    case "json":
      return { content: [], plain: { contentType: "application/json", body: JSON.stringify(records) } }
    case "csv":
      return { content: [], plain: { contentType: "text/csv", body: csvOf(records) } }
    default:
      return { content: content() }
  }
}

const csvOf = (records: ReadonlyArray<IntacctRecord>): string => {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))]
  const rows = [names, ...records.map((record) => names.map((name) => record[name] ?? ""))]
  return rows.map((row) => `${row.map(quoted).join(",")}\n`).join("")
}

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The sandbox's time as Intacct writes it. */
export const momentOf = (now: number): string => {
  const [year = "", month = "", rest = ""] = new Date(now).toISOString().split("-")
  return `${month}/${rest.slice(0, 2)}/${year} ${rest.slice(3, 11)}`
}
