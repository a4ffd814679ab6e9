import * as Predicate from "effect/Predicate"
import type { CallOptions } from "../../../application/Application.ts"
import * as Result from "../../../config/Result.ts"
import type { Issue } from "../../../errors/Reason.ts"
import { element, uncarriable } from "../../../xml/XmlWriter.ts"
import { escapeAttribute, escapeText } from "../../../xml/escape.ts"

/**
 * A key of an object: name and value, such as `{ SOHNUM: "ORD001" }`. A list where their order or repetition counts.
 */
export type ObjectKeys =
  | Readonly<Record<string, string | number>>
  | ReadonlyArray<{ readonly key: string; readonly value: string | number }>

/**
 * What a call hands over: `xml` or `parameters`, not both. `xml` is the text of `<PARAM>…</PARAM>`, sent as it is.
 * `parameters` is an object that is sent as JSON. Sage's pages show XML; only public clients show that X3 reads JSON in
 * its place.
 */
export type Payload =
  | { readonly parameters?: object | undefined; readonly xml?: undefined }
  | { readonly xml?: string | undefined; readonly parameters?: undefined }

interface Published {
  /** the name under which the object or subprogram is published (GESAWE), such as `"SOH"` */
  readonly publicName: string
}

interface Keyed extends Published {
  readonly objectKeys: ObjectKeys
}

/**
 * What each operation takes besides the pool, by the names of Sage's WSDL.
 *
 * Source: `CAdxWebServiceXmlCC?wsdl` of an X3 server; online-help.sagex3.com, SOAP web services.
 */
export interface SoapOperations {
  /** runs a published subprogram */
  readonly run: { readonly publicName?: string | undefined } & Payload
  /** reads an object */
  readonly read: Keyed
  /** lists objects */
  readonly query: Published & {
    readonly objectKeys?: ObjectKeys | undefined
    /** how many at most; default 100 */
    readonly listSize?: number | undefined
  }
  /** creates an object */
  readonly save: Published & Payload
  /** changes an object */
  readonly modify: Keyed & Payload
  /** deletes an object */
  readonly delete: Keyed
  /** removes lines of an object's table */
  readonly deleteLines: Keyed & { readonly blocKey: string; readonly lineKeys: ReadonlyArray<string | number> }
  /** adds a line; Sage's own WSDL says that X3 does not have it yet */
  readonly insertLines: Keyed & { readonly blocKey: string; readonly lineKey: string | number } & Payload
  /** runs an action of an object, given as a whole */
  readonly actionObject: Published & { readonly actionCode: string } & Payload
  /** runs an action of an object, given by its keys */
  readonly actionObjectKeys: Keyed & { readonly actionCode: string }
  /** describes what is published */
  readonly getDescription: Published
  /** gives the XML schema of what is published */
  readonly getDataXmlSchema: Published
}

/** The operations of Sage's WSDL. */
export type SoapOperation = keyof SoapOperations

/** What an operation takes that is not in Sage's WSDL as it is known here. */
export interface OtherOperation {
  /** of the sub-program or object, as it is published in X3 */
  readonly publicName?: string | undefined
  /** its further arguments, in the order of its WSDL */
  readonly arguments?: Readonly<Record<string, string | number | boolean>> | undefined
}

interface CallContext extends CallOptions {
  /** the alias of the pool, exactly as it is written in X3: upper and lower case count */
  readonly pool: string
  /** as X3 writes it (`codeLang`), such as `"FRA"`; default: the connection's */
  readonly language?: string | undefined
  /** one entry of the pool; default: any */
  readonly poolId?: string | undefined
  /**
   * how the call runs: a text as X3 takes it, or parameters over the default, such as `{ "adxwss.optreturn": "XML" }`.
   * Default `adxwss.optreturn=JSON`
   */
  readonly requestConfig?: string | Readonly<Record<string, string | number | boolean>> | undefined
}

/** One SOAP call. */
export type SoapCall<O extends string = SoapOperation> = CallContext & {
  readonly operation: O
} & (O extends SoapOperation ? SoapOperations[O] : OtherOperation)

/** What X3 says beside a result. */
export interface SoapMessage {
  /** X3's number for the kind of message: 1 information, 2 warning, 3 error; undefined where it gave none */
  readonly type: number | undefined
  /** in X3's words */
  readonly message: string
}

/** What a pool says about a call, such as `totalDuration` and `poolWaitDuration`. */
export type TechnicalInfos = Readonly<Record<string, string | number | boolean>>

/** A call that ran and succeeded. */
export interface SoapResult {
  /** 1: X3's own word for success */
  readonly status: 1
  /** information and warnings */
  readonly messages: ReadonlyArray<SoapMessage>
  /** `resultXml`: parsed where the call asked for JSON and JSON came, the text otherwise */
  readonly result: unknown
  /** what X3 says about how the call ran */
  readonly technicalInfos: TechnicalInfos
}

/** A call that did not succeed, in the server's own words. */
export interface SoapRefusal {
  /** of HTTP */
  readonly status: number
  /** of status 0; a fault's words, or a text that is no SOAP, are one message without a type */
  readonly messages: ReadonlyArray<SoapMessage>
  /** what X3 says about how the call ran */
  readonly technicalInfos: TechnicalInfos
}

/** A call as it goes on the wire. */
export interface WrittenCall {
  readonly operation: string
  readonly pool: string
  readonly body: string
  /** whether `resultXml` was asked for as JSON */
  readonly json: boolean
  /** may be sent twice, because it only reads */
  readonly idempotent: boolean
}

/** What holds for every call of a connection. */
export interface CallDefaults {
  readonly language: string
}

const reading: ReadonlySet<string> = new Set<SoapOperation>(["read", "query", "getDescription", "getDataXmlSchema"])

/** the arguments of each operation in the order of Sage's WSDL */
const argumentsOf: { readonly [O in SoapOperation]: ReadonlyArray<ArgumentName> } = {
  run: ["inputXml"],
  read: ["objectKeys"],
  query: ["objectKeys", "listSize"],
  save: ["objectXml"],
  modify: ["objectKeys", "objectXml"],
  delete: ["objectKeys"],
  deleteLines: ["objectKeys", "blocKey", "lineKeys"],
  insertLines: ["objectKeys", "blocKey", "lineKey", "lineXml"],
  actionObject: ["actionCode", "objectXml"],
  actionObjectKeys: ["actionCode", "objectKeys"],
  getDescription: [],
  getDataXmlSchema: []
}

type ArgumentName =
  | "inputXml"
  | "objectXml"
  | "lineXml"
  | "objectKeys"
  | "listSize"
  | "actionCode"
  | "blocKey"
  | "lineKey"
  | "lineKeys"

const isOperation = (operation: string): operation is SoapOperation => Object.hasOwn(argumentsOf, operation)

const context: ReadonlyArray<string> = [
  "pool",
  "operation",
  "publicName",
  "language",
  "poolId",
  "requestConfig",
  "signal",
  "deadline"
]

const defaultListSize = 100

const defaultRequestConfig = { "adxwss.optreturn": "JSON" }

type SoapFields = Readonly<Record<string, unknown>>

/** Collects what is wrong, and writes what is right. */
class SoapWriter {
  readonly issues: Array<Issue> = []

  refuse(name: string, expected: string): "" {
    this.issues.push({ option: `soap({ ${name} })`, expected })
    return ""
  }

  text(name: string, value: unknown): string {
    if (typeof value === "number" && Number.isFinite(value)) return String(value)
    if (typeof value === "boolean") return String(value)
    if (typeof value !== "string") return this.refuse(name, "a text")
    const problem = uncarriable(value)
    return problem === undefined ? value : this.refuse(name, `a text that XML can carry: it ${problem}`)
  }

  required(name: string, value: unknown, expected: string): string {
    return value === undefined || value === null || value === "" ? this.refuse(name, expected) : this.text(name, value)
  }

  string(name: string, value: string): string {
    return element(name, escapeText(value), ' xsi:type="xsd:string"')
  }

  argument(name: ArgumentName, fields: SoapFields): string {
    switch (name) {
      case "inputXml":
      case "objectXml":
      case "lineXml":
        return this.string(name, this.#payload(fields))
      case "objectKeys":
        return this.#keys(fields)
      case "listSize": {
        const size = fields["listSize"] ?? defaultListSize
        const right = typeof size === "number" && Number.isSafeInteger(size) && size > 0
        return element(
          "listSize",
          right ? String(size) : this.refuse(name, "a whole number, 1 or more"),
          ' xsi:type="xsd:int"'
        )
      }
      case "lineKeys":
        return this.#lineKeys(fields)
      default:
        return this.string(name, this.required(name, fields[name], "a text"))
    }
  }

  #payload({ parameters, xml }: SoapFields): string {
    if (xml !== undefined && parameters !== undefined) return this.refuse("parameters", "left out beside xml")
    if (parameters === undefined) return xml === undefined ? "" : this.text("xml", xml)
    if (!Predicate.isObject(parameters)) return this.refuse("parameters", "an object; a text goes into xml")
    const written = Result.try(() => JSON.stringify(parameters))
    return Result.isSuccess(written) && typeof written.success === "string"
      ? this.text("parameters", written.success)
      : this.refuse("parameters", "an object that JSON can carry")
  }

  #keys({ objectKeys, operation }: SoapFields): string {
    const given = objectKeys ?? []
    const pairs: ReadonlyArray<readonly [unknown, unknown]> | undefined = Array.isArray(given)
      ? given.map((item: unknown) => (Predicate.isObject(item) ? pairOf(item) : ([undefined, undefined] as const)))
      : Predicate.isObject(given)
        ? Object.entries(given)
        : undefined
    if (pairs === undefined) {
      return this.refuse("objectKeys", 'keys by their names, such as { SOHNUM: "ORD001" }')
    }
    // a list of everything is a question; anything else without a key is a mistake
    if (pairs.length === 0 && operation !== "query") return this.refuse("objectKeys", "at least one key")
    const items = pairs.map(([key, value]) => {
      const written =
        this.string("key", this.required("objectKeys", key, "keys with names")) +
        this.string("value", this.text("objectKeys", value))
      return element("keys", written, ' xsi:type="wss:CAdxParamKeyValue"')
    })
    return element(
      "objectKeys",
      items.join(""),
      ` xsi:type="wss:ArrayOfCAdxParamKeyValue" soapenc:arrayType="wss:CAdxParamKeyValue[${items.length}]"`
    )
  }

  #lineKeys({ lineKeys }: SoapFields): string {
    if (!Array.isArray(lineKeys) || lineKeys.length === 0) return this.refuse("lineKeys", "at least one key of a line")
    const items = lineKeys.map((key: unknown) => this.string("lineKeys", this.required("lineKeys", key, "keys")))
    return element(
      "lineKeys",
      items.join(""),
      ` xsi:type="wss:ArrayOf_xsd_string" soapenc:arrayType="xsd:string[${items.length}]"`
    )
  }

  others(given: unknown): string {
    if (given === undefined) return ""
    if (!Predicate.isObject(given) || Array.isArray(given)) {
      return this.refuse("arguments", "an object of the operation's arguments, in their order")
    }
    return Object.entries(given)
      .map(([name, value]) =>
        isName(name) ? this.string(name, this.text(`arguments.${name}`, value)) : this.refuse("arguments", "XML names")
      )
      .join("")
  }

  requestConfig(given: unknown): string {
    if (typeof given === "string") return this.text("requestConfig", given)
    if (given !== undefined && (!Predicate.isObject(given) || Array.isArray(given))) {
      return this.refuse("requestConfig", 'a text, or an object such as { "adxwss.optreturn": "XML" }')
    }
    return Object.entries({ ...defaultRequestConfig, ...given })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${this.text(`requestConfig`, value)}`)
      .join("&")
  }
}

const pairOf = (item: object): readonly [unknown, unknown] => {
  const { key, value } = item as SoapFields
  return [key, value]
}

/** a name that can stand in an element and in a header */
const isName = (name: string): boolean => /^[A-Za-z_][\w.-]{0,99}$/.test(name)

const namespaces = [
  ["xsi", "http://www.w3.org/2001/XMLSchema-instance"],
  ["xsd", "http://www.w3.org/2001/XMLSchema"],
  ["soapenv", "http://schemas.xmlsoap.org/soap/envelope/"],
  ["soapenc", "http://schemas.xmlsoap.org/soap/encoding/"],
  ["wss", "http://www.adonix.com/WSS"]
]
  .map(([prefix, uri]) => ` xmlns:${prefix}="${uri}"`)
  .join("")

/**
 * Writes a call as RPC/encoded SOAP 1.1. `codeUser` and `password` of the call context are never sent: X3 ignores them
 * since update 9, and knows the caller from HTTP.
 *
 * Source: online-help.sagex3.com, SOAP web services; `CAdxWebServiceXmlCC?wsdl`.
 */
export const writeCall = (
  call: unknown,
  { language }: CallDefaults
): Result.Result<WrittenCall, ReadonlyArray<Issue>> => {
  const writer = new SoapWriter()
  if (!Predicate.isObject(call) || Array.isArray(call)) {
    return Result.fail([{ option: "soap(call)", expected: "an object { pool, operation, publicName, … }" }])
  }
  const fields = call as SoapFields
  const given = fields["operation"]
  const operation = typeof given === "string" && isName(given) ? given : undefined
  if (operation === undefined) {
    writer.refuse("operation", `the name of an operation, such as ${Object.keys(argumentsOf).join(", ")}`)
  }
  const known = operation !== undefined && isOperation(operation)
  const pool = writer.required("pool", fields["pool"], "the alias of a SOAP pool")
  const names = known ? argumentsOf[operation] : []
  const publicName = fields["publicName"]
  const published =
    known || publicName !== undefined
      ? writer.string(
          "publicName",
          writer.required("publicName", publicName, "the name under which the object or subprogram is published")
        )
      : ""
  const requestConfig = writer.requestConfig(fields["requestConfig"])
  const poolId = fields["poolId"] === undefined ? "" : writer.text("poolId", fields["poolId"])
  const callContext = [
    ["codeLang", writer.text("language", fields["language"] ?? language)],
    ["poolAlias", pool],
    ["poolId", poolId],
    ["requestConfig", requestConfig]
  ] as const
  const payload = names.some((name) => name.endsWith("Xml")) ? ["parameters", "xml"] : []
  const taken = new Set([...context, ...names, ...payload, ...(known ? [] : ["arguments"])])
  for (const name of Object.keys(fields)) {
    if (fields[name] !== undefined && !taken.has(name))
      writer.refuse(shown(name), `left out: ${takes(operation, taken)}`)
  }
  const argumentsWritten = known
    ? names.map((name) => writer.argument(name, fields)).join("")
    : writer.others(fields["arguments"])
  if (operation === undefined || writer.issues.length > 0) return Result.fail(writer.issues)
  const inside =
    element(
      "callContext",
      callContext.map(([name, value]) => writer.string(name, value)).join(""),
      ' xsi:type="wss:CAdxCallContext"'
    ) +
    published +
    argumentsWritten
  const style = ` soapenv:encodingStyle="${escapeAttribute("http://schemas.xmlsoap.org/soap/encoding/")}"`
  const body = element("soapenv:Body", element(`wss:${operation}`, inside, style))
  return Result.succeed({
    operation,
    pool,
    body: `<?xml version="1.0" encoding="UTF-8"?>${element("soapenv:Envelope", element("soapenv:Header", "") + body, namespaces)}`,
    json: /(?:^|&)adxwss\.optreturn=JSON(?:&|$)/i.test(requestConfig),
    idempotent: reading.has(operation)
  })
}

const shown = (name: string): string => (isName(name) ? name : "(unnamed)")

const takes = (operation: string | undefined, taken: ReadonlySet<string>): string =>
  `${operation ?? "a call"} takes ${[...taken].join(", ")}`
