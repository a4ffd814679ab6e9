/**
 * What servers of OAuth 2.0, Sage's REST APIs and proxies in front of them answer, saying something in every field.
 */
import { markup } from "../quotedForms.ts"
import type { Answer, Fields } from "../quoting.ts"

export const inJson = (value: unknown, status = 400, headers?: Readonly<Record<string, string>>): Answer => ({
  status,
  text: JSON.stringify(value),
  headers: { "content-type": "application/json", ...headers }
})

/** a header carries no line break, and no character beyond Latin-1 */
const inHeader = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, "?")

/** Answers that quote the request, by where they do. */
export const oauthFields: Fields = {
  error: (text) => inJson({ error: text }),
  "error_description of invalid_grant": (text) => inJson({ error: "invalid_grant", error_description: text }),
  "error_description of 401": (text) => inJson({ error: "invalid_client", error_description: text }, 401),
  error_uri: (text) => inJson({ error: "invalid_request", error_uri: text }),
  reason: (text) => inJson({ error: "invalid_client", reason: text }, 401),
  message: (text) => inJson({ message: text }, 403),
  "Intacct's error": (text) =>
    inJson({ error: { code: text, errorId: "REST-2102", message: text, supportId: text.slice(0, 150) } }),
  "Intacct's nested error": (text) =>
    inJson({
      "ia::result": {
        "ia::error": {
          code: text,
          message: text,
          errorId: text,
          supportId: text,
          details: [{ code: text, message: text }]
        }
      }
    }),
  "a gateway's error": (text) => inJson({ "ia::error": { code: "GW-0001", message: text } }, 500),
  "the limit": (text) => inJson({ "ia::error": { code: "GW-0010", message: text } }, 429),
  "a diagnosis": (text) => inJson([{ $severity: "error", $dataCode: text, $message: text, $source: text }]),
  "a page": (text) => ({
    status: 502,
    text: `<html><title>${text}</title><body><h1>Bad</h1>${text}</body></html>`,
    headers: { "content-type": "text/html" }
  }),
  "a sentence": (text) => ({ status: 400, text }),
  XML: (text) => ({ status: 400, text: `<error a="${markup(text)}">${markup(text)}</error>` }),
  "JSON that is cut off": (text) => ({ status: 400, text: `{"error":"invalid_grant","error_description":"${text}` }),
  "a success without a token": (text) => inJson({ message: text, access_token: [text] }, 200),
  "a success in form encoding": (text) => ({ status: 200, text: `access_token=${text}&refresh_token=${text}` }),
  "a success in XML": (text) => ({ status: 200, text: `<token>${text}</token>` }),
  "the name of a member": (text) => inJson({ [text]: text, error: { [text]: [text] } }),
  "a redirect": (text) => inJson({}, 302, { location: `https://x.example/?${inHeader(text)}` }),
  "content-type": (text) => inJson({}, 400, { "content-type": `text/${inHeader(text)}` }),
  "www-authenticate": (text) => inJson({}, 401, { "www-authenticate": `Bearer error="${inHeader(text)}"` }),
  "retry-after": (text) => inJson({}, 429, { "retry-after": inHeader(text) })
}
