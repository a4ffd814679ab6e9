import { parseListFilter } from "../conditions.ts"
import type { FieldPath } from "../fields.ts"
import { defineFunction, notPlayed } from "../notPlayed.ts"
import { fieldNamed, kindOf, type ObjectType } from "../objectTypes.ts"
import type { IntacctRecord } from "../records.ts"
import { order } from "../values.ts"
import { child, node, type XmlNode } from "../xml.ts"
import { conditionOf, permit, unknownFields, visible } from "./common.ts"
import type { Play } from "./context.ts"

/** A file of an attachment: its name without the ending, the ending, the content in base64. */
interface AttachedFile {
  readonly name: string
  readonly type: string
  readonly data: string
}

/** Reads what {@link writeAttachments} has written. */
export const attachmentsOf = (text: string): ReadonlyArray<AttachedFile> =>
  text === "" ? [] : (JSON.parse(text) as ReadonlyArray<AttachedFile>)

/** The files of an attachment as the one field of its record that they are kept in. */
export const writeAttachments = (files: ReadonlyArray<AttachedFile>): string => JSON.stringify(files)

/** A field of a list: what it is called there, and what of the record it shows. */
interface ListField {
  readonly name: string
  readonly field: string
  readonly as: "text" | "date" | "attachments"
}

const listField = (name: string, field: string, as: ListField["as"] = "text"): ListField => ({ name, field, as })

const document = (number: string, party: string): ReadonlyArray<ListField> => [
  listField("key", "RECORDNO"),
  listField(`${party.toLowerCase()}id`, `${party}ID`),
  listField("datecreated", "WHENCREATED", "date"),
  listField("dateposted", "WHENPOSTED", "date"),
  listField("datedue", "WHENDUE", "date"),
  listField("termname", "TERMNAME"),
  listField("batchkey", "PRBATCHKEY"),
  listField(number, "RECORDID"),
  listField("ponumber", "DOCNUMBER"),
  listField("totalamount", "TOTALENTERED"),
  listField("totalpaid", "TOTALPAID"),
  listField("totaldue", "TOTALDUE"),
  listField("description", "DESCRIPTION"),
  listField("externalid", "EXTERNALID"),
  listField("basecurr", "BASECURR"),
  listField("currency", "CURRENCY"),
  listField("supdocid", "SUPDOCID"),
  listField("state", "STATE"),
  listField("whenmodified", "WHENMODIFIED")
]

/** The lists whose names are not simply those of the record in small letters. */
const lists: Readonly<Record<string, ReadonlyArray<ListField>>> = {
  ARINVOICE: document("invoiceno", "CUSTOMER"),
  APBILL: document("billno", "VENDOR"),
  SODOCUMENT: [
    listField("key", "DOCID"),
    listField("transactiontype", "DOCPARID"),
    listField("datecreated", "WHENCREATED", "date"),
    listField("customerid", "CUSTVENDID"),
    listField("documentno", "DOCNO"),
    listField("referenceno", "PONUMBER"),
    listField("termname", "TERM.NAME"),
    listField("datedue", "WHENDUE", "date"),
    listField("message", "MESSAGE"),
    listField("currency", "CURRENCY"),
    listField("state", "STATE"),
    listField("total", "TOTAL"),
    listField("whenmodified", "WHENMODIFIED")
  ],
  SUPDOC: [
    listField("recordno", "RECORDNO"),
    listField("supdocid", "SUPDOCID"),
    listField("supdocname", "SUPDOCNAME"),
    listField("folder", "FOLDER"),
    listField("description", "DESCRIPTION"),
    listField("creationdate", "CREATIONDATE"),
    listField("createdby", "CREATEDBY"),
    listField("attachments", "ATTACHMENTS", "attachments")
  ],
  SUPDOCFOLDER: [
    listField("name", "NAME"),
    listField("description", "DESCRIPTION"),
    listField("parentfolder", "PARENTFOLDER"),
    listField("creationdate", "CREATIONDATE"),
    listField("createdby", "CREATEDBY")
  ]
}

const fieldsOf = (type: ObjectType): ReadonlyArray<ListField> =>
  lists[type.name] ?? type.fields.map((field) => listField(field.toLowerCase(), field))

/** `get_list`, whose schema has let pass what is in it. */
export const getList: Play = (context) => {
  const { element } = context.called
  const listed = element.attributes.get("object") ?? ""
  const type = context.identity.company.records.types.listed(listed)
  if (type === undefined) throw notPlayed(`get_list of ${listed}`, defineFunction("get_list"))
  permit(context, type, "GET_LIST")
  const known = fieldsOf(type)
  const find = (name: string): ListField | undefined => {
    const wanted = name.trim().toLowerCase()
    return (
      known.find((each) => each.name === wanted && each.as !== "attachments") ??
      // What a list does not show can be looked for by the name that the record has for it.
      (fieldNamed(type, wanted) === undefined ? undefined : listField(wanted, fieldNamed(type, wanted) ?? wanted))
    )
  }
  const path = (name: string): FieldPath | undefined => {
    const found = find(name)
    if (found === undefined) return undefined
    const { field } = found
    return { name: found.name, kind: kindOf(type, field), read: (record) => record[field] ?? "", objects: [] }
  }
  const asked = child(element, "fields")?.children.map((each) => each.text.trim().toLowerCase())
  const shown = asked?.map((name) => known.find((each) => each.name === name) ?? find(name)) ?? known
  const unknown = (asked ?? []).filter((_, index) => shown[index] === undefined)
  if (unknown.length > 0) throw unknownFields(unknown)
  const condition = conditionOf((scope) => parseListFilter(child(element, "filter"), scope), { field: path })
  const orders = (child(element, "sorts")?.children ?? []).map((each) => {
    const by = path(each.text)
    if (by === undefined) throw unknownFields([each.text.trim()])
    return { by, direction: each.attributes.get("order") === "desc" ? -1 : 1 }
  })
  const records = visible(context, type)
    .filter(condition)
    .toSorted((a, b) => {
      for (const { by, direction } of orders) {
        const difference = order(by.kind, by.read(a), by.read(b))
        if (difference !== 0) return direction * difference
      }
      return 0
    })
  const start = Number(element.attributes.get("start") ?? "0")
  const most = Number(element.attributes.get("maxitems") ?? "100")
  const page = records.slice(start, start + most)
  return {
    content: [
      node("listtype", listed, {
        start: String(start),
        end: String(Math.max(start + page.length - 1, 0)),
        total: String(records.length)
      }),
      node(
        "data",
        page.map((record) =>
          node(
            listed,
            shown.flatMap((each) => (each === undefined ? [] : [listNode(each, record)]))
          )
        )
      )
    ]
  }
}

const listNode = ({ name, field, as }: ListField, record: IntacctRecord): XmlNode => {
  const value = record[field] ?? ""
  switch (as) {
    case "text":
      return node(name, value)
    case "date": {
      const [month = "", day = "", year = ""] = value.slice(0, 10).split("/")
      return node(name, value === "" ? "" : [node("year", year), node("month", month), node("day", day)])
    }
    case "attachments":
      return node(
        name,
        attachmentsOf(value).map((file) =>
          node("attachment", [
            node("attachmentname", file.name),
            node("attachmenttype", file.type),
            node("attachmentdata", file.data)
          ])
        )
      )
  }
}
