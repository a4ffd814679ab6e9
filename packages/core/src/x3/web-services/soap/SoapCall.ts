import type { CallOptions } from "../../../application/Application.ts"

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
