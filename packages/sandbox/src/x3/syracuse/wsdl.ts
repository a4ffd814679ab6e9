import { escapeXml } from "../../markup.ts"
import { type Operation, operations } from "./soapMessage.ts"

const parameters: Readonly<Record<Operation, ReadonlyArray<readonly [string, string]>>> = {
  run: [["inputXml", "xsd:string"]],
  query: [
    ["objectKeys", "wss:ArrayOfCAdxParamKeyValue"],
    ["listSize", "xsd:int"]
  ],
  read: [["objectKeys", "wss:ArrayOfCAdxParamKeyValue"]],
  save: [["objectXml", "xsd:string"]],
  modify: [
    ["objectKeys", "wss:ArrayOfCAdxParamKeyValue"],
    ["objectXml", "xsd:string"]
  ],
  delete: [["objectKeys", "wss:ArrayOfCAdxParamKeyValue"]],
  getDescription: []
}

const technicalInfos: ReadonlyArray<readonly [string, string]> = [
  ["busy", "boolean"],
  ["changeLanguage", "boolean"],
  ["changeUserId", "boolean"],
  ["flushAdx", "boolean"],
  ["loadWebsDuration", "double"],
  ["nbDistributionCycle", "int"],
  ["poolDistribDuration", "double"],
  ["poolEntryIdx", "int"],
  ["poolExecDuration", "double"],
  ["poolRequestDuration", "double"],
  ["poolWaitDuration", "double"],
  ["processReport", "string"],
  ["processReportSize", "int"],
  ["reloadWebs", "boolean"],
  ["resumitAfterDBOpen", "boolean"],
  ["rowInDistribStack", "int"],
  ["totalDuration", "double"],
  ["traceRequest", "string"],
  ["traceRequestSize", "int"]
]

const elements = (members: ReadonlyArray<readonly [string, string]>): string =>
  members.map(([name, type]) => `<element name="${name}" nillable="true" type="${type}"/>`).join("")

const complexType = (name: string, members: ReadonlyArray<readonly [string, string]>): string =>
  `<complexType name="${name}"><sequence>${elements(members)}</sequence></complexType>`

const arrayType = (name: string, of: string): string =>
  `<complexType name="${name}"><complexContent><restriction base="soapenc:Array"><attribute ref="soapenc:arrayType" wsdl:arrayType="${of}[]"/></restriction></complexContent></complexType>`

const part = ([name, type]: readonly [string, string]): string => `<wsdl:part name="${name}" type="${type}"/>`

const message = (operation: Operation): string =>
  `<wsdl:message name="${operation}Request">${[
    ["callContext", "wss:CAdxCallContext"] as const,
    ["publicName", "xsd:string"] as const,
    ...parameters[operation]
  ]
    .map(part)
    .join(
      ""
    )}</wsdl:message><wsdl:message name="${operation}Response">${part([`${operation}Return`, "wss:CAdxResultXml"])}</wsdl:message>`

const body = `<wsdlsoap:body encodingStyle="http://schemas.xmlsoap.org/soap/encoding/" namespace="http://www.adonix.com/WSS" use="encoded"/>`

/** The description of the generic web service (WSDL 1.1, RPC/encoded), with the address that calls go to. */
export const wsdl = (address: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions targetNamespace="http://www.adonix.com/WSS" xmlns:wss="http://www.adonix.com/WSS" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" xmlns:wsdlsoap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<wsdl:types><schema targetNamespace="http://www.adonix.com/WSS" xmlns="http://www.w3.org/2001/XMLSchema"><import namespace="http://schemas.xmlsoap.org/soap/encoding/"/>
${[
  complexType("CAdxCallContext", [
    ["codeLang", "xsd:string"],
    ["poolAlias", "xsd:string"],
    ["poolId", "xsd:string"],
    ["requestConfig", "xsd:string"]
  ]),
  complexType("CAdxMessage", [
    ["message", "xsd:string"],
    ["type", "xsd:string"]
  ]),
  arrayType("ArrayOfCAdxMessage", "wss:CAdxMessage"),
  complexType("CAdxParamKeyValue", [
    ["key", "xsd:string"],
    ["value", "xsd:string"]
  ]),
  arrayType("ArrayOfCAdxParamKeyValue", "wss:CAdxParamKeyValue"),
  complexType(
    "CAdxTechnicalInfos",
    technicalInfos.map(([name, type]) => [name, `xsd:${type}`])
  ),
  complexType("CAdxResultXml", [
    ["messages", "wss:ArrayOfCAdxMessage"],
    ["resultXml", "xsd:string"],
    ["status", "xsd:int"],
    ["technicalInfos", "wss:CAdxTechnicalInfos"]
  ])
].join("\n")}
</schema></wsdl:types>
${operations.map(message).join("\n")}
<wsdl:portType name="CAdxWebServiceXmlCC">
${operations.map((name) => `<wsdl:operation name="${name}" parameterOrder="${["callContext", "publicName", ...parameters[name].map(([each]) => each)].join(" ")}"><wsdl:input message="wss:${name}Request" name="${name}Request"/><wsdl:output message="wss:${name}Response" name="${name}Response"/></wsdl:operation>`).join("\n")}
</wsdl:portType>
<wsdl:binding name="CAdxWebServiceXmlCCSoapBinding" type="wss:CAdxWebServiceXmlCC">
<wsdlsoap:binding style="rpc" transport="http://schemas.xmlsoap.org/soap/http"/>
${operations.map((name) => `<wsdl:operation name="${name}"><wsdlsoap:operation soapAction=""/><wsdl:input name="${name}Request">${body}</wsdl:input><wsdl:output name="${name}Response">${body}</wsdl:output></wsdl:operation>`).join("\n")}
</wsdl:binding>
<wsdl:service name="CAdxWebServiceXmlCCService">
<wsdl:port binding="wss:CAdxWebServiceXmlCCSoapBinding" name="CAdxWebServiceXmlCC"><wsdlsoap:address location="${escapeXml(address)}"/></wsdl:port>
</wsdl:service>
</wsdl:definitions>
`
