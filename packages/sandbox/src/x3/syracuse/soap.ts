import { escapeXml } from "../../markup.ts"
import { notPlayedText } from "../../notPlayed.ts"
import type { SurfaceResponse } from "../../surface.ts"
import { text } from "./answers.ts"
import { readableFields } from "./rest.ts"
import {
  type Operation,
  operations,
  type SoapCall,
  type SoapMessage,
  type SoapResult,
  type TechnicalInfos,
  writeFault,
  writeResult
} from "./soapMessage.ts"
import type { SyracuseState } from "./state.ts"
import { type Folder, RecordProblem, type Records, type X3Record } from "./tables.ts"
import type { X3User } from "./users.ts"

const xml = (status: number, body: string): SurfaceResponse => ({
  status,
  headers: { "content-type": "text/xml; charset=utf-8" },
  body
})

/** What is answered to a body that is no call. */
export const noCall = (): SurfaceResponse =>
  xml(500, writeFault("The request is no SOAP 1.1 envelope with an operation"))

/** What a host answers that has no web service processes, which is Sage's default. */
export const noProcesses = (): SurfaceResponse => text(500, "No Web services accepted")

const failure = (message: string): SoapResult => ({ status: 0, messages: [{ type: 3, message }], result: undefined })

/** What is answered to a call whose pool is stopped or missing. */
export const noPool = (call: SoapCall): SurfaceResponse =>
  xml(200, writeResult(call.operation, failure(`No classic web service pool match to '${call.poolAlias}'`), unpooled))

const unpooled: TechnicalInfos = { waited: 0, took: 0, served: false, trace: "" }

/** What is answered to a call that waited too long for a channel. */
export const queueTimeout = (state: SyracuseState, call: SoapCall, waited: number): SurfaceResponse => {
  const { status, message } = state.options().queueTimeoutAnswer
  return status === 200
    ? xml(200, writeResult(call.operation, failure(message), { ...unpooled, waited }))
    : text(status, message)
}

/** Does a call in a channel of its pool. */
export const soap = (
  state: SyracuseState,
  call: SoapCall,
  user: X3User,
  endpoint: string,
  times: Pick<TechnicalInfos, "waited" | "took">
): SurfaceResponse => {
  const trace = call.config.get("adxwss.trace.on") === "on" ? `${call.operation} ${call.publicName}` : ""
  return xml(200, writeResult(call.operation, perform(state, call, user, endpoint), { ...times, served: true, trace }))
}

const isOperation = (name: string): name is Operation => operations.some((each) => each === name)

const perform = (state: SyracuseState, call: SoapCall, user: X3User, endpoint: string): SoapResult => {
  const folder = state.endpoints.get(endpoint)
  if (folder === undefined) return failure(`Endpoint ${endpoint} not found`)
  if (!user.endpoints.has(endpoint)) return failure(`User ${user.login} is not mapped for endpoint ${endpoint}`)
  if (!isOperation(call.operation)) return notPlayed(`the operation ${call.operation}`)
  if (call.fields === undefined) return failure("The parameters are neither JSON nor well-formed XML")
  if (call.unplayed !== undefined) return notPlayed(`${call.unplayed} in a call`)
  const config = [...call.config].find(([name, value]) => !isPlayed(name, value))
  if (config !== undefined) return notPlayed(`${config.join("=")} in requestConfig`)
  const { listSize } = call
  if (listSize !== undefined && !(Number.isInteger(listSize) && listSize >= 0)) {
    return failure("listSize : Incorrect value")
  }
  try {
    if (call.operation === "run") return run(folder, call, call.fields)
    const records = [...folder.values()].find(({ table }) => table.publicName === call.publicName)
    if (records === undefined) {
      return call.operation === "getDescription" && call.publicName === program.publicName
        ? done(
            describe(
              program.group,
              program.input.map((name) => ({ name, type: "Char" }))
            )
          )
        : unpublished(call)
    }
    return onRecords(call.operation, records, call, call.fields, user)
  } catch (error) {
    if (error instanceof RecordProblem) return failure(error.message)
    throw error
  }
}

const notPlayed = (what: string): SoapResult => failure(notPlayedText(what, "X3"))

/** The settings of `requestConfig` that are understood; the size of a trace does not change what it says. */
const isPlayed = (name: string, value: string): boolean => {
  switch (name) {
    case "":
      return value === ""
    case "adxwss.optreturn":
      return value === "JSON" || value === "XML"
    case "adxwss.beautify":
      return value === "true" || value === "false"
    case "adxwss.trace.on":
      return value === "on" || value === "off"
    case "adxwss.trace.size":
      return true
    default:
      return false
  }
}

const unpublished = (call: SoapCall): SoapResult => failure(`Web service ${call.publicName} is not published`)

const done = (result: string, messages: ReadonlyArray<SoapMessage> = []): SoapResult => ({
  status: 1,
  messages,
  result
})

const keyOf = (records: Records, call: SoapCall): string =>
  records.table.key.map((name) => call.keys.get(name) ?? "").join("~")

const onRecords = (
  operation: Exclude<Operation, "run">,
  records: Records,
  call: SoapCall,
  fields: Readonly<Record<string, string>>,
  user: X3User
): SoapResult => {
  const unknown = [...call.keys.keys()].find((name) => !records.table.fields.some((field) => field.name === name))
  if (unknown !== undefined) return failure(`${unknown} : Unknown field`)
  const beside = [...call.keys.keys()].find((name) => !records.table.key.includes(name))
  if (beside !== undefined && operation !== "query") return failure(`${beside} : Not part of the key`)
  const shown = shownTo(records, user)
  const one = (record: X3Record): string => writeOne(call, records.table.group, shown(record))
  switch (operation) {
    case "getDescription":
      return done(describe(records.table.group, records.table.fields))
    case "read":
      return done(one(records.get(keyOf(records, call))))
    case "save":
      return done(one(records.create(fields)))
    case "modify":
      return done(one(records.update(keyOf(records, call), fields)))
    case "delete":
      records.delete(keyOf(records, call))
      return done(call.config.get("adxwss.optreturn") === "JSON" ? "{}" : "<RESULT/>")
    case "query": {
      const rows = records
        .all()
        .filter((record) => [...call.keys].every(([name, wanted]) => fits(String(record[name] ?? ""), wanted)))
      // None is as none given.
      return done(writeList(call, rows.slice(0, call.listSize || mostListed).map(shown)))
    }
  }
}

const mostListed = 100

/** Whether a value is what a key of a query asks for: nothing asks for all, a star at the end for what begins so. */
const fits = (value: string, wanted: string): boolean =>
  wanted.endsWith("*") ? value.startsWith(wanted.slice(0, -1)) : wanted === "" || value === wanted

interface ShownField {
  readonly name: string
  readonly type: string
  readonly value: string | number
}

const shownTo = (records: Records, user: X3User): ((record: X3Record) => ReadonlyArray<ShownField>) => {
  const readable = readableFields(records, user)
  const fields = records.table.fields.filter(({ name }) => readable.has(name))
  return (record) => fields.map(({ name, type }) => ({ name, type, value: record[name] ?? "" }))
}

const isJson = (call: SoapCall): boolean => call.config.get("adxwss.optreturn") === "JSON"

const isBeautiful = (call: SoapCall): boolean => call.config.get("adxwss.beautify") === "true"

const objectOf = (fields: ReadonlyArray<ShownField>): object =>
  Object.fromEntries(fields.map(({ name, value }) => [name, value]))

const stringify = (call: SoapCall, value: unknown): string =>
  JSON.stringify(value, undefined, isBeautiful(call) ? 2 : 0)

const lines = (call: SoapCall, parts: ReadonlyArray<string>): string => parts.join(isBeautiful(call) ? "\n" : "")

const fieldXml = ({ name, type, value }: ShownField): string =>
  `<FLD NAME="${name}" TYPE="${type}">${escapeXml(String(value))}</FLD>`

const writeOne = (call: SoapCall, group: string, fields: ReadonlyArray<ShownField>): string =>
  isJson(call)
    ? stringify(call, { [group]: objectOf(fields) })
    : lines(call, ["<RESULT>", `<GRP ID="${group}">`, ...fields.map(fieldXml), "</GRP>", "</RESULT>"])

const lineXml = (call: SoapCall, fields: ReadonlyArray<ShownField>, index: number): string =>
  lines(call, [`<LIN NUM="${index + 1}">`, ...fields.map(fieldXml), "</LIN>"])

const writeList = (call: SoapCall, rows: ReadonlyArray<ReadonlyArray<ShownField>>): string =>
  isJson(call)
    ? stringify(call, rows.map(objectOf))
    : lines(call, [
        `<RESULT DIM="${Math.max(mostListed, rows.length)}" SIZE="${rows.length}">`,
        ...rows.map((row, index) => lineXml(call, row, index)),
        "</RESULT>"
      ])

const describe = (group: string, fields: ReadonlyArray<{ readonly name: string; readonly type: string }>): string =>
  `<ADXDESC><GRP NAM="${group}" DIM="1">${fields.map(({ name, type }) => `<FLD NAM="${name}" TYP="${type}"/>`).join("")}</GRP></ADXDESC>`

/** The one published subprogram: the orders of a customer, and what they come to. */
const program = { publicName: "WSORDERS", group: "GRP1", input: ["BPCNUM"] } as const

const run = (folder: Folder, call: SoapCall, fields: Readonly<Record<string, string>>): SoapResult => {
  if (call.publicName !== program.publicName) return unpublished(call)
  const unknown = Object.keys(fields).find((name) => !program.input.some((each) => each === name))
  if (unknown !== undefined) return failure(`${unknown} : Unknown field`)
  const customer = fields["BPCNUM"] ?? ""
  folder.get("BPCUSTOMER")?.get(customer)
  const orders = (folder.get("SORDER")?.all() ?? []).filter((order) => order["BPCORD"] === customer)
  const total = orders.reduce((sum, order) => sum + Number(order["ORDNOT"]), 0)
  const head: ReadonlyArray<ShownField> = [
    { name: "BPCNUM", type: "Char", value: customer },
    { name: "TOTAL", type: "Decimal", value: total }
  ]
  const rows = orders.map(
    (order): ReadonlyArray<ShownField> => [
      { name: "SOHNUM", type: "Char", value: order["SOHNUM"] ?? "" },
      { name: "ORDNOT", type: "Decimal", value: order["ORDNOT"] ?? 0 }
    ]
  )
  const messages: ReadonlyArray<SoapMessage> =
    orders.length === 0 ? [{ type: 2, message: `Customer ${customer} has no orders` }] : []
  return done(
    isJson(call)
      ? stringify(call, { [program.group]: objectOf(head), GRP2: rows.map(objectOf) })
      : lines(call, [
          "<RESULT>",
          `<GRP ID="${program.group}">`,
          ...head.map(fieldXml),
          "</GRP>",
          `<TAB ID="GRP2" DIM="${mostListed}" SIZE="${rows.length}">`,
          ...rows.map((row, index) => lineXml(call, row, index)),
          "</TAB>",
          "</RESULT>"
        ]),
    messages
  )
}
