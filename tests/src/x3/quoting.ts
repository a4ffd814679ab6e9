/**
 * X3's servers, quoting in their answers what they were sent, in every shape that these have beside those of others.
 */
import type { Tamper } from "../oauth/cage.ts"
import { quotes, quotingTampers } from "../oauth/quoting.ts"

const answering =
  (status: number, text: (quoted: string) => string): Tamper =>
  (exchange) => ({ status, text: text(quotes(exchange)) })

const xml = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const envelope = (body: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:wss="http://www.adonix.com/WSS"><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`

const result = (quoted: string): string =>
  envelope(
    `<wss:queryResponse><queryReturn><messages><message>${xml(quoted)}</message><type>3</type></messages><resultXml>${xml(quoted)}</resultXml><status>0</status><technicalInfos><traceRequest>${xml(quoted)}</traceRequest></technicalInfos></queryReturn></wss:queryResponse>`
  )

const fault = (quoted: string): string =>
  envelope(
    `<soapenv:Fault><faultcode>${xml(quoted)}</faultcode><faultstring>${xml(quoted)}</faultstring><detail>${xml(quoted)}</detail></soapenv:Fault>`
  )

const graphqlError = (message: string) => ({ message, path: [message], extensions: { code: message, [message]: 1 } })

/** Answers that quote the request, by where they do. */
export const x3QuotingTampers: ReadonlyArray<readonly [name: string, tamper: Tamper]> = [
  ...quotingTampers,
  [
    "in a diagnosis of a success",
    answering(200, (text) => JSON.stringify({ $diagnoses: [{ $severity: "error", $message: text, $dataCode: text }] }))
  ],
  ["in the messages of a SOAP result", answering(200, result)],
  ["in the messages of a SOAP result that is cut off", answering(200, (text) => result(text).slice(0, -60))],
  ["in a SOAP fault", answering(500, fault)],
  ["after the number of an error", answering(401, (text) => `Error 45: Invalid token ${text}`)],
  ["in place of that number", answering(401, (text) => `Error ${text}`)],
  [
    "in the errors of GraphQL",
    answering(200, (text) => JSON.stringify({ data: null, errors: [graphqlError(text)], extensions: { [text]: text } }))
  ],
  [
    "in the errors of a partial answer",
    answering(200, (text) => JSON.stringify({ data: { x3MasterData: null }, errors: [graphqlError(text)] }))
  ],
  [
    "in a document that names other addresses",
    answering(200, (text) => {
      const at = `https://${encodeURIComponent(text.slice(0, 40)).replaceAll("%", "x").slice(0, 60)}.example/${encodeURIComponent(text)}`
      return JSON.stringify({
        customerAccess: { authorise: at, token: at },
        customerUsage: { folder: at, graphQL: at }
      })
    })
  ],
  ["in a message of the gateway", answering(403, (text) => JSON.stringify({ message: text }))]
]
