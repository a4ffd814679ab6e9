import { parseFilter } from "../conditions.ts"
import type { FieldPath } from "../fields.ts"
import { Refused } from "../notPlayed.ts"
import type { FieldKind } from "../objectTypes.ts"
import type { IntacctRecord } from "../records.ts"
import { averageOf, order, sumOf } from "../values.ts"
import { child, childText, node, type XmlElement } from "../xml.ts"
import {
  conditionOf,
  documentType,
  inFormat,
  ofDocumentType,
  pathsOf,
  queryFailed,
  recordNode,
  typeFor,
  unknownFields,
  visible
} from "./common.ts"
import type { Play } from "./context.ts"

interface Selected {
  /** What the answer calls it. */
  readonly name: string
  readonly kind: FieldKind
  readonly path: FieldPath
  readonly aggregate: "count" | "avg" | "min" | "max" | "sum" | undefined
}

const isTrue = (text: string | undefined): boolean => text !== undefined && ["true", "1"].includes(text.trim())

/** `query`, whose schema has let pass what is in it. */
export const query: Play = (context) => {
  const { element } = context.called
  const type = typeFor(context, childText(element, "object") ?? "", "QUERY")
  const field = pathsOf(context, type)
  const selected = (child(element, "select")?.children ?? []).map((each) =>
    selectedOf(each, field, context.options().aggregateNames)
  )
  const options = child(element, "options")
  // No entity of the sandbox is private, so that showprivate shows nothing more.
  const condition = conditionOf((scope) => parseFilter(child(element, "filter"), scope), {
    field,
    caseInsensitive: isTrue(childText(options, "caseinsensitive"))
  })
  const records = visible(context, type)
    .filter(ofDocumentType(documentType(type, childText(element, "docparid"))))
    .filter(condition)
  const grouped = selected.some((each) => each.aggregate !== undefined)
  const orders = ordersOf(child(element, "orderby"), field)
  if (grouped) {
    const stray = orders.find(
      ({ path }) => !selected.some((each) => each.aggregate === undefined && each.path.name === path.name)
    )
    if (stray !== undefined) {
      throw queryFailed(
        `The query cannot be used: ${stray.path.name} sorts groups and is not among the fields of select`
      )
    }
  }
  const sorted = records.toSorted((a, b) => {
    for (const { path, direction } of orders) {
      const difference = order(path.kind, path.read(a), path.read(b))
      if (difference !== 0) return direction * difference
    }
    return 0
  })
  const rows = grouped ? groups(sorted, selected) : sorted.map((record) => row([record], selected))
  const offset = Number((childText(element, "offset") ?? "0").trim())
  const pageSize = Number((childText(element, "pagesize") ?? "100").trim())
  const page = rows.slice(offset, offset + pageSize)
  return inFormat(childText(options, "returnformat"), page, () => [
    node(
      "data",
      page.map((each) => recordNode(type.name, each)),
      {
        listtype: type.name,
        totalcount: String(rows.length),
        offset: String(offset),
        count: String(page.length),
        numremaining: String(Math.max(rows.length - offset - page.length, 0))
      }
    )
  ])
}

const selectedOf = (
  element: XmlElement,
  field: (name: string) => FieldPath | undefined,
  names: "prefixed" | "bare"
): Selected => {
  const path = field(element.text)
  if (path === undefined) throw unknownFields([element.text.trim()])
  switch (element.name) {
    case "count":
    case "avg":
    case "min":
    case "max":
    case "sum": {
      const adds = element.name === "avg" || element.name === "sum"
      if (adds && !["INTEGER", "DECIMAL", "CURRENCY"].includes(path.kind)) {
        throw new Refused({
          errorno: "XL03000006",
          description2: `The following fields cannot be queried: ${path.name}: ${element.name} needs a number`
        })
      }
      const name = names === "prefixed" ? `${element.name.toUpperCase()}.${path.name}` : path.name
      return { name, kind: element.name === "count" ? "INTEGER" : path.kind, path, aggregate: element.name }
    }
    default:
      return { name: path.name, kind: path.kind, path, aggregate: undefined }
  }
}

const ordersOf = (
  orderby: XmlElement | undefined,
  field: (name: string) => FieldPath | undefined
): ReadonlyArray<{ readonly path: FieldPath; readonly direction: 1 | -1 }> =>
  (orderby?.children ?? []).map((each) => {
    const name = childText(each, "field") ?? ""
    const path = field(name)
    if (path === undefined) throw unknownFields([name.trim()])
    return { path, direction: child(each, "descending") === undefined ? 1 : -1 }
  })

/** One row for each combination of the selected fields; a single one when only sums and the like were selected. */
const groups = (
  records: ReadonlyArray<IntacctRecord>,
  selected: ReadonlyArray<Selected>
): ReadonlyArray<IntacctRecord> => {
  const by = selected.filter((each) => each.aggregate === undefined)
  if (by.length === 0) return [row(records, selected)]
  const found = new Map<string, Array<IntacctRecord>>()
  for (const record of records) {
    const key = JSON.stringify(by.map(({ path }) => path.read(record)))
    const group = found.get(key)
    if (group === undefined) found.set(key, [record])
    else group.push(record)
  }
  return [...found.values()].map((group) => row(group, selected))
}

const row = (records: ReadonlyArray<IntacctRecord>, selected: ReadonlyArray<Selected>): IntacctRecord =>
  Object.fromEntries(selected.map((each) => [each.name, valueOf(each, records)]))

const valueOf = ({ aggregate, path }: Selected, records: ReadonlyArray<IntacctRecord>): string => {
  if (aggregate === undefined) return records[0] === undefined ? "" : path.read(records[0])
  // What has no value is neither counted nor added.
  const values = records.map(path.read).filter((value) => value !== "")
  switch (aggregate) {
    case "count":
      return String(values.length)
    case "sum":
      return values.length === 0 ? "" : sumOf(values)
    case "avg":
      return averageOf(values)
    case "min":
      return values.reduce((least, value) => (least === "" || order(path.kind, value, least) < 0 ? value : least), "")
    case "max":
      return values.reduce((most, value) => (most === "" || order(path.kind, value, most) > 0 ? value : most), "")
  }
}
