/** An envelope as X3 answers. */
export const envelope = (body: string, prefix = "soapenv"): string =>
  `<?xml version="1.0" encoding="UTF-8"?><${prefix}:Envelope xmlns:${prefix}="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:wss="http://www.adonix.com/WSS"><${prefix}:Body>${body}</${prefix}:Body></${prefix}:Envelope>`

interface Answer {
  readonly operation?: string
  readonly status?: string
  readonly messages?: ReadonlyArray<readonly [type: number, message: string]>
  readonly result?: string
  readonly infos?: string
}

/** The answer to a call. */
export const answer = ({ infos = "", messages = [], operation = "run", result = "", status = "1" }: Answer): string =>
  envelope(
    `<wss:${operation}Response soapenv:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><${operation}Return xsi:type="wss:CAdxResultXml"><messages xsi:type="soapenc:Array" soapenc:arrayType="wss:CAdxMessage[${messages.length}]">${messages
      .map(
        ([type, message]) =>
          `<messages xsi:type="wss:CAdxMessage"><message xsi:type="xsd:string">${message}</message><type xsi:type="xsd:string">${type}</type></messages>`
      )
      .join(
        ""
      )}</messages><resultXml xsi:type="xsd:string"><![CDATA[${result}]]></resultXml><status xsi:type="xsd:int">${status}</status><technicalInfos xsi:type="wss:CAdxTechnicalInfos">${infos}</technicalInfos></${operation}Return></wss:${operation}Response>`
  )

/** A fault. */
export const fault = (code: string, text: string): string =>
  envelope(`<soapenv:Fault><faultcode>${code}</faultcode><faultstring>${text}</faultstring></soapenv:Fault>`)
