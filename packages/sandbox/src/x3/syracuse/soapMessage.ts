import { isProblem, parse, type XmlElement } from "../../intacct-xml/xml.ts"
import { escapeXml } from "../../markup.ts"
import { isObject, parseJson } from "../../oauth/params.ts"

/** The operations of `CAdxWebServiceXmlCC` that the sandbox does. */
export const operations = ["run", "query", "read", "save", "modify", "delete", "getDescription"] as const

export type Operation = (typeof operations)[number]

/** What a SOAP request asks for. */
export interface SoapCall {
  /** The local name of the body's first element. */
  readonly operation: string
  readonly poolAlias: string
  readonly codeLang: string
  /** What stands in `requestConfig`, by name. */
  readonly config: ReadonlyMap<string, string>
  readonly publicName: string
  /** `objectKeys`, by name. */
  readonly keys: ReadonlyMap<string, string>
  /** The fields of `objectXml` or `inputXml`; undefined when that is neither JSON nor XML. */
  readonly fields: Readonly<Record<string, string>> | undefined
  /** What of the request the sandbox cannot take, such as the lines of a table. */
  readonly unplayed: string | undefined
  /** `NaN` for what is no number. */
  readonly listSize: number | undefined
}

const local = (name: string): string => name.slice(name.indexOf(":") + 1)

const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((child) => local(child.name) === name)

const textOf = (element: XmlElement | undefined, name: string): string => childOf(element, name)?.text.trim() ?? ""

/** Reads a request; undefined when it is no SOAP 1.1 envelope with an operation in it. */
export const readCall = (document: string): SoapCall | undefined => {
  const envelope = parse(document)
  if (isProblem(envelope) || local(envelope.name) !== "Envelope") return undefined
  const operation = childOf(envelope, "Body")?.children[0]
  // The answer repeats its name.
  if (operation === undefined || !/^[A-Za-z]\w*$/.test(local(operation.name))) return undefined
  const context = childOf(operation, "callContext")
  const listSize = textOf(operation, "listSize")
  const inner = childOf(operation, "objectXml") ?? childOf(operation, "inputXml")
  const parameters = parametersOf(inner)
  const keys = (childOf(operation, "objectKeys")?.children ?? []).map(
    (item) => [textOf(item, "key"), textOf(item, "value")] as const
  )
  return {
    operation: local(operation.name),
    poolAlias: textOf(context, "poolAlias"),
    codeLang: textOf(context, "codeLang"),
    config: new Map(
      textOf(context, "requestConfig")
        .split("&")
        .map((part) => {
          const [name = "", value = ""] = part.split("=", 2)
          return [name.trim(), value.trim()]
        })
    ),
    publicName: textOf(operation, "publicName"),
    keys: new Map(keys),
    fields: parameters?.fields,
    unplayed:
      strange(context, contextElements, "callContext") ??
      strange(operation, elementsOf(local(operation.name)), local(operation.name)) ??
      twice(keys.map(([key]) => key)) ??
      parameters?.unplayed,
    listSize: listSize === "" ? undefined : Number(listSize)
  }
}

/** Who calls is told by HTTP: X3 itself ignores `codeUser` and `password` since U9. */
const contextElements = ["codeLang", "codeUser", "password", "poolAlias", "poolId", "requestConfig"]

/** What each operation takes. */
const parts: Readonly<Record<Operation, ReadonlyArray<string>>> = {
  run: ["inputXml"],
  query: ["objectKeys", "listSize"],
  read: ["objectKeys"],
  save: ["objectXml"],
  modify: ["objectKeys", "objectXml"],
  delete: ["objectKeys"],
  getDescription: []
}

/** Undefined for an operation that is not done anyway. */
const elementsOf = (operation: string): ReadonlyArray<string> | undefined => {
  const known = operations.find((each) => each === operation)
  return known === undefined ? undefined : ["callContext", "publicName", ...parts[known]]
}

/** The first child that nothing looks at, or that comes twice. */
const strange = (
  element: XmlElement | undefined,
  known: ReadonlyArray<string> | undefined,
  of: string
): string | undefined => {
  if (known === undefined) return undefined
  const names = (element?.children ?? []).map(({ name }) => local(name))
  const unknown = names.find((name) => !known.includes(name))
  return unknown === undefined ? twice(names) : `${unknown} of ${of}`
}

const twice = (names: ReadonlyArray<string>): string | undefined => {
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  return repeated === undefined ? undefined : `${repeated} that comes twice`
}

interface Parameters {
  readonly fields: Readonly<Record<string, string>>
  readonly unplayed: string | undefined
}

/** The fields of a parameter, which is JSON, XML in text, or XML as it is. */
const parametersOf = (parameter: XmlElement | undefined): Parameters | undefined => {
  if (parameter === undefined) return { fields: {}, unplayed: undefined }
  const document = parameter.text.trim()
  if (document === "") return fieldsOf(parameter)
  if (document.startsWith("{")) return jsonFields(document)
  const root = parse(document)
  return isProblem(root) ? undefined : fieldsOf(root)
}

const isField = (member: unknown): member is string | number => typeof member === "string" || typeof member === "number"

/** The members of a JSON object and of the groups in it. */
const jsonFields = (document: string): Parameters | undefined => {
  const value = parseJson(document)
  if (!isObject(value)) return undefined
  const members = Object.entries(value).flatMap(([name, member]) =>
    isObject(member) ? Object.entries(member) : [[name, member] as const]
  )
  return {
    fields: Object.fromEntries(
      members.flatMap(([name, member]) => (isField(member) ? [[name, String(member)] as const] : []))
    ),
    unplayed: members.find(([, member]) => !isField(member))?.[0] ?? twice(members.map(([name]) => name))
  }
}

/** `<FLD NAME="…">` at any depth, in a `PARAM` or without. */
const fieldsOf = (root: XmlElement): Parameters => {
  const fields: Array<[string, string]> = []
  let unplayed: string | undefined
  const pending: Array<XmlElement> = [root]
  for (let element = pending.pop(); element !== undefined; element = pending.pop()) {
    const name = element.attributes.get("NAME") ?? element.attributes.get("NAM")
    if (element.name === "FLD" && name !== undefined) fields.push([name, element.text])
    if (element.name === "TAB" || element.name === "LIN") unplayed ??= element.name
    pending.push(...element.children)
  }
  return { fields: Object.fromEntries(fields), unplayed: unplayed ?? twice(fields.map(([name]) => name)) }
}

/** A message of a result. 1 is information, 2 a warning, 3 an error, 4 a fatal one. */
export interface SoapMessage {
  readonly type: 1 | 2 | 3 | 4
  readonly message: string
}

/** What an operation comes to. */
export interface SoapResult {
  readonly status: 0 | 1
  readonly messages: ReadonlyArray<SoapMessage>
  /** XML or JSON; undefined without any. */
  readonly result: string | undefined
}

/** How a call went, besides its result. Lengths of time are milliseconds. */
export interface TechnicalInfos {
  readonly waited: number
  readonly took: number
  /** Whether it got a channel of its pool. */
  readonly served: boolean
  readonly trace: string
}

const cdata = (text: string): string => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`

const encoding = `soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"`

const envelope = (body: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:wss="http://www.adonix.com/WSS"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>
`

/** The answer to an operation: messages stand outside it and are pointed to, as SOAP 1.1 encodes lists. */
export const writeResult = (operation: string, outcome: SoapResult, infos: TechnicalInfos): string => {
  const { messages } = outcome
  const references = messages.map((_, index) => `<messages href="#id${index}"/>`).join("")
  const outside = messages.map(
    ({ type, message }, index) =>
      `<multiRef id="id${index}" soapenc:root="0" ${encoding} xsi:type="wss:CAdxMessage"><message xsi:type="xsd:string">${escapeXml(message)}</message><type xsi:type="xsd:string">${type}</type></multiRef>`
  )
  const result =
    outcome.result === undefined
      ? `<resultXml xsi:type="xsd:string" xsi:nil="true"/>`
      : `<resultXml xsi:type="xsd:string">${cdata(outcome.result)}</resultXml>`
  return envelope(
    `<wss:${operation}Response ${encoding}><${operation}Return xsi:type="wss:CAdxResultXml"><messages xsi:type="soapenc:Array" soapenc:arrayType="wss:CAdxMessage[${messages.length}]">${references}</messages>${result}<status xsi:type="xsd:int">${outcome.status}</status>${technical(infos)}</${operation}Return></wss:${operation}Response>${outside.join("")}`
  )
}

const technical = (infos: TechnicalInfos): string => {
  const members: ReadonlyArray<readonly [string, "boolean" | "double" | "int" | "string", string | undefined]> = [
    ["busy", "boolean", "false"],
    ["changeLanguage", "boolean", "false"],
    ["changeUserId", "boolean", "false"],
    ["flushAdx", "boolean", "false"],
    ["loadWebsDuration", "double", "0"],
    ["nbDistributionCycle", "int", "-1"],
    ["poolDistribDuration", "double", "0"],
    ["poolEntryIdx", "int", infos.served ? "0" : "-1"],
    ["poolExecDuration", "double", String(infos.took)],
    ["poolRequestDuration", "double", "-1"],
    ["poolWaitDuration", "double", String(infos.waited)],
    ["processReport", "string", undefined],
    ["processReportSize", "int", "-1"],
    ["reloadWebs", "boolean", "false"],
    ["resumitAfterDBOpen", "boolean", "false"],
    ["rowInDistribStack", "int", undefined],
    ["totalDuration", "double", String(infos.waited + infos.took)],
    ["traceRequest", "string", escapeXml(infos.trace)],
    ["traceRequestSize", "int", String(infos.trace.length)]
  ]
  const written = members.map(([name, type, value]) =>
    value === undefined
      ? `<${name} xsi:type="xsd:${type}" xsi:nil="true"/>`
      : `<${name} xsi:type="xsd:${type}">${value}</${name}>`
  )
  return `<technicalInfos xsi:type="wss:CAdxTechnicalInfos">${written.join("")}</technicalInfos>`
}

/** A fault of SOAP 1.1, for what is no call. */
export const writeFault = (message: string): string =>
  envelope(
    `<soapenv:Fault><faultcode>soapenv:Client</faultcode><faultstring>${escapeXml(message)}</faultstring></soapenv:Fault>`
  )
