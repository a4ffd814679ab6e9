import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Redacted, Schema } from "effect"
import { mask, maskSecrets } from "../../src/oauth2/maskSecrets.ts"
import { intacctClaims, jwt, sessionId } from "./tokens.ts"

const secret = "p%ss/w+rd=\"<&>'\\2f é"
const secrets = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.NonEmptyString), { minLength: 9, maxLength: 12 }),
  (parts) => parts.join("")
)
const hide = (text: string, ...secrets: ReadonlyArray<string>) =>
  maskSecrets(
    text,
    secrets.map((value) => Redacted.make(value))
  )

describe("maskSecrets", () => {
  it.each([
    ["as it is", secret],
    ["encoded for a URL", encodeURIComponent(secret)],
    ["encoded for a form", new URLSearchParams({ a: secret }).toString().slice(2)],
    ["in lower-case hexadecimal", encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
    ["escaped for HTML", "p%ss/w+rd=&quot;&lt;&amp;&gt;'\\2f é"],
    ["escaped for the text of XML", "p%ss/w+rd=\"&lt;&amp;>'\\2f é"],
    ["escaped for an attribute of XML", "p%ss/w+rd=&#34;&lt;&amp;&gt;&apos;\\2f é"],
    ["escaped by number", "p%ss/w+rd=&#x22;&#60;&#038;&#X3e;&#39;\\2f é"],
    ["escaped for JSON", JSON.stringify(secret)],
    ["in base64", Buffer.from(secret).toString("base64")]
  ])("masks a secret %s", (_, quoted) => {
    const masked = hide(`Unknown parameter ${quoted} in request`, secret)
    assert.include(masked, mask)
    assert.notInclude(masked, quoted)
    assert.match(masked, /^Unknown parameter "?\[masked\]=*"? in request$/)
  })

  it("masks the secrets inside a token that was sent", () => {
    const token = jwt({ ...intacctClaims, refreshToken: "0123456789abcdef0123456789abcdef01234567" })
    const masked = hide(`session ${sessionId} of 0123456789abcdef0123456789abcdef01234567 at Acme`, token)
    assert.strictEqual(masked, `session ${mask} of ${mask} at Acme`)
  })

  it("masks tokens and announced session ids that nobody knew of", () => {
    assert.strictEqual(hide(`bad token ${jwt({ a: 1 })}.`), `bad token ${mask}.`)
    assert.strictEqual(hide("Invalid session CkAU0b-G_RCd42yv.. [x]"), `Invalid session ${mask} [x]`)
  })

  it("masks the longer of two secrets that begin alike, whole", () => {
    assert.strictEqual(hide("abcdef abc", "abc", "abcdef"), `${mask} ${mask}`)
  })

  it("leaves ordinary words alone, with no secret or an empty one", () => {
    const words = "The Client ID, Client Secret, and/or 3rd Party Application are incorrect"
    assert.strictEqual(hide(words), words)
    assert.strictEqual(hide(words, ""), words)
  })

  it.prop("leaves nothing of a secret, wherever it stands", [secrets, Schema.String], ([value, around]) => {
    const masked = hide(`${around}|${value}|${around}`, value)
    assert.isTrue(!masked.includes(value) || `${around}||${around}`.includes(value))
    assert.include(masked, mask)
  })
})
