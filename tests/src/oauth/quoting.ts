/**
 * Servers, and proxies in front of them, that quote in their answers what they were sent.
 */
import type { Exchange, Tamper } from "./cage.ts"

/** Every secret of a request in the forms that a server might quote it in. */
export const quotes = ({ secrets }: Exchange): string =>
  secrets
    .map((secret) => `refused ${secret}, ${encodeURIComponent(secret)}, ${Buffer.from(secret).toString("base64")}`)
    .join(" and ")

const inJson =
  (body: (quoted: string) => unknown, status = 400): Tamper =>
  (exchange) => ({ status, text: JSON.stringify(body(quotes(exchange))) })

const inText =
  (text: (quoted: string) => string, status: number): Tamper =>
  (exchange) => ({ status, text: text(quotes(exchange)) })

/** Answers that quote the request, by where they do. */
export const quotingTampers: ReadonlyArray<readonly [name: string, tamper: Tamper]> = [
  ["in the description of an error", inJson((text) => ({ error: "invalid_grant", error_description: text }))],
  ["in the code of an error", inJson((text) => ({ error: text }))],
  ["in the reason of a 401", inJson((text) => ({ error: "invalid_client", reason: text }), 401)],
  [
    "in Intacct's error",
    inJson((text) => ({ error: { code: text, errorId: "REST-2102", message: text, supportId: text.slice(0, 150) } }))
  ],
  [
    "in Intacct's nested error",
    inJson((text) => ({
      "ia::result": { "ia::error": { code: "x", message: text, details: [{ code: text, message: text }] } }
    }))
  ],
  ["in a gateway's error", inJson((text) => ({ "ia::error": { code: "GW-0001", message: text } }), 500)],
  ["in a diagnosis", inJson((text) => [{ $severity: "error", $dataCode: text, $message: text, $source: text }])],
  ["in the limit", inJson((text) => ({ "ia::error": { code: "GW-0010", message: text } }), 429)],
  ["on a web page", inText((text) => `<html><body><h1>Bad</h1>${text}</body></html>`, 502)],
  ["in a sentence", inText((text) => text, 400)],
  ["in XML", inText((text) => `<error>${text}</error>`, 400)],
  ["in JSON that is cut off", inText((text) => `{"error":"invalid_grant","error_description":"${text}`, 400)],
  ["in a success without a token", inJson((text) => ({ message: text }), 200)],
  ["in the name of a member", inJson((text) => ({ [text]: text, error: { [text]: [text] } }))]
]

/** Tampers with the answers of addresses that hold this, from a certain one on. */
export const onlyAt = (part: string, tamper: Tamper, spared = 0): Tamper => {
  let seen = 0
  return (exchange) => (exchange.url.includes(part) && ++seen > spared ? tamper(exchange) : { text: exchange.text })
}
