import { parseQuery, parseViewFilters } from "../conditions.ts"
import { companyKey } from "../companies.ts"
import { type ObjectType, relationNamed } from "../objectTypes.ts"
import type { IntacctRecord } from "../records.ts"
import { child, childText, node, type XmlNode } from "../xml.ts"
import {
  conditionOf,
  documentType,
  fieldsOf,
  inFormat,
  keysOf,
  ofDocumentType,
  ownFields,
  project,
  queryFailed,
  recordNode,
  typeFor,
  visible
} from "./common.ts"
import type { FunctionContext, Outcome, Play } from "./context.ts"
import { moreOfReport } from "./reports.ts"

/** A list view that somebody has set up in Intacct's pages. */
interface ListView {
  /** `OBJECT#originalId`. */
  readonly id: string
  readonly object: string
  readonly fields: ReadonlyArray<string>
  readonly shows: (record: IntacctRecord) => boolean
}

const parties = (object: "VENDOR" | "CUSTOMER", original: string): ReadonlyArray<ListView> => {
  const fields = ["RECORDNO", `${object}ID`, "NAME", "STATUS", "TOTALDUE"]
  return [
    { id: `${object}#${original}1@10001`, object, fields, shows: () => true },
    { id: `${object}#${original}2@10001`, object, fields, shows: (record) => record["STATUS"] === "active" }
  ]
}

const documents = (object: "ARINVOICE" | "APBILL", party: string, original: string): ReadonlyArray<ListView> => [
  {
    id: `${object}#${original}1@10001`,
    object,
    fields: ["RECORDNO", "RECORDID", `${party}NAME`, "WHENDUE", "TOTALDUE"],
    shows: (record) => record["STATE"] !== "Paid"
  }
]

/** The views that every company has: all and active parties, open documents, all assets. */
const listViews: ReadonlyArray<ListView> = [
  ...parties("VENDOR", "10010"),
  ...parties("CUSTOMER", "10020"),
  ...documents("ARINVOICE", "CUSTOMER", "10030"),
  ...documents("APBILL", "VENDOR", "10040"),
  { id: "ASSET#100501@10001", object: "asset", fields: ["id", "name", "cost"], shows: () => true }
]

/** The view of that id; the object's name may be in small letters. */
const viewNamed = (id: string): ListView | undefined => listViews.find((view) => view.id === id.trim().toUpperCase())

const pageSizeOf = (text: string | undefined, otherwise = 100): number =>
  text === undefined || text.trim() === "" ? otherwise : Number(text.trim())

/** `readByQuery`. */
export const readByQuery: Play = (context) => {
  const { element } = context.called
  const type = typeFor(context, childText(element, "object") ?? "", "READ_BY_QUERY")
  const fields = fieldsOf(type, childText(element, "fields"))
  const condition = conditionOf((scope) => parseQuery(childText(element, "query") ?? "", scope), {
    field: ownFields(context, type)
  })
  const records = visible(context, type)
    .filter(ofDocumentType(documentType(type, childText(element, "docparid"))))
    .filter(condition)
  return firstPage(context, type, type.name, fields, records)
}

/** `readView`. */
export const readView: Play = (context) => {
  const { element } = context.called
  const named = childText(element, "view") ?? ""
  const view = viewNamed(named)
  if (view === undefined) throw queryFailed(`View ${named.trim()} not found`)
  const type = typeFor(context, view.object, "READ_VIEW")
  const filter = conditionOf((scope) => parseViewFilters(child(element, "filters"), scope), {
    field: ownFields(context, type)
  })
  const records = visible(context, type).filter(view.shows).filter(filter)
  return firstPage(context, type, view.id, view.fields, records)
}

const firstPage = (
  context: FunctionContext,
  type: ObjectType,
  name: string,
  fields: ReadonlyArray<string> | undefined,
  records: ReadonlyArray<IntacctRecord>
): Outcome => {
  const { called, cursors, identity, session } = context
  const pageSize = pageSizeOf(childText(called.element, "pagesize"))
  const projected = records.map((record) => project(type, record, fields))
  const page = projected.slice(0, pageSize)
  const resultId =
    page.length === projected.length
      ? ""
      : cursors.open({
          kind: "result",
          company: companyKey(identity.company.companyId),
          userId: identity.user.userId,
          session,
          name,
          type,
          records: projected,
          pageSize,
          position: page.length,
          readyAt: 0
        })
  return inFormat(childText(called.element, "returnFormat"), page, () => [
    pageNode(type, page, projected.length, projected.length - page.length, resultId)
  ])
}

/** `readMore`. */
export const readMore: Play = (context) => {
  const { called, cursors, identity, session } = context
  const company = companyKey(identity.company.companyId)
  const [given] = called.element.children
  const wanted = (given?.text ?? "").trim()
  if (given?.name === "reportId") return moreOfReport(context, wanted)
  const byName = given?.name === "resultId" ? undefined : cursors.newest(wanted, company, identity.user.userId)
  const id = byName === undefined ? wanted : byName[0]
  const cursor = byName === undefined ? cursors.result(id, company, session) : byName[1]
  if (cursor === undefined) throw queryFailed(`Result set ${wanted} not found`)
  const page = cursor.records.slice(cursor.position, cursor.position + cursor.pageSize)
  cursor.position += page.length
  const remaining = cursor.records.length - cursor.position
  if (remaining === 0) cursors.close(id)
  return { content: [pageNode(cursor.type, page, cursor.records.length, remaining, remaining === 0 ? "" : id)] }
}

/** `read` and `readByName`. */
export const readKeys =
  (operation: "READ" | "READ_BY_NAME"): Play =>
  (context) => {
    const { element } = context.called
    const type = typeFor(context, childText(element, "object") ?? "", operation)
    const fields = fieldsOf(type, childText(element, "fields"))
    const keyField = operation === "READ" ? type.number : type.key
    const seen = visible(context, type).filter(ofDocumentType(documentType(type, childText(element, "docparid"))))
    const found = keysOf(element).flatMap((key) => seen.filter((record) => record[keyField] === key))
    return listed(type, childText(element, "returnFormat"), found, fields)
  }

/** `readRelated`, which Intacct has for custom objects only. */
export const readRelated: Play = (context) => {
  const { element } = context.called
  const type = typeFor(context, childText(element, "object") ?? "", "READ_RELATED")
  if (!type.custom) throw queryFailed(`readRelated works on custom objects only, and ${type.name} is none`)
  const asked = (childText(element, "relation") ?? "").trim()
  const name = relationNamed(type, asked)
  const relation = name === undefined ? undefined : type.relations[name]
  if (relation === undefined) throw queryFailed(`Relationship ${asked} of ${type.name} not found`)
  const other = typeFor(context, relation.object, "READ_RELATED")
  const fields = fieldsOf(other, childText(element, "fields"))
  const keys = new Set(keysOf(element))
  const pointed = new Set(
    visible(context, type)
      .filter((record) => keys.has(record[type.number] ?? ""))
      .map((record) => record[relation.by] ?? "")
  )
  const matches = relation.matches ?? other.key
  const found = visible(context, other).filter((record) => pointed.has(record[matches] ?? ""))
  return listed(other, childText(element, "returnFormat"), found, fields)
}

const listed = (
  type: ObjectType,
  format: string | undefined,
  records: ReadonlyArray<IntacctRecord>,
  fields: ReadonlyArray<string> | undefined
): Outcome => {
  const listtype = type.name.toLowerCase()
  const projected = records.map((record) => project(type, record, fields))
  return inFormat(format, projected, () => [
    node(
      "data",
      projected.map((record) => recordNode(listtype, record)),
      { listtype, count: String(projected.length) }
    )
  ])
}

const pageNode = (
  type: ObjectType,
  page: ReadonlyArray<IntacctRecord>,
  total: number,
  remaining: number,
  resultId: string
): XmlNode => {
  const listtype = type.name.toLowerCase()
  return node(
    "data",
    page.map((record) => recordNode(listtype, record)),
    { listtype, count: String(page.length), totalcount: String(total), numremaining: String(remaining), resultId }
  )
}
