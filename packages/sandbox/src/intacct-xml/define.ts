import { checkMembers } from "../checkedOptions.ts"
import type { Company } from "./companies.ts"
import type { FunctionContext, Outcome, Play } from "./functions/context.ts"
import { momentOf, viewOf } from "./functions/common.ts"
import { createRecord, deleteRecord, updateRecord } from "./functions/write.ts"
import { Refused } from "./notPlayed.ts"
import { fieldNamed, type FieldKind, objectType, type ObjectType, ownedFields, type Relation } from "./objectTypes.ts"
import type { RecordFunctions } from "./recordFunctions.ts"
import { entityName, type IntacctRecord } from "./records.ts"
import { node, type XmlElement, type XmlNode } from "./xml.ts"

/** A field of an object: what it holds, and the values that it can have if there are only some. */
export interface IntacctFieldDefinition {
  /** Default `"TEXT"`, or what Intacct's naming says: `RECORDNO` is a number and `WHENCREATED` a date. */
  readonly kind?: FieldKind | undefined
  /** The only values that it can have. Default: any. */
  readonly values?: ReadonlyArray<string> | undefined
}

/** An object that the sandbox does not have, or further fields of one that it has. */
export interface IntacctObjectDefinition {
  /** The fields beside `RECORDNO`, `WHENMODIFIED` and those of the entity: names, or names with what they hold. */
  readonly fields: ReadonlyArray<string> | Readonly<Record<string, IntacctFieldDefinition>>
  /** The field that names a record, as `VENDORID` does. Default the first one. */
  readonly key?: string | undefined
  /** The words for it in messages. Default its name. */
  readonly label?: string | undefined
  /** What `create` insists on. Default nothing. */
  readonly required?: ReadonlyArray<string> | undefined
  /** What it points to: `VENDOR.NAME` needs `relations: { VENDOR: { object: "VENDOR", by: "VENDORID" } }`. */
  readonly relations?: Readonly<Record<string, Relation>> | undefined
  /** What `get_list` calls it. Default: it does not list it. */
  readonly listed?: string | undefined
  /** Whether it is one of the company's own, which `readRelated` works on. Default false. */
  readonly custom?: boolean | undefined
}

/** A value of a field; anything becomes text, as on the wire. */
export type IntacctFieldValue = string | number | boolean

/** The content of an answer: text, elements by name, an attribute under `@name`, several of a name in a list. */
export type IntacctContent =
  | IntacctFieldValue
  | null
  | { readonly [name: string]: IntacctContent | ReadonlyArray<IntacctContent> | undefined }

/** What a function of a test's own is called with. */
export interface IntacctFunctionCall {
  /** The function's element. */
  readonly name: string
  /** The function's `controlid`. */
  readonly controlId: string
  /** The attributes of the function's element. */
  readonly attributes: Readonly<Record<string, string>>
  /** The elements in it by name, text where there are none in them, an attribute under `@name`. */
  readonly content: IntacctContent
  /** The caller's company. */
  readonly companyId: string
  /** The caller. */
  readonly userId: string
  /** The entity of the caller; undefined at top level. */
  readonly entityId: string | undefined
  /** Milliseconds since the Unix epoch by the sandbox's clock. */
  readonly now: number
  /** The records that the caller sees. */
  readonly records: (object: string) => ReadonlyArray<IntacctRecord>
  /** Creates a record, in the transaction of the caller. */
  readonly create: (object: string, values: Readonly<Record<string, IntacctFieldValue>>) => IntacctRecord
  /** Changes a record. */
  readonly update: (
    object: string,
    record: IntacctRecord,
    values: Readonly<Record<string, IntacctFieldValue>>
  ) => IntacctRecord
  /** Removes a record. */
  readonly remove: (object: string, record: IntacctRecord) => void
}

/** One `<error>` that a function of a test's own answers with. */
export interface IntacctFunctionError {
  /** Intacct's code, such as `"BL01001973"`. */
  readonly errorno: string
  /** What is wrong, in brief. */
  readonly description?: string | undefined
  /** What is wrong, in full. */
  readonly description2?: string | undefined
  /** What the caller can do. */
  readonly correction?: string | undefined
}

/** What such a function answers: what stands in its result, or why it failed. */
export type IntacctFunctionAnswer =
  | {
      readonly key?: string | undefined
      readonly listtype?: IntacctContent | undefined
      readonly data?: IntacctContent | undefined
      readonly errors?: never
    }
  | { readonly errors: ReadonlyArray<IntacctFunctionError> }

/** A function of a test's own. It runs at once: it may not be asynchronous. */
export type IntacctFunction = (call: IntacctFunctionCall) => IntacctFunctionAnswer

/** A user of a company. */
export interface IntacctUserDefinition {
  /** What the user signs in with. */
  readonly userId: string
  /** What the user signs in with. */
  readonly password: string
  /** The entities that the user may see. Default all, and the top level. */
  readonly entities?: ReadonlyArray<string> | undefined
  /** Objects that the user has no permission for. */
  readonly forbidden?: ReadonlyArray<string> | undefined
  /** Whether the user may not write. Default false. */
  readonly readOnly?: boolean | undefined
}

/** What a company gets beside what it has. */
export interface IntacctCompanyDefinition {
  /** The ids of further entities. */
  readonly entities?: ReadonlyArray<string> | undefined
  /** Further users, or others in place of those there are. */
  readonly users?: ReadonlyArray<IntacctUserDefinition> | undefined
  /** Further objects, or further fields of those there are, by name. */
  readonly objects?: Readonly<Record<string, IntacctObjectDefinition>> | undefined
  /** Records by object; `MEGAENTITYID` says which entity one belongs to. */
  readonly records?: Readonly<Record<string, ReadonlyArray<Readonly<Record<string, IntacctFieldValue>>>>> | undefined
  /** Functions by name: Intacct's that the sandbox does not play, in place of one that it plays, or new ones. */
  readonly functions?: Readonly<Record<string, IntacctFunction>> | undefined
}

/** A company of the sandbox, of both of Intacct's APIs. */
export interface SandboxCompany {
  /** What its users sign in with. */
  readonly companyId: string
  /**
   * Adds objects, fields, records, functions, entities and users. What is there already under a name is replaced, an
   * object's fields are added.
   *
   * @throws `TypeError` for a definition that cannot be
   */
  define(definition: IntacctCompanyDefinition): void
  /** The records of an object as they are now, of every entity. */
  records(object: string): ReadonlyArray<IntacctRecord>
}

const nameShape = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/** What of the gateway a definition changes, and the clock that it goes by. */
interface DefiningGateway {
  readonly now: () => number
  readonly functions: RecordFunctions
  /** Masks a further secret. */
  readonly secret: (password: string) => void
}

/** The handle of a company. `secret` hears of every password. */
export const companyHandle = (company: Company, gateway: DefiningGateway): SandboxCompany => ({
  companyId: company.companyId,
  define: (definition) => define(company, definition, gateway),
  records: (object) => {
    const type = company.records.types.any(object)
    if (type === undefined) throw new TypeError("records(object) must name an object of the company")
    return company.records.visible(type.name, { entity: undefined, entities: undefined })
  }
})

const define = (
  company: Company,
  definition: IntacctCompanyDefinition,
  { functions: recordFunctions, now, secret }: DefiningGateway
): void => {
  const { entities, functions, objects, records, users } = definition
  checkMembers(definition, ["entities", "functions", "objects", "records", "users"], "define")
  for (const user of users ?? []) {
    checkMembers(user, ["userId", "password", "entities", "forbidden", "readOnly"], "define: a user")
  }
  for (const entity of entities ?? []) {
    checkId("entities", entity)
    if (company.entities.includes(entity)) continue
    company.entities.push(entity)
    company.records.addEntity(entity, momentOf(now()))
  }
  for (const user of users ?? []) {
    checkId("users[].userId", user.userId)
    secret(user.password)
    company.users.set(user.userId, {
      userId: user.userId,
      password: user.password,
      entities: user.entities,
      forbidden: new Set(user.forbidden ?? []),
      readOnly: user.readOnly ?? false
    })
  }
  for (const [name, definition] of Object.entries(objects ?? {})) {
    if (!nameShape.test(name)) throw new TypeError(`objects must be named as elements are, and ${name} is not`)
    company.records.types.define(typeOf(company, name, definition))
  }
  for (const [name, rows] of Object.entries(records ?? {})) {
    const type = company.records.types.any(name)
    if (type === undefined) throw new TypeError(`records: ${name} is no object of the company; define it under objects`)
    for (const row of rows) addRecord(company, type, row, now)
  }
  for (const [name, run] of Object.entries(functions ?? {})) {
    if (!nameShape.test(name)) throw new TypeError(`functions must be named as elements are, and ${name} is not`)
    if (typeof run !== "function") throw new TypeError(`functions.${name} must be a function`)
    if (name === "getAPISession") throw new TypeError("functions.getAPISession cannot be replaced: it opens sessions")
    recordFunctions.define(company, name, playOf(run))
  }
}

const checkId = (option: string, id: string): void => {
  if (typeof id !== "string" || id.trim() !== id || id === "" || id.includes("|")) {
    throw new TypeError(`${option} must be text without white space around it and without |`)
  }
}

const objectMembers: ReadonlyArray<keyof IntacctObjectDefinition> = [
  "fields",
  "label",
  "key",
  "required",
  "relations",
  "custom",
  "listed"
]

const typeOf = (company: Company, name: string, definition: IntacctObjectDefinition): ObjectType => {
  const { fields } = definition
  checkMembers(definition, objectMembers, `objects.${name}`)
  const isList = (given: IntacctObjectDefinition["fields"]): given is ReadonlyArray<string> => Array.isArray(given)
  const given: ReadonlyArray<readonly [string, IntacctFieldDefinition]> = isList(fields)
    ? fields.map((field) => [field, {}])
    : Object.entries(fields)
  for (const [field, one] of given) checkMembers(one, ["kind", "values"], `objects.${name}.fields.${field}`)
  const wrong = given.find(([field]) => !nameShape.test(field))
  if (wrong !== undefined) throw new TypeError(`objects.${name}.fields: ${wrong[0]} is no name of an element`)
  const known = company.records.types.get(name)
  const kinds = Object.fromEntries(given.flatMap(([field, { kind }]) => (kind === undefined ? [] : [[field, kind]])))
  const validValues = Object.fromEntries(
    given.flatMap(([field, { values }]) => (values === undefined ? [] : [[field, values]]))
  )
  for (const { object } of Object.values(definition.relations ?? {})) {
    if (object.toUpperCase() !== name.toUpperCase() && company.records.types.get(object) === undefined) {
      throw new TypeError(`objects.${name}.relations: ${object} is no object of the company`)
    }
  }
  if (known !== undefined) {
    return {
      ...known,
      more: [...known.more, ...given.map(([field]) => field).filter((field) => fieldNamed(known, field) === undefined)],
      kinds: { ...known.kinds, ...kinds },
      validValues: { ...known.validValues, ...validValues },
      relations: { ...known.relations, ...definition.relations },
      required: definition.required ?? known.required,
      listed: definition.listed ?? known.listed
    }
  }
  const custom = definition.custom === true
  const number = custom ? "id" : "RECORDNO"
  const own = given.map(([field]) => field).filter((field) => field !== number && !ownedFields.includes(field))
  const key = definition.key ?? own[0] ?? number
  if (![number, ...own].includes(key)) throw new TypeError(`objects.${name}.key must be one of its fields`)
  const missing = definition.required?.find((field) => !own.includes(field))
  if (missing !== undefined) throw new TypeError(`objects.${name}.required: ${missing} is none of its fields`)
  return objectType({
    name,
    label: definition.label ?? name,
    key,
    number,
    fields: [number, ...own, ...(custom ? ["createdAt", "updatedAt"] : ownedFields)],
    kinds,
    validValues,
    required: definition.required ?? [],
    relations: definition.relations ?? {},
    custom,
    listed: definition.listed
  })
}

const addRecord = (
  company: Company,
  type: ObjectType,
  row: Readonly<Record<string, IntacctFieldValue>>,
  now: () => number
): void => {
  const values = textsOf(type, row)
  const recordNo = values[type.number] ?? company.records.recordNo()
  const moment = momentOf(now())
  const entity = values["MEGAENTITYID"] ?? ""
  if (entity !== "" && !company.entities.includes(entity)) {
    throw new TypeError(`records.${type.name}: MEGAENTITYID must name an entity of the company`)
  }
  company.records.put(type.name, {
    ...Object.fromEntries(type.fields.map((field) => [field, field === "STATUS" ? "active" : ""])),
    ...(type.custom
      ? { createdAt: moment, updatedAt: moment }
      : { WHENMODIFIED: moment, MEGAENTITYID: entity, MEGAENTITYNAME: entity === "" ? "" : entityName(entity) }),
    ...values,
    [type.key]: values[type.key] ?? recordNo,
    [type.number]: recordNo
  })
}

const textsOf = (type: ObjectType, row: Readonly<Record<string, IntacctFieldValue>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const field = fieldNamed(type, name)
      if (field === undefined) throw new TypeError(`${type.name} has no field ${name}; define it under objects`)
      return [field, String(value)]
    })
  )

/** A function of a test's own as one of Intacct's. */
const playOf =
  (run: IntacctFunction): Play =>
  (context) => {
    try {
      const answer = run(callOf(context))
      if (typeof answer !== "object" || answer === null || "then" in answer) {
        throw new TypeError("it must answer at once, with an object")
      }
      return outcomeOf(answer)
    } catch (error) {
      if (error instanceof Refused) throw error
      // A test's own mistake, which it would look for in vain in an answer without words.
      const why = error instanceof Error ? error.message : "it threw something that is no error"
      throw new Refused({
        errorno: "SANDBOX-FUNCTION",
        description2: `The function ${context.called.name} that was defined here failed: ${why}`
      })
    }
  }

const callOf = (context: FunctionContext): IntacctFunctionCall => {
  const { called, identity, now } = context
  const typeNamed = (object: string): ObjectType => {
    const type = identity.company.records.types.any(object)
    if (type === undefined) throw new TypeError(`${object} is no object of the company`)
    return type
  }
  return {
    name: called.name,
    controlId: called.controlId,
    attributes: Object.fromEntries(called.element.attributes),
    content: contentOf(called.element),
    companyId: identity.company.companyId,
    userId: identity.user.userId,
    entityId: identity.entity,
    now: now(),
    records: (object) => identity.company.records.visible(typeNamed(object).name, viewOf(identity)),
    create: (object, values) => {
      const type = typeNamed(object)
      return createRecord(context, type, { values: textsOf(type, values), lines: undefined })
    },
    update: (object, record, values) => {
      const type = typeNamed(object)
      return updateRecord(context, type, record, { values: textsOf(type, values), lines: undefined })
    },
    remove: (object, record) => deleteRecord(context, typeNamed(object), record)
  }
}

const contentOf = (element: XmlElement): IntacctContent => {
  if (element.children.length === 0 && element.attributes.size === 0) return element.text
  const values = new Map<string, Array<IntacctContent>>()
  for (const [name, value] of element.attributes) values.set(`@${name}`, [value])
  for (const each of element.children) values.set(each.name, [...(values.get(each.name) ?? []), contentOf(each)])
  if (element.children.length === 0 && element.text !== "") values.set("#text", [element.text])
  return Object.fromEntries(
    [...values].map(([name, found]) => [name, found.length === 1 ? (found[0] ?? "") : found] as const)
  )
}

const outcomeOf = (answer: IntacctFunctionAnswer): Outcome => {
  if (answer.errors !== undefined) {
    const [first, ...more] = answer.errors
    return first === undefined ? { content: [] } : { failures: [first, ...more] }
  }
  return {
    content: [
      ...(answer.key === undefined ? [] : [node("key", answer.key)]),
      ...(answer.listtype === undefined ? [] : [nodeOf("listtype", answer.listtype)]),
      ...(answer.data === undefined ? [] : [nodeOf("data", answer.data)])
    ]
  }
}

const isList = (value: unknown): value is ReadonlyArray<IntacctContent> => Array.isArray(value)

const plainText = (name: string, value: unknown): string => {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value)
  throw new TypeError(`${name} must be text, a number or a boolean`)
}

const nodeOf = (name: string, content: IntacctContent): XmlNode => {
  if (!nameShape.test(name)) throw new TypeError(`${name} is no name of an element`)
  if (content === null) return node(name)
  if (typeof content !== "object") return node(name, String(content))
  const entries = Object.entries(content)
  const attributes = Object.fromEntries(
    entries.flatMap(([key, value]) => (key.startsWith("@") ? [[key.slice(1), plainText(key, value)]] : []))
  )
  const text = content["#text"]
  if (text !== undefined) return node(name, plainText("#text", text), attributes)
  const children = entries.flatMap(([key, value]): ReadonlyArray<XmlNode> => {
    if (key.startsWith("@") || value === undefined) return []
    return isList(value) ? value.map((each) => nodeOf(key, each)) : [nodeOf(key, value)]
  })
  return node(name, children.length === 0 ? "" : children, attributes)
}
