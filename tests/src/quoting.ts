/**
 * Servers, and proxies in front of them, that quote in their answers what they were sent.
 */
import type { Tamper } from "./intacctXmlCage.ts"

const contentOf = (request: string, element: string): string =>
  new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(request)?.[1] ?? ""

const plain = (xml: string): string =>
  xml.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&")

const cdata = (text: string): string => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`

/** Every secret of a request in every form that a server might quote it in. */
const quotes = (request: string): string => {
  const passwords = [...request.matchAll(/<password>([\s\S]*?)<\/password>/g)].map(([, xml]) => plain(xml as string))
  const secrets = [...passwords, plain(contentOf(request, "sessionid"))].filter((secret) => secret !== "")
  return secrets.map((secret) => `refused ${secret} or ${encodeURIComponent(secret)}`).join(" and ")
}

const errorOf = (request: string, errorno = "XL03000006"): string => {
  const text = quotes(request)
  return `<errormessage><error><errorno>${errorno}</errorno><description>${cdata(text)}</description><description2>${cdata(`Invalid session ${text}`)} [Support ID: ${cdata(text)}]</description2><correction>${cdata(text)}</correction></error></errormessage>`
}

const control = `<control><status>success</status></control>`

const atControl: Tamper = (_, request) =>
  `<response><control><status>failure</status></control>${errorOf(request)}</response>`

const atAuthentication: Tamper = (_, request) =>
  `<response>${control}<operation><authentication><status>failure</status><userid></userid><companyid></companyid></authentication>${errorOf(request)}</operation></response>`

const atFunction =
  (errorno: string): Tamper =>
  (_, request) =>
    `<response>${control}<operation><authentication><status>success</status></authentication><result><status>failure</status><function>x</function><controlid>x</controlid>${errorOf(request, errorno)}</result></operation></response>`

const inErrorNumber: Tamper = (_, request) =>
  `<response><control><status>failure</status></control><errormessage><error><errorno>${cdata(quotes(request))}</errorno></error></errormessage></response>`

const page: Tamper = (_, request) => `<html><body>Bad request: ${request} ${quotes(request)}</body></html>`

const json: Tamper = (_, request) => JSON.stringify({ error: request, GW: "GW-0010", quotes: quotes(request) })

const broken: Tamper = (_, request) => `<response><control>${request}`

const documentType: Tamper = (_, request) =>
  `<!DOCTYPE r [<!ENTITY e "${request.slice(0, 10)}">]><response>${request}</response>`

/** Answers that quote the request, by where they do. */

export const quotingTampers: ReadonlyArray<readonly [name: string, tamper: Tamper]> = [
  ["at control level", atControl],
  ["at authentication level", atAuthentication],
  ["in a function's result", atFunction("BL01001973")],
  ["in a function that is off line", atFunction("The Service is Temporarily Off-line")],
  ["in the number of an error", inErrorNumber],
  ["on a web page", page],
  ["in JSON", json],
  ["in broken XML", broken],
  ["in a document type", documentType]
]

/** Leaves requests for sessions alone. */

export const onlyCalls =
  (tamper: Tamper): Tamper =>
  (answer, request) =>
    request.includes("getAPISession") ? answer : tamper(answer, request)

/** Quotes the request in the first result of several, and leaves the others alone. */
export const inFirstResult: Tamper = (answer, request) => {
  const result = /<result>[\s\S]*<\/result>/.exec(atFunction("BL01001973")(answer, request))?.[0] ?? ""
  return answer.replace(/<result>[\s\S]*?<\/result>/, () => result)
}
