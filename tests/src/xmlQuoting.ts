/**
 * What Intacct's XML gateway and proxies in front of it answer, saying something in every field of every envelope.
 */
import type { Tamper } from "./intacctXmlCage.ts"
import { markup } from "./quotedForms.ts"
import type { Fields } from "./quoting.ts"

const plain = (xml: string): string =>
  xml.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&")

/** Everything secret in a request. */
export const secretsOf = (request: string): ReadonlyArray<string> =>
  [...request.matchAll(/<(?:password|sessionid)>([^<]*)</g)]
    .map(([, text = ""]) => plain(text))
    .filter((secret) => secret !== "")

const cdata = (text: string): string => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`

const control = `<control><status>success</status></control>`

const failed = (error: string): string =>
  `<response><control><status>failure</status></control><errormessage><error>${error}</error></errormessage></response>`

const errorOf = (text: string, errorno: string): string =>
  `<errormessage><error><errorno>${errorno}</errorno><description>${text}</description><description2>${text} [Support ID: ${text}]</description2><correction>${text}</correction></error></errormessage>`

const inAuthentication = (text: string): string =>
  `<response>${control}<operation><authentication><status>failure</status><userid>${text}</userid><companyid>${text}</companyid></authentication>${errorOf(text, "XL03000006")}</operation></response>`

const inFunction = (text: string, errorno: string): string =>
  `<response>${control}<operation><authentication><status>success</status></authentication><result><status>failure</status><function>x</function><controlid>x</controlid>${errorOf(text, errorno)}</result></operation></response>`

/** Answers that quote the request, by where they do. */
export const xmlFields: Fields<string> = {
  "an error number": (text) => failed(`<errorno>${cdata(text)}</errorno>`),
  "a description": (text) => failed(`<errorno>XL03000006</errorno><description>${cdata(text)}</description>`),
  "a description of markup": (text) =>
    failed(`<errorno>XL03000006</errorno><description>${markup(text)}</description>`),
  "a second description": (text) =>
    failed(`<errorno>XL03000006</errorno><description2>${cdata(text)} [Support ID: ${cdata(text)}]</description2>`),
  "a correction": (text) => failed(`<errorno>XL03000006</errorno><correction>${cdata(text)}</correction>`),
  "more about an error": (text) =>
    failed(`<errorno>XL03000006</errorno><additionalinfo><a>${cdata(text)}</a></additionalinfo>`),
  "control level": (text) =>
    `<response><control><status>failure</status><controlid>${cdata(text)}</controlid></control>${errorOf(cdata(text), "XL03000006")}</response>`,
  "authentication level": (text) => inAuthentication(cdata(text)),
  "a function's result": (text) => inFunction(cdata(text), "BL01001973"),
  "a function that is off line": (text) => inFunction(cdata(text), "The Service is Temporarily Off-line"),
  "a web page": (text) => `<html><title>${text}</title><body>Bad request: ${text}</body></html>`,
  JSON: (text) => JSON.stringify({ error: text, GW: "GW-0010", quotes: text }),
  "broken XML": (text) => `<response><control>${text}`,
  "a document type": (text) => `<!DOCTYPE r [<!ENTITY e "${text.slice(0, 40)}">]><response>${text}</response>`
}

/** Quotes in the first result of several, and leaves the others alone. */
export const inFirstResult =
  (quoted: (request: string) => string | undefined): Tamper =>
  (answer, request) => {
    const text = quoted(request)
    if (text === undefined) return answer
    const result = /<result>[\s\S]*<\/result>/.exec(text)?.[0] ?? ""
    return answer.replace(/<result>[\s\S]*?<\/result>/, () => result)
  }
