import { randomBytes, randomInt } from "node:crypto"
import { node, type XmlNode } from "./xml.ts"

/** One `<error>`. A gateway's error has no more than its number and description. */
export interface Failure {
  readonly errorno: string
  readonly description?: string | undefined
  readonly description2?: string | undefined
  readonly correction?: string | undefined
}

/** A function's result. */
export interface FunctionResult {
  /** Undefined: the result has none, as with a control id that was used before. */
  readonly status: "success" | "failure" | "aborted" | undefined
  readonly name: string
  readonly controlId: string
  /** What stands between the control id and the errors: `data`, `key`, `listtype`. */
  readonly content?: ReadonlyArray<XmlNode> | undefined
  readonly failures?: ReadonlyArray<Failure> | undefined
}

/** The part of the control block that is repeated. */
export interface ControlEcho {
  /** Undefined: left out. */
  readonly senderId: string | undefined
  readonly controlId: string
  readonly uniqueId: string
  readonly dtdVersion: string
}

/** The control block of an answer; without `echo` it has nothing but its status. */
export const control = (status: "success" | "failure", echo: ControlEcho | undefined): XmlNode =>
  node("control", [
    node("status", status),
    ...(echo === undefined
      ? []
      : [
          ...(echo.senderId === undefined ? [] : [node("senderid", echo.senderId)]),
          node("controlid", echo.controlId),
          node("uniqueid", echo.uniqueId),
          node("dtdversion", echo.dtdVersion)
        ])
  ])

/** A failure of the control level: nothing was authenticated. */
export const controlFailure = (
  echo: ControlEcho | undefined,
  failures: ReadonlyArray<Failure>,
  additional: boolean
): XmlNode => node("response", [control("failure", echo), errorMessage(failures, additional)])

/** A failure of the gateway in front: status and error, nothing else. */
export const gatewayFailure = (errorno: string, description: string): XmlNode =>
  node("response", [
    control("failure", undefined),
    node("errormessage", [node("error", [node("errorno", errorno), node("description", description)])])
  ])

/** The errors of one level. */
export const errorMessage = (failures: ReadonlyArray<Failure>, additional: boolean): XmlNode =>
  node(
    "errormessage",
    failures.map((failure) =>
      node("error", [
        node("errorno", failure.errorno),
        node("description", failure.description ?? ""),
        node("description2", failure.description2 ?? ""),
        node("correction", failure.correction ?? ""),
        ...(additional
          ? [
              node("additionalinfo", [
                node("errorid", failure.errorno),
                node("category", "sandbox"),
                node("target", "")
              ])
            ]
          : [])
      ])
    )
  )

/** The answer to a request that was authenticated. Errors `beside` the results belong to one of them that has none. */
export const operation = (
  echo: ControlEcho,
  authentication: XmlNode,
  results: ReadonlyArray<FunctionResult>,
  additional: boolean,
  beside: ReadonlyArray<Failure>
): XmlNode =>
  node("response", [
    control("success", echo),
    node("operation", [
      authentication,
      ...results.map((result) => resultNode(result, additional)),
      ...(beside.length === 0 ? [] : [errorMessage(beside, additional)])
    ])
  ])

/** The answer to a request whose authentication failed: the errors stand beside it. */
export const authenticationFailure = (
  echo: ControlEcho,
  userId: string,
  companyId: string,
  failure: Failure,
  additional: boolean
): XmlNode =>
  node("response", [
    control("success", echo),
    node("operation", [
      node("authentication", [node("status", "failure"), node("userid", userId), node("companyid", companyId)]),
      errorMessage([failure], additional)
    ])
  ])

/** The answer to an offline request: the acknowledgement precedes the control block. */
export const acknowledgement = (echo: ControlEcho): XmlNode =>
  node("response", [node("acknowledgement", [node("status", "success")]), control("success", echo)])

const resultNode = (result: FunctionResult, additional: boolean): XmlNode =>
  node("result", [
    ...(result.status === undefined ? [] : [node("status", result.status)]),
    node("function", result.name),
    node("controlid", result.controlId),
    ...(result.content ?? []),
    ...(result.failures === undefined ? [] : [errorMessage(result.failures, additional)])
  ])

/** Ends a description2 as Intacct does; the id's tilde is percent-encoded there. */
export const withSupportId = (text: string): string => {
  const id = `${randomBytes(4).toString("base64url")}EBXMLGW${randomInt(100_000_000, 999_999_999)}-AG%7E${randomBytes(15).toString("base64url")}AAAAI`
  return `${text} [Support ID: ${id}]`
}

/** Ends a gateway's description as Intacct does. */
export const withRequestId = (text: string): string =>
  `${text} [Request ID: ${hex(4)}:${hex(2)}_${hex(4)}.${randomInt(10, 99)}]`

const hex = (bytes: number): string => randomBytes(bytes).toString("hex").toUpperCase()

/** A moment as ISO 8601 with a numeric offset such as `+00:00`. */
export const timestamp = (milliseconds: number, offset: string): string => {
  const sign = offset.startsWith("-") ? -1 : 1
  const minutes = sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)))
  return new Date(milliseconds + minutes * 60_000).toISOString().slice(0, 19) + offset
}
