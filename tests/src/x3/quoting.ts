/**
 * What X3's servers answer, saying something in every field of every shape that these have beside those of others.
 */
import { inJson, oauthFields } from "../oauth/quoting.ts"
import { markup } from "../quotedForms.ts"
import type { Answer, Fields } from "../quoting.ts"

const inText = (status: number, text: string): Answer => ({ status, text })

const inXml = (status: number, text: string): Answer => ({ status, text, headers: { "content-type": "text/xml" } })

const envelope = (body: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wss="http://www.adonix.com/WSS"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`

const result = (quoted: string): string =>
  envelope(
    `<wss:queryResponse><queryReturn><messages><message>${markup(quoted)}</message><type>3</type></messages><resultXml>${markup(quoted)}</resultXml><status>0</status><technicalInfos><traceRequest>${markup(quoted)}</traceRequest></technicalInfos></queryReturn></wss:queryResponse>`
  )

const fault = (quoted: string): string =>
  envelope(
    `<soapenv:Fault><faultcode>${markup(quoted)}</faultcode><faultstring>${markup(quoted)}</faultstring><detail>${markup(quoted)}</detail></soapenv:Fault>`
  )

const graphqlError = (message: string) => ({ message, path: [message], extensions: { code: message, [message]: 1 } })

/** Answers that quote the request, by where they do. */
export const x3Fields: Fields = {
  ...oauthFields,
  "a diagnosis of a success": (text) =>
    inJson({ $diagnoses: [{ $severity: "error", $message: text, $dataCode: text }] }, 200),
  "a SOAP result": (text) => inXml(200, result(text)),
  "a SOAP result that is cut off": (text) => inXml(200, result(text).slice(0, -60)),
  "a SOAP fault": (text) => inXml(500, fault(text)),
  "behind the number of an error": (text) => inText(401, `Error 45: Invalid token ${text}`),
  "the place of that number": (text) => inText(401, `Error ${text}`),
  "errors of GraphQL": (text) =>
    inJson({ data: null, errors: [graphqlError(text)], extensions: { [text]: text } }, 200),
  "errors of a partial answer": (text) => inJson({ data: { x3MasterData: null }, errors: [graphqlError(text)] }, 200),
  "a document that names other addresses": (text) => {
    const at = `https://${encodeURIComponent(text.slice(0, 60)).replaceAll("%", "x").slice(0, 60)}.example/${encodeURIComponent(text)}`
    return inJson({ customerAccess: { authorise: at, token: at }, customerUsage: { folder: at, graphQL: at } }, 200)
  },
  "a message of the gateway": (text) => inJson({ message: text }, 403)
}
