import { randomBytes } from "node:crypto"
import type { Failure } from "./answers.ts"
import { type Condition, ConditionProblem, parseFilter, parseQuery } from "./conditions.ts"
import { getListObjects, type RequestFunction } from "./readRequest.ts"
import { entityNames, type IntacctRecord, type ObjectType, objectTypes, ownedFields, type View } from "./records.ts"
import type { Identity } from "./sessions.ts"
import { child, childText, node, type XmlElement, type XmlNode } from "./xml.ts"

/** What a function came to. */
export type Outcome =
  | { readonly content: ReadonlyArray<XmlNode>; readonly json?: ReadonlyArray<IntacctRecord> | undefined }
  | { readonly failures: ReadonlyArray<Failure> }

/** A function refused; becomes the failure of its result. */
class Refused extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.errorno)
    this.failure = failure
  }
}

/** A result set that `readMore` goes on with. */
interface Cursor {
  readonly company: string
  readonly type: ObjectType
  readonly fields: ReadonlyArray<string>
  readonly records: ReadonlyArray<IntacctRecord>
  readonly pageSize: number
  position: number
}

const keptCursors = 1000

/** The functions that work on records. */
export class RecordFunctions {
  readonly #cursors = new Map<string, Cursor>()
  readonly #today: () => number
  readonly #supportId: (text: string) => string

  constructor(now: () => number, withSupportId: (text: string) => string) {
    this.#today = now
    this.#supportId = withSupportId
  }

  /** Runs one function for somebody. One that fails has changed nothing. */
  run(identity: Identity, called: RequestFunction): Outcome {
    let outcome: Outcome = { failures: [] }
    try {
      identity.company.records.transaction(() => {
        outcome = this.#dispatch(identity, called.name, called.element)
        return true
      })
      return outcome
    } catch (error) {
      if (error instanceof Refused) return { failures: [error.failure] }
      throw error
    }
  }

  #dispatch(identity: Identity, name: string, element: XmlElement): Outcome {
    switch (name) {
      case "readByQuery":
        return this.#readByQuery(identity, element)
      case "readMore":
        return this.#readMore(identity, element)
      case "read":
        return this.#readKeys(identity, element, "READ")
      case "readByName":
        return this.#readKeys(identity, element, "READ_BY_NAME")
      case "query":
        return this.#query(identity, element)
      case "create":
        return this.#create(identity, element)
      case "update":
        return this.#update(identity, element)
      case "delete":
        return this.#delete(identity, element)
      case "inspect":
        return this.#inspect(identity, element)
      case "getUserPermissions":
        return getUserPermissions(identity, element)
      default:
        return this.#getList(identity, element)
    }
  }

  #readByQuery(identity: Identity, element: XmlElement): Outcome {
    const format = (childText(element, "returnFormat") ?? "xml").toLowerCase()
    if (format !== "xml" && format !== "json") throw queryFailed(`Return format ${format} is not one of xml, json`)
    const type = this.#type(identity, childText(element, "object") ?? "", "READ_BY_QUERY")
    const fields = fieldsOf(type, childText(element, "fields"))
    const condition = conditionOf(() => parseQuery(childText(element, "query") ?? "", type.fields))
    const records = identity.company.records.visible(type.name, viewOf(identity)).filter(condition)
    const pageSize = pageSizeOf(element)
    const page = records.slice(0, pageSize)
    const resultId = this.#keepCursor({
      company: identity.company.companyId,
      type,
      fields,
      records,
      pageSize,
      position: page.length
    })
    return {
      content: [pageNode(type, fields, page, records.length, records.length - page.length, resultId)],
      json: format === "json" ? page.map((record) => project(record, fields)) : undefined
    }
  }

  #keepCursor(cursor: Cursor): string {
    if (cursor.position >= cursor.records.length) return ""
    const id = randomBytes(16).toString("hex")
    this.#cursors.set(id, cursor)
    const oldest = this.#cursors.keys().next().value
    if (this.#cursors.size > keptCursors && oldest !== undefined) this.#cursors.delete(oldest)
    return id
  }

  #readMore(identity: Identity, element: XmlElement): Outcome {
    const id = (childText(element, "resultId") ?? "").trim()
    const cursor = this.#cursors.get(id)
    if (cursor === undefined || cursor.company !== identity.company.companyId) {
      throw queryFailed(`Result set ${id} not found`)
    }
    const page = cursor.records.slice(cursor.position, cursor.position + cursor.pageSize)
    cursor.position += page.length
    const remaining = cursor.records.length - cursor.position
    if (remaining === 0) this.#cursors.delete(id)
    return {
      content: [pageNode(cursor.type, cursor.fields, page, cursor.records.length, remaining, remaining === 0 ? "" : id)]
    }
  }

  #readKeys(identity: Identity, element: XmlElement, operation: "READ" | "READ_BY_NAME"): Outcome {
    const type = this.#type(identity, childText(element, "object") ?? "", operation)
    const fields = fieldsOf(type, childText(element, "fields"))
    const keys = keysOf(element)
    const keyField = operation === "READ" ? "RECORDNO" : type.key
    const seen = identity.company.records.visible(type.name, viewOf(identity))
    const found = keys.flatMap((key) => seen.filter((record) => record[keyField] === key))
    const listtype = type.name.toLowerCase()
    return {
      content: [
        node(
          "data",
          found.map((record) => recordNode(listtype, record, fields)),
          { listtype, count: String(found.length) }
        )
      ]
    }
  }

  #query(identity: Identity, element: XmlElement): Outcome {
    const type = this.#type(identity, childText(element, "object") ?? "", "QUERY")
    const selected = child(element, "select")?.children ?? []
    const fields = fieldsOf(
      type,
      selected
        .filter((each) => each.name === "field")
        .map((each) => each.text)
        .join(",")
    )
    const condition = conditionOf(() => parseFilter(child(element, "filter"), type.fields))
    const records = identity.company.records.visible(type.name, viewOf(identity)).filter(condition)
    for (const order of (child(element, "orderby")?.children ?? []).toReversed()) {
      const field = (childText(order, "field") ?? "").trim().toUpperCase()
      const direction = child(order, "descending") === undefined ? 1 : -1
      records.sort((a, b) => direction * (a[field] ?? "").localeCompare(b[field] ?? "", "en", { numeric: true }))
    }
    const offset = wholeNumber(childText(element, "offset"), 0)
    const page = records.slice(offset, offset + pageSizeOf(element))
    return {
      content: [
        node(
          "data",
          page.map((record) => recordNode(type.name, record, fields)),
          {
            listtype: type.name,
            totalcount: String(records.length),
            offset: String(offset),
            count: String(page.length),
            numremaining: String(Math.max(records.length - offset - page.length, 0))
          }
        )
      ]
    }
  }

  #create(identity: Identity, element: XmlElement): Outcome {
    const created = element.children.map((given) => {
      const type = this.#type(identity, given.name, "CREATE")
      const values = valuesOf(given, type)
      const missing = type.required?.find((field) => (values[field] ?? "") === "")
      const { records } = identity.company
      if (missing !== undefined) throw cannot("create", type, `${missing} is missing`, this.#supportId)
      const recordNo = records.recordNo()
      const name = values[type.key] || `${type.label.charAt(0)}-N${recordNo}`
      if (records.has(type.name, type.key, name)) {
        throw new Refused({
          errorno: "BL34000061",
          description2: this.#supportId(`Another ${type.label} with the given value(s) ${name} already exists`),
          correction: "Use a unique value instead."
        })
      }
      const entity = identity.entity ?? ""
      const record: IntacctRecord = {
        ...Object.fromEntries(type.fields.map((field) => [field, field === "STATUS" ? "active" : ""])),
        ...values,
        RECORDNO: recordNo,
        [type.key]: name,
        WHENMODIFIED: this.#moment(),
        MEGAENTITYID: entity,
        MEGAENTITYNAME: entityNames[entity] ?? ""
      }
      records.put(type.name, record)
      return recordNode(type.name.toLowerCase(), record, ["RECORDNO", type.key])
    })
    return { content: [node("data", created, { listtype: "objects", count: String(created.length) })] }
  }

  #update(identity: Identity, element: XmlElement): Outcome {
    const updated = element.children.map((given) => {
      const type = this.#type(identity, given.name, "UPDATE")
      const values = valuesOf(given, type)
      const record = identity.company.records
        .visible(type.name, viewOf(identity))
        .find((each) =>
          values["RECORDNO"] === undefined
            ? each[type.key] === values[type.key]
            : each["RECORDNO"] === values["RECORDNO"]
        )
      if (record === undefined) throw cannot("update", type, "it does not exist", this.#supportId)
      const next = { ...record, ...values, RECORDNO: record["RECORDNO"] ?? "", WHENMODIFIED: this.#moment() }
      identity.company.records.put(type.name, next)
      return recordNode(type.name.toLowerCase(), next, ["RECORDNO", type.key])
    })
    return { content: [node("data", updated, { listtype: "objects", count: String(updated.length) })] }
  }

  #delete(identity: Identity, element: XmlElement): Outcome {
    const type = this.#type(identity, childText(element, "object") ?? "", "DELETE")
    const seen = identity.company.records.visible(type.name, viewOf(identity))
    for (const key of keysOf(element)) {
      const record = seen.find((each) => each["RECORDNO"] === key)
      if (record === undefined) throw cannot("delete", type, "it does not exist", this.#supportId)
      identity.company.records.remove(type.name, record)
    }
    return { content: [] }
  }

  #inspect(identity: Identity, element: XmlElement): Outcome {
    const name = (childText(element, "object") ?? "").trim()
    if (name === "*") {
      const types = [...objectTypes.values()].map((type) => node("type", type.label, { typename: type.name }))
      return { content: [node("data", types, { listtype: "All", count: String(types.length) })] }
    }
    const type = this.#type(identity, name, "INSPECT")
    const fields = type.fields.map((field) => node("Field", field))
    return {
      content: [
        node("data", [node("Type", [node("Fields", fields)], { Name: type.name, DocumentType: "" })], {
          listtype: "All",
          count: "1"
        })
      ]
    }
  }

  #getList(identity: Identity, element: XmlElement): Outcome {
    const listed = element.attributes.get("object") ?? ""
    const type = this.#type(identity, getListObjects[listed] ?? "", "GET_LIST")
    const start = wholeNumber(element.attributes.get("start"), 0)
    const most = wholeNumber(element.attributes.get("maxitems"), 100)
    const records = identity.company.records.visible(type.name, viewOf(identity))
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
              type.fields.map((field) => node(field.toLowerCase(), record[field] ?? ""))
            )
          )
        )
      ]
    }
  }

  /** The type of that name, if the user may do this to it. */
  #type(identity: Identity, name: string, operation: string): ObjectType {
    const type = objectTypes.get(name.trim().toUpperCase())
    if (type === undefined) throw queryFailed(`Object definition ${name.trim()} not found`)
    const writes = operation === "CREATE" || operation === "UPDATE" || operation === "DELETE"
    const readOnly = identity.user.readOnly || type.required === undefined
    if (identity.user.forbidden.has(type.name) || (writes && readOnly)) {
      throw new Refused({
        errorno: "PL04000005",
        description2: this.#supportId(
          `You do not have permission for API operation ${operation} on objects of type ${type.name.toLowerCase()}`
        )
      })
    }
    return type
  }

  #moment(): string {
    const [year = "", month = "", rest = ""] = new Date(this.#today()).toISOString().split("-")
    return `${month}/${rest.slice(0, 2)}/${year} ${rest.slice(3, 11)}`
  }
}

const viewOf = (identity: Identity): View => ({ entity: identity.entity, entities: identity.user.entities })

const queryFailed = (description2: string): Refused => new Refused({ errorno: "Query Failed", description2 })

const cannot = (verb: string, type: ObjectType, why: string, supportId: (text: string) => string): Refused =>
  new Refused({
    errorno: "BL01001973",
    description2: supportId(`Could not ${verb} ${type.label} record: ${why}`)
  })

const conditionOf = (read: () => Condition): Condition => {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConditionProblem)) throw error
    if (error.kind === "syntax") throw queryFailed(`The query cannot be used: ${error.message}`)
    throw new Refused({ errorno: "XL03000010", description2: `Field ${error.message} of the query is not known` })
  }
}

const fieldsOf = (type: ObjectType, requested: string | undefined): ReadonlyArray<string> => {
  const names = (requested ?? "*")
    .split(",")
    .map((name) => name.trim().toUpperCase())
    .filter((name) => name !== "")
  if (names.length === 0 || names.includes("*")) return type.fields
  const unknown = names.filter((name) => !type.fields.includes(name))
  if (unknown.length === 0) return names
  throw new Refused({
    errorno: "XL03000006",
    description2: `The following fields cannot be queried: ${unknown.join(", ")}`
  })
}

const keysOf = (element: XmlElement): ReadonlyArray<string> =>
  (childText(element, "keys") ?? "")
    .split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "")

const pageSizeOf = (element: XmlElement): number => {
  const size = wholeNumber(childText(element, "pagesize"), 100)
  return size === 0 ? 100 : Math.min(size, 1000)
}

const wholeNumber = (text: string | undefined, otherwise: number): number =>
  text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : otherwise

const valuesOf = (given: XmlElement, type: ObjectType): Record<string, string> =>
  Object.fromEntries(
    given.children
      .map((each) => [each.name.toUpperCase(), each.text] as const)
      .filter(([field]) => type.fields.includes(field) && !ownedFields.includes(field))
  )

const project = (record: IntacctRecord, fields: ReadonlyArray<string>): IntacctRecord =>
  Object.fromEntries(fields.map((field) => [field, record[field] ?? ""]))

const recordNode = (name: string, record: IntacctRecord, fields: ReadonlyArray<string>): XmlNode =>
  node(
    name,
    fields.map((field) => node(field, record[field] ?? ""))
  )

const pageNode = (
  type: ObjectType,
  fields: ReadonlyArray<string>,
  page: ReadonlyArray<IntacctRecord>,
  total: number,
  remaining: number,
  resultId: string
): XmlNode => {
  const listtype = type.name.toLowerCase()
  return node(
    "data",
    page.map((record) => recordNode(listtype, record, fields)),
    { listtype, count: String(page.length), totalcount: String(total), numremaining: String(remaining), resultId }
  )
}

const getUserPermissions = (identity: Identity, element: XmlElement): Outcome => {
  const userId = childText(element, "userId") ?? identity.user.userId
  const user = identity.home.users.get(userId)
  if (user === undefined) throw new Refused({ errorno: "BL01001973", description2: `User ${userId} not found` })
  const policies = [...objectTypes.values()]
    .filter((type) => !user.forbidden.has(type.name))
    .map((type) =>
      node("policy", [
        node("policyName", type.label),
        node("rights", user.readOnly ? "List|View" : "List|View|Add|Edit|Delete")
      ])
    )
  return {
    content: [
      node("data", [
        node("permissions", [node("appSubscription", [node("applicationName", "Sandbox"), node("policies", policies)])])
      ])
    ]
  }
}
