import {
  attachmentFields,
  billFields,
  customerFields,
  folderFields,
  invoiceFields,
  type LegacyField,
  type LegacyFields,
  lineFields,
  salesFields,
  salesLineFields,
  vendorFields,
  withLines
} from "./legacyFields.ts"
import {
  anything,
  attribute,
  type AttributeRule,
  type ChildRule,
  elements,
  many,
  once,
  oneOf,
  optional,
  type Shape,
  text,
  truth,
  whole
} from "./schema.ts"

/** An older function that writes records, as its page describes it. */
export interface LegacyFunction {
  readonly name: string
  readonly verb: "create" | "update" | "delete"
  /** The object whose record it writes. */
  readonly object: string
  readonly fields: LegacyFields
  /** The elements that have to be there. */
  readonly required: ReadonlyArray<string>
  /** Where the record is named that is changed or removed: an attribute, or an element. */
  readonly named?: { readonly in: "attribute" | "element"; readonly name: string; readonly field: string } | undefined
  /** Whether the attribute `externalkey` says that the key is the caller's own. */
  readonly externalKey?: boolean | undefined
  readonly lines?: LegacyLines | undefined
  /** The field of the record that its `<key>` shows. */
  readonly key: string
}

/** The lines of a document in an older function. */
export interface LegacyLines {
  readonly container: string
  /** The element of a new line. */
  readonly line: string
  /** The element of a line that is there and changes; its `line_num` names it. */
  readonly changed?: string | undefined
  readonly fields: LegacyFields
}

const party = (
  name: "customer" | "vendor",
  fields: LegacyFields,
  object = name.toUpperCase()
): ReadonlyArray<LegacyFunction> => {
  const id = `${name}id`
  const field = id.toUpperCase()
  const { [id]: _, ...others } = fields
  const named = { in: "attribute", name: id, field } as const
  return [
    { name: `create_${name}`, verb: "create", object, fields, required: ["name"], key: field },
    { name: `update_${name}`, verb: "update", object, fields: others, required: [], named, key: field },
    { name: `delete_${name}`, verb: "delete", object, fields: {}, required: [], named, key: field }
  ]
}

interface DocumentParts {
  readonly object: string
  readonly fields: LegacyFields
  readonly required: ReadonlyArray<string>
  readonly key: string
  readonly container: string
  readonly updates: string
  readonly line: string
  readonly changed: string
  readonly lineFields: LegacyFields
}

const document = (name: string, parts: DocumentParts): ReadonlyArray<LegacyFunction> => {
  const { object, fields, required, key, container, updates, line, changed } = parts
  const named = { in: "attribute", name: "key", field: key } as const
  return [
    {
      name: `create_${name}`,
      verb: "create",
      object,
      fields: { ...fields, ...withLines(container) },
      required: [...required, container],
      lines: { container, line, fields: parts.lineFields },
      key
    },
    {
      name: `update_${name}`,
      verb: "update",
      object,
      fields: { ...fields, ...withLines(updates) },
      required: [],
      named,
      externalKey: true,
      lines: { container: updates, line, changed, fields: parts.lineFields },
      key
    },
    { name: `delete_${name}`, verb: "delete", object, fields: {}, required: [], named, externalKey: true, key }
  ]
}

const attachment = (
  name: string,
  object: string,
  fields: LegacyFields,
  parts: Pick<LegacyFunction, "required" | "key"> & { readonly id: string }
): ReadonlyArray<LegacyFunction> => {
  const { id, key, required } = parts
  return [
    { name: `create_${name}`, verb: "create", object, fields, required, key },
    {
      name: `update_${name}`,
      verb: "update",
      object,
      fields,
      required: [id],
      named: { in: "element", name: id, field: key },
      key
    },
    {
      name: `delete_${name}`,
      verb: "delete",
      object,
      fields: {},
      required: [],
      named: { in: "attribute", name: "key", field: key },
      key
    }
  ]
}

/** The older functions that the sandbox plays. */
export const legacyFunctions: ReadonlyArray<LegacyFunction> = [
  ...party("customer", customerFields),
  ...party("vendor", vendorFields),
  ...document("invoice", {
    object: "ARINVOICE",
    fields: invoiceFields,
    required: ["customerid", "datecreated"],
    key: "RECORDNO",
    container: "invoiceitems",
    updates: "updateinvoiceitems",
    line: "lineitem",
    changed: "updatelineitem",
    lineFields
  }),
  ...document("bill", {
    object: "APBILL",
    fields: billFields,
    required: ["vendorid", "datecreated"],
    key: "RECORDNO",
    container: "billitems",
    updates: "updatebillitems",
    line: "lineitem",
    changed: "updatelineitem",
    lineFields
  }),
  ...document("sotransaction", {
    object: "SODOCUMENT",
    fields: salesFields,
    required: ["transactiontype", "datecreated", "customerid"],
    key: "DOCID",
    container: "sotransitems",
    updates: "updatesotransitems",
    line: "sotransitem",
    changed: "updatesotransitem",
    lineFields: salesLineFields
  }),
  ...attachment("supdoc", "SUPDOC", attachmentFields, {
    id: "supdocid",
    required: ["supdocfoldername"],
    key: "SUPDOCID"
  }),
  ...attachment("supdocfolder", "SUPDOCFOLDER", folderFields, {
    id: "supdocfoldername",
    required: ["supdocfoldername"],
    key: "NAME"
  })
]

const dateShape: Shape = elements({
  year: once(whole(1000, 9999)),
  month: once(whole(1, 12)),
  day: once(whole(1, 31))
})

const optionalDate: Shape = elements({
  year: optional(text),
  month: optional(text),
  day: optional(text)
})

const attachmentsShape: Shape = elements({
  attachment: many(elements({ attachmentname: once(text), attachmenttype: once(text), attachmentdata: once(text) }))
})

const customShape: Shape = elements({
  customfield: many(elements({ customfieldname: once(text), customfieldvalue: once(text) }))
})

const ruleOf = (field: LegacyField, needed: boolean, lines: LegacyLines | undefined): ChildRule => {
  const rule = needed ? once : optional
  switch (field.kind) {
    case "field":
      return rule(text)
    case "date":
      // An optional date may be an element without content, as one that was not filled in is written.
      return rule(needed ? dateShape : optionalDate)
    case "inside":
      return rule(elements(childrenOf(field.fields, [], undefined)))
    case "custom":
      return rule(customShape)
    case "attachments":
      return rule(attachmentsShape)
    case "not played":
      return rule(anything)
    case "lines":
      return rule(lines === undefined ? anything : linesShape(lines, needed))
  }
}

const childrenOf = (
  fields: LegacyFields,
  required: ReadonlyArray<string>,
  lines: LegacyLines | undefined
): Readonly<Record<string, ChildRule>> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, ruleOf(field, required.includes(name), lines)])
  )

const linesShape = ({ line, changed, fields }: LegacyLines, needed: boolean): Shape => {
  const children = childrenOf(fields, [], undefined)
  return elements(
    {
      [line]: many(elements(children), needed ? 1 : 0),
      ...(changed === undefined
        ? {}
        : { [changed]: many(elements(children, { line_num: attribute(whole(1, 100_000), true) })) })
    },
    {}
  )
}

const attributesOf = ({
  named,
  externalKey,
  verb,
  object
}: LegacyFunction): Readonly<Record<string, AttributeRule>> => ({
  ...(named?.in === "attribute" ? { [named.name]: { required: true } } : {}),
  ...(externalKey === true ? { externalkey: attribute(truth) } : {}),
  ...(verb === "update" && object === "SODOCUMENT" ? { disablevalidation: attribute(oneOf("true", "false")) } : {})
})

/** The shapes of those functions. */
export const legacyShapes: ReadonlyArray<readonly [name: string, shape: Shape]> = legacyFunctions.map((each) => [
  each.name,
  elements(childrenOf(each.fields, each.required, each.lines), attributesOf(each))
])
