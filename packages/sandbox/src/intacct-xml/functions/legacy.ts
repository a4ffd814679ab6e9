import type { LegacyField, LegacyFields } from "../legacyFields.ts"
import { legacyFunctions, type LegacyFunction, type LegacyLines } from "../legacy.ts"
import { notPlayed, Refused } from "../notPlayed.ts"
import { fieldNamed, type ObjectType } from "../objectTypes.ts"
import type { IntacctRecord } from "../records.ts"
import { typed } from "../values.ts"
import { child, childText, node, type XmlElement } from "../xml.ts"
import { attachmentsOf, writeAttachments } from "./getList.ts"
import { cannot, momentOf, permit, visible } from "./common.ts"
import type { FunctionContext, Outcome, Play } from "./context.ts"
import { createRecord, deleteRecord, linesOf, updateRecord } from "./write.ts"

/** The older functions that write, by name. */
export const legacyPlays: ReadonlyMap<string, Play> = new Map(
  legacyFunctions.map((each) => [each.name, (context) => play(context, each)])
)

const play = (context: FunctionContext, spec: LegacyFunction): Outcome => {
  const type = context.identity.company.records.types.any(spec.object)
  if (type === undefined) throw new Error(`No object ${spec.object}`)
  permit(context, type, spec.verb.toUpperCase())
  if (context.called.element.attributes.get("disablevalidation") === "true") {
    throw notPlayed("disablevalidation", "Leave it out.")
  }
  const record = spec.verb === "create" ? created(context, spec, type) : changed(context, spec, type)
  return { content: keyAndData(context, spec, record) }
}

const keyAndData = (
  { options }: FunctionContext,
  { key, verb }: LegacyFunction,
  record: IntacctRecord
): ReadonlyArray<ReturnType<typeof node>> => {
  const keyNode = verb === "delete" ? [] : [node("key", record[key] ?? "")]
  return options().legacyData === "empty" ? [...keyNode, node("data")] : keyNode
}

const created = (context: FunctionContext, spec: LegacyFunction, type: ObjectType): IntacctRecord => {
  const { element } = context.called
  const values = valuesOf(context, spec.fields, type, element)
  return createRecord(context, type, {
    values: { ...defaults(context, type, values), ...values, ...stateOf(context, type, values) },
    lines: newLines(context, spec.lines, type, element)
  })
}

/** What Intacct sets by itself when a record is made. */
const defaults = (
  context: FunctionContext,
  type: ObjectType,
  values: Readonly<Record<string, string>>
): Record<string, string> => {
  const today = momentOf(context.now()).slice(0, 10)
  const { userId } = context.identity.user
  switch (type.name) {
    case "CUSTOMER":
    case "VENDOR":
      return { WHENCREATED: today }
    case "SUPDOC":
      return { CREATIONDATE: today, CREATEDBY: userId, ...checkedFolder(context, values["FOLDER"]) }
    case "SUPDOCFOLDER":
      return { CREATIONDATE: today, CREATEDBY: userId, ...checkedFolder(context, values["PARENTFOLDER"]) }
    case "SODOCUMENT": {
      const number = values["DOCNO"] || `SO-N${context.identity.company.records.recordNo()}`
      return { DOCNO: number, DOCID: `${values["DOCPARID"] ?? ""}-${number}`, STATE: "Pending" }
    }
    default:
      return {}
  }
}

/** The state that `action` or `state` of a document leads to. */
const stateOf = (
  context: FunctionContext,
  type: ObjectType,
  values: Readonly<Record<string, string>>
): Record<string, string> => {
  const given = values["STATE"]
  if (given === undefined || given === "") return {}
  const states: Readonly<Record<string, string>> =
    type.name === "SODOCUMENT"
      ? { Draft: "Draft", Pending: "Pending", Closed: "Closed" }
      : { Draft: "Draft", Submit: "Posted" }
  const state = Object.hasOwn(states, given) ? states[given] : undefined
  if (state === undefined)
    throw cannot(context, "write", type, `its state must be one of ${Object.keys(states).join(", ")}`)
  return { STATE: state }
}

const checkedFolder = (context: FunctionContext, name: string | undefined): Record<string, string> => {
  if (name === undefined || name === "") return {}
  const { records } = context.identity.company
  if (records.has("SUPDOCFOLDER", "NAME", name)) return {}
  throw new Refused({
    errorno: "BL01001973",
    description2: context.withSupportId(`Attachment folder ${name} does not exist`)
  })
}

const changed = (context: FunctionContext, spec: LegacyFunction, type: ObjectType): IntacctRecord => {
  const { element } = context.called
  const record = recordOf(context, spec, type)
  if (record === undefined) throw cannot(context, spec.verb, type, "it does not exist")
  if (spec.verb === "delete") {
    deleteRecord(context, type, record)
    return record
  }
  const values = valuesOf(context, spec.fields, type, element)
  checkedFolder(context, values["FOLDER"] ?? values["PARENTFOLDER"])
  const added = type.name === "SUPDOC" && values["ATTACHMENTS"] !== undefined
  return updateRecord(context, type, record, {
    values: {
      ...values,
      ...stateOf(context, type, values),
      ...(added
        ? {
            ATTACHMENTS: writeAttachments([
              ...attachmentsOf(record["ATTACHMENTS"] ?? ""),
              ...attachmentsOf(values["ATTACHMENTS"] ?? "")
            ])
          }
        : {})
    },
    lines: changedLines(context, spec.lines, type, record, element)
  })
}

const recordOf = (context: FunctionContext, spec: LegacyFunction, type: ObjectType): IntacctRecord | undefined => {
  const { element } = context.called
  const { named } = spec
  if (named === undefined) return undefined
  const wanted = (named.in === "attribute" ? element.attributes.get(named.name) : childText(element, named.name)) ?? ""
  const external = ["true", "1"].includes((element.attributes.get("externalkey") ?? "false").trim())
  const field = external ? "EXTERNALID" : named.field
  return wanted === "" ? undefined : visible(context, type).find((each) => each[field] === wanted)
}

const newLines = (
  context: FunctionContext,
  lines: LegacyLines | undefined,
  type: ObjectType,
  element: XmlElement
): ReadonlyArray<Readonly<Record<string, string>>> | undefined => {
  const container = lines === undefined ? undefined : child(element, lines.container)
  if (lines === undefined || container === undefined) return undefined
  const lineType = lineTypeOf(context, type)
  return container.children.map((each) => valuesOf(context, lines.fields, lineType, each))
}

const changedLines = (
  context: FunctionContext,
  lines: LegacyLines | undefined,
  type: ObjectType,
  record: IntacctRecord,
  element: XmlElement
): ReadonlyArray<Readonly<Record<string, string>>> | undefined => {
  const container = lines === undefined ? undefined : child(element, lines.container)
  if (lines === undefined || container === undefined) return undefined
  const lineType = lineTypeOf(context, type)
  const by = type.lines?.by ?? ""
  const kept = linesOf(context, type, record).map((line) =>
    Object.fromEntries(Object.entries(line).filter(([field]) => ![by, "LINE_NO", "RECORDNO", "TOTAL"].includes(field)))
  )
  for (const each of container.children) {
    const values = valuesOf(context, lines.fields, lineType, each)
    if (each.name !== lines.changed) {
      kept.push(values)
      continue
    }
    const index = Number(each.attributes.get("line_num")) - 1
    const before = kept[index]
    if (before === undefined) throw cannot(context, "update", type, `it has no line ${index + 1}`)
    kept[index] = { ...before, ...values }
  }
  return kept
}

const lineTypeOf = (context: FunctionContext, type: ObjectType): ObjectType => {
  const found = context.identity.company.records.types.get(type.lines?.object ?? "")
  if (found === undefined) throw new Error(`${type.name} has no lines`)
  return found
}

/** The fields of the record that an element says something about. @throws `Refused` */
const valuesOf = (
  context: FunctionContext,
  fields: LegacyFields,
  type: ObjectType,
  element: XmlElement
): Record<string, string> => {
  const values: Record<string, string> = {}
  for (const each of element.children) {
    const field = Object.hasOwn(fields, each.name) ? fields[each.name] : undefined
    if (field !== undefined) Object.assign(values, valueOf(context, field, type, element, each))
  }
  return values
}

const valueOf = (
  context: FunctionContext,
  field: LegacyField,
  type: ObjectType,
  parent: XmlElement,
  element: XmlElement
): Readonly<Record<string, string>> => {
  switch (field.kind) {
    case "field":
      return { [field.to]: element.text }
    case "date":
      return { [field.to]: dateOf(context, type, element) }
    case "inside":
      return valuesOf(context, field.fields, type, element)
    case "custom":
      return Object.fromEntries(
        element.children.map((each) => {
          const name = childText(each, "customfieldname") ?? ""
          const known = fieldNamed(type, name)
          if (known === undefined) {
            throw notPlayed(
              `the custom field ${name} of ${type.name}`,
              `Define it: sandbox.company(id).define({ objects: { ${type.name}: { fields: ["${name}"] } } }).`
            )
          }
          return [known, childText(each, "customfieldvalue") ?? ""]
        })
      )
    case "attachments":
      return {
        ATTACHMENTS: writeAttachments(
          element.children.map((each) => ({
            name: childText(each, "attachmentname") ?? "",
            type: childText(each, "attachmenttype") ?? "",
            data: childText(each, "attachmentdata") ?? ""
          }))
        )
      }
    case "lines":
      return {}
    case "not played":
      throw notPlayed(`${element.name} of ${parent.name}`, "Leave it out.")
  }
}

const dateOf = (context: FunctionContext, type: ObjectType, element: XmlElement): string => {
  const [year = "", month = "", day = ""] = ["year", "month", "day"].map((name) =>
    (childText(element, name) ?? "").trim()
  )
  if (year === "" && month === "" && day === "") return ""
  const date = `${month.padStart(2, "0")}/${day.padStart(2, "0")}/${year}`
  if (year.length !== 4 || typed("DATE", date) === undefined) {
    throw cannot(context, "write", type, `${element.name} is no date`)
  }
  return date
}
