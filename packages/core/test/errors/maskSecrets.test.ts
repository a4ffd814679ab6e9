import { assert, describe, it } from "@effect/vitest"
import { inspect } from "node:util"
import { Arbitrary, Redacted, Schema } from "effect"
import {
  longestMasked,
  mask,
  makeMasker,
  maskSecrets,
  secretsOfJson,
  secretsWithin
} from "../../src/errors/maskSecrets.ts"
import { intacctClaims, jwt, sessionId } from "../oauth2/tokens.ts"
import { growth } from "../steps.ts"
import { anything, carriable } from "../../../../tests/src/arbitraries.ts"
import { markup } from "../../../../tests/src/quotedForms.ts"

const hide = (text: string, ...secrets: ReadonlyArray<string>) =>
  maskSecrets(
    text,
    secrets.map((value) => Redacted.make(value))
  )

const base64 = (text: string): string => Buffer.from(text).toString("base64")
const hexadecimal = (text: string): string => Buffer.from(text).toString("hex")
const json = (text: string): string => JSON.stringify(text).slice(1, -1)
const units = (text: string): ReadonlyArray<string> =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, "0"))
const points = (text: string): ReadonlyArray<number> => Array.from(text, (char) => char.codePointAt(0)!)

/** How servers quote; what cannot be written in a way is not written in it. */
const ways: Readonly<Record<string, (secret: string) => string>> = {
  "as it is": (secret) => secret,
  "in upper case": (secret) => secret.toUpperCase(),
  "for a URL": encodeURIComponent,
  "for a URL, in lower case": (secret) => encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
  "for a URL, every byte": (secret) => hexadecimal(secret).replaceAll(/../g, "%$&"),
  "for a form": (secret) => new URLSearchParams({ "": secret }).toString().slice(1),
  "for a URL, twice": (secret) => encodeURIComponent(encodeURIComponent(secret)),
  "by `escape`": (secret) =>
    units(secret)
      .map((unit) => `%u${unit}`)
      .join(""),
  "for XML": markup,
  "for XML, twice": (secret) => markup(markup(secret)),
  "by decimal number": (secret) =>
    points(secret)
      .map((point) => `&#${point};`)
      .join(""),
  "by decimal number with zeros": (secret) =>
    points(secret)
      .map((point) => `&#000000000000000000${point};`)
      .join(""),
  "by hexadecimal number": (secret) =>
    points(secret)
      .map((point) => `&#x${point.toString(16)};`)
      .join(""),
  "by hexadecimal number in capitals": (secret) =>
    points(secret)
      .map((point) => `&#X00${point.toString(16).toUpperCase()};`)
      .join(""),
  "by number, PHP's quote": (secret) =>
    secret.replaceAll("&", "&#38;").replaceAll("'", "&#039;").replaceAll('"', "&#34;"),
  "for JSON": json,
  "for JSON, with slashes": (secret) => json(secret).replaceAll("/", "\\/"),
  "for JSON, every character": (secret) =>
    units(secret)
      .map((unit) => `\\u${unit}`)
      .join(""),
  "for JSON, in capitals": (secret) =>
    units(secret)
      .map((unit) => `\\u${unit.toUpperCase()}`)
      .join(""),
  "for JSON, twice": (secret) => json(json(secret)),
  "for JSON, three times": (secret) => json(json(json(secret))),
  "for XML and then JSON": (secret) => json(markup(secret)),
  "for JSON and then XML": (secret) => markup(json(secret)),
  "for a URL and then JSON and then XML": (secret) => markup(json(encodeURIComponent(secret))),
  "by `inspect`": (secret) => inspect(secret).slice(1, -1),
  "in base64": base64,
  "in base64url": (secret) => Buffer.from(secret).toString("base64url"),
  "in base64, twice": (secret) => base64(base64(secret)),
  "in base64 for a URL": (secret) => encodeURIComponent(base64(secret)),
  "as a credential": (secret) => base64(`user:${secret}`),
  "as a credential of another length": (secret) => base64(`admin:${secret}`),
  "as a credential that was encoded first": (secret) => base64(`a:${encodeURIComponent(secret)}`),
  "in base64 of a document": (secret) => base64(`<password>${markup(secret)}</password>`),
  "in base64 of JSON": (secret) => Buffer.from(JSON.stringify({ a: 1, secret })).toString("base64url"),
  "in hexadecimal": hexadecimal,
  "in hexadecimal in capitals": (secret) => hexadecimal(secret).toUpperCase(),
  "by number, without an end": (secret) =>
    points(secret)
      .map((point) => `&#${point}`)
      .join(""),
  "by `\\u{}`": (secret) =>
    points(secret)
      .map((point) => `\\u{${point.toString(16)}}`)
      .join(""),
  "by `\\U`": (secret) =>
    points(secret)
      .map((point) => `\\U${point.toString(16).padStart(8, "0")}`)
      .join(""),
  "by `\\x`, every byte": (secret) => hexadecimal(secret).replaceAll(/../g, "\\x$&"),
  "in octal": (secret) => [...Buffer.from(secret)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join(""),
  "for mail": (secret) => hexadecimal(secret).toUpperCase().replaceAll(/../g, "=$&"),
  "in base64, three times": (secret) => base64(base64(base64(secret))),
  "in base64 of UTF-16": (secret) => Buffer.from(secret, "utf16le").toString("base64"),
  "in hexadecimal of UTF-16": (secret) => Buffer.from(secret, "utf16le").swap16().toString("hex")
}

/** How a secret of six bytes or more is taken apart as well. */
const apart: Readonly<Record<string, (secret: string) => string>> = {
  "in UTF-16 that was not read as such": (secret) => Array.from(secret, (char) => `${char}\0`).join(""),
  "with what is not seen in it": (secret) => Array.from(secret, (char) => `${char}\u200b`).join(""),
  "with soft hyphens": (secret) => Array.from(secret, (char) => `${char}\u00ad`).join(""),
  spaced: (secret) => Array.from(secret, (char) => `${char} `).join(""),
  "in lines of ten": (secret) => wrapped(secret, 10),
  "in lines of mail": (secret) => wrapped(secret, 10).replaceAll("\n", "=\r\n"),
  "in lines of base64": (secret) => wrapped(base64(`user:${secret}`), 12),
  "with hard spaces": (secret) => secret.replaceAll(" ", "\u00a0"),
  "in hexadecimal with colons": (secret) => hexadecimal(secret).replaceAll(/..(?=.)/g, "$&:"),
  "as Node shows bytes": (secret) => inspect(Buffer.from(secret)),
  "as C writes bytes": (secret) => hexadecimal(secret).replaceAll(/..(?=.)/g, "$&, 0x"),
  "as a JSON list of bytes": (secret) => JSON.stringify(Buffer.from(secret)),
  "as numbers of Unicode": (secret) =>
    points(secret)
      .map((point) => `U+${point.toString(16).padStart(4, "0")}`)
      .join(" "),
  "read as Latin-1": (secret) => Buffer.from(secret).toString("latin1")
}

const wrapped = (text: string, length: number): string =>
  (text.match(new RegExp(`.{1,${length}}`, "gs")) ?? []).join("\n")

const secrets = {
  "with everything in it": "p%ss/w+rd=\"<&>'\\2f é😀~",
  "of words": "correct horse battery staple",
  "of Intacct's session": sessionId,
  "that looks escaped": "a%41&amp;b\\u0041&#65;x\\n%2525",
  "of another alphabet": "пароль-и-ключ",
  "of eight characters": "Su&mer26",
  "of six characters": "s3<r'é",
  "of four characters": "p&ss",
  "of three characters": "x9!"
}

describe("maskSecrets", () => {
  for (const [kind, secret] of Object.entries(secrets)) {
    it(`masks a secret ${kind}, however it is quoted`, () => {
      const left = Object.entries(ways).flatMap(([way, quote]) => {
        const quoted = quote(secret)
        const masked = hide(`Unknown parameter "${quoted}" in request`, secret)
        return /^Unknown parameter "\[masked\][=%3D]*" in request$/.test(masked) ? [] : [[way, quoted, masked]]
      })
      assert.deepStrictEqual(left, [])
    })
  }

  it.each(Object.keys(apart))("masks a secret %s", (way) => {
    for (const [kind, secret] of Object.entries(secrets)) {
      if (Buffer.from(secret).length < 6) continue
      const quoted = apart[way]!(secret)
      const left = hide(`no: ${quoted} .`, secret).replaceAll(mask, "")
      const frame = `no: ${apart[way]!("")} .`
      assert.isAtMost(left.length, frame.length + 5 + quoted.length / 8, `${kind}: ${left}`)
    }
  })

  it("masks what is left of a secret that was cut off, encoded or not", () => {
    const secret = "c4nary&s3cret<of>more'than%40characters"
    const left: Array<unknown> = []
    for (const [way, quote] of Object.entries(ways)) {
      const quoted = quote(secret)
      const whole = quote(secret.slice(0, 9)).length
      for (let end = Math.max(16, whole); end < quoted.length; end += 3) {
        const after = ["", "…", "...", '"'][end % 4]
        const text = `Unknown parameter "${quoted.slice(0, end)}${after}`
        const masked = hide(text, secret)
        // of what escapes the next character a part may be left
        if (
          !/^Unknown parameter "\[masked\](?:=|u?[0-9a-f]{0,4}|[%&\\][%&\\#;{}\w]{0,40})?(?:…|\.\.\.|")?$/.test(masked)
        ) {
          left.push([way, text, masked])
        }
      }
    }
    assert.deepStrictEqual(left.slice(0, 5), [])
  })

  it("masks the end and the middle of one", () => {
    const secret = "Zx81-correct-horse-battery-staple-7f3a"
    assert.strictEqual(hide("ends with …aple-7f3a.", secret), `ends with …${mask}.`)
    assert.strictEqual(hide("has 'horse-batter' in it", secret), `has '${mask}' in it`)
    assert.strictEqual(hide("begins with Zx81-cor***", secret), `begins with ${mask}***`)
  })

  it("leaves words alone that a secret has too", () => {
    const words = "Incorrect password: the session of this correct customer has expired"
    assert.strictEqual(hide(words, "password-correct-customer-1"), words)
  })

  it("masks the secrets inside a token that was sent", () => {
    const token = jwt({ ...intacctClaims, refreshToken: "0123456789abcdef0123456789abcdef01234567" })
    const masked = hide(`session ${sessionId} of 0123456789abcdef0123456789abcdef01234567 at Acme`, token)
    assert.strictEqual(masked, `session ${mask} of ${mask} at Acme`)
  })

  it("masks the longer of two secrets that begin alike, whole, and takes none for a pattern", () => {
    assert.strictEqual(hide("abcdef abc", "abc", "abcdef"), `${mask} ${mask}`)
    assert.strictEqual(hide("secret secret-2", "secret", "secret-2", "", "mask"), `${mask} ${mask}`)
    assert.strictEqual(hide("a.c abc $& (x", "a.c", "$&", "(x"), `${mask} abc ${mask} ${mask}`)
    assert.strictEqual(hide("half \ud800 pair", "\ud800"), `half ${mask} pair`)
  })

  it("masks every word that holds a short secret: what is missing of a word would tell it", () => {
    assert.strictEqual(
      hide("The account 'abc' is locked: abcdef, dabbed", "ab"),
      `The account '${mask}' is locked: ${mask}, ${mask}`
    )
    assert.strictEqual(hide("Sign-in failed", "e"), `Sign-in ${mask}`)
  })

  it("leaves ordinary words alone, with no secret or an empty one", () => {
    const words = "The Client ID, Client Secret, and/or 3rd Party Application are incorrect"
    assert.strictEqual(hide(words), words)
    assert.strictEqual(hide(words, ""), words)
  })

  it.prop(
    "leaves nothing of a secret, wherever it stands",
    [carriable, carriable, carriable],
    ([secret, before, after]) => {
      // piece by piece: what stands before and behind a mask may make up the secret by chance
      if (secret !== "")
        for (const piece of hide(before + secret + after, secret).split(mask)) assert.notInclude(piece, secret)
    }
  )

  it.prop("leaves nothing of any text as a secret", [anything, anything, anything], (texts) => {
    // half a pair is made whole by another half beside it
    const [secret, before, after] = texts.map((text) => Buffer.from(text).toString()) as [string, string, string]
    if (secret === "") return
    for (const piece of hide(before + secret + after, secret).split(mask)) assert.notInclude(piece, secret)
  })

  // no credential has NUL, which an option refuses: in UTF-16 it cannot be told from the half of a letter
  const long = Arbitrary.map(
    Arbitrary.array(Arbitrary.schema(Schema.NonEmptyString), { minLength: 9, maxLength: 12 }),
    (parts) => parts.join("").replaceAll(/[\0\ud800-\udfff]/g, "x")
  )

  const decodable = Object.entries(ways).filter(([way]) => way !== "in upper case")

  it.prop("leaves nothing of a long secret in any form", [long, carriable], ([secret, around]) => {
    // by turns: each of the runs takes four of the ways
    for (const [way, quote] of decodable.filter((_, index) => (index + secret.length) % 9 === 0)) {
      const quoted = quote(secret)
      const masked = hide(`${around} ${quoted} ${around}`, secret)
      assert.isTrue(!masked.includes(quoted) || around.includes(quoted), `${way}: ${JSON.stringify([quoted, masked])}`)
    }
  })
})

describe("maskSecrets, of what nobody knew of,", () => {
  const opaque = "kf9-Zq0sJ4.tW~81"

  it.each([
    [`bad token ${jwt({ a: 1 })}.`, `bad token ${mask}.`],
    [`bad token ${jwt({ a: 1 }).slice(0, 60)}`, `bad token ${mask}`],
    [`"${jwt({ a: 1 }).replaceAll(".", "%2E")}"`, `"${mask}"`],
    [`\\"${jwt({ a: 1 }).replaceAll(".", "&#46;")}\\"`, `\\"${mask}\\"`],
    ["Invalid session CkAU0b-G_RCd42yv.. [Support ID: x]", `Invalid session ${mask} [Support ID: x]`],
    ["x: invalid session id: abc; y", `x: invalid session id: ${mask} y`],
    [
      `access_token=${opaque}&refresh_token=${opaque}&expires_in=300`,
      `access_token=${mask}&refresh_token=${mask}&expires_in=300`
    ],
    [`{"access_token":"${opaque}","token_type":"bearer"}`, `{"access_token":"${mask}","token_type":"bearer"}`],
    [`{\\"refreshToken\\": \\"${opaque}\\", 1}`, `{\\"refreshToken\\": \\"${mask}\\", 1}`],
    [`<access_token>${opaque}</access_token>`, `<access_token>${mask}</access_token>`],
    [`&lt;password&gt;a b c&lt;/password&gt;`, `&lt;password&gt;${mask}&lt;/password&gt;`],
    [`client_secret%3D${opaque}%26grant_type%3Dx`, `client_secret%3D${mask}%26grant_type%3Dx`],
    [`issued token: ${opaque}, use it`, `issued token: ${mask}, use it`],
    [`Authorization: Bearer ${opaque}`, `Authorization: Bearer ${mask}`],
    [`sent Basic ${base64("some user:a password")}`, `sent Basic ${mask}==`],
    ["password='a b'", `password='${mask}'`],
    [`{"password":["a b", "c"],"x":1}`, `{"password":[${mask}],"x":1}`],
    [`{"code_verifier": [ "a]b" ] }`, `{"code_verifier": [${mask}] }`],
    [`{\\"password\\":[\\"a b\\"]}`, `{\\"password\\":[${mask}]}`],
    [`token=[a b&c`, `token=[${mask}`],
    [`<password>[a]b</password>`, `<password>${mask}</password>`],
    // as other languages print what they hold
    [`{:access_token=>"${opaque}", "password" => "a b"}`, `{:access_token=>"${mask}", "password" => "${mask}"}`],
    [`{'refresh_token': u'${opaque}', 'password': b'a b'}`, `{'refresh_token': u'${mask}', 'password': b'${mask}'}`],
    [`["password"]=> string(3) "a b"`, `["password"]=> string(3) "${mask}"`],
    [`[access_token] => ${opaque} [scope] => x`, `[access_token] => ${mask} [scope] => x`],
    [`password := "a b"; x`, `password := "${mask}"; x`],
    [`the refresh-token is ${opaque}.`, `the refresh-token is ${mask}.`]
  ])("masks %s", (text, expected) => {
    assert.strictEqual(hide(text), expected.replace("==", hide(text).endsWith("==") ? "==" : ""))
  })

  it.each([
    "Bearer token is invalid",
    "Basic authentication is not enabled",
    "The password: it has expired",
    "The token: [see above] is over",
    "Error 30: Invalid token",
    "grant_type must be refresh_token",
    'Bearer error="invalid_token", error_description="The access token expired"',
    "password > 8 characters",
    "The refresh token is expired",
    "[token] is missing",
    "Invalid Web Services Authorization",
    "monkeyJournal.entries",
    "Support ID: XfdSdWEB1773510525717%7Eabpa3P5w0-L44mZ-dmobZQAAABU"
  ])("leaves %s", (text) => {
    assert.strictEqual(hide(text), text)
  })
})

describe("maskSecrets, of a long text,", () => {
  it("cuts before it masks, and leaves no half of a secret", () => {
    const limit = 600
    for (const secret of ["correct horse battery staple", "p4ss&word<of>forty%characters-or-more", "x9!"]) {
      const masked = makeMasker([secret], limit)
      for (const [way, quote] of Object.entries(ways)) {
        const quoted = quote(secret)
        for (let into = 1; into < Math.min(quoted.length, limit); into += 5) {
          const before = "ok ".repeat(limit).slice(0, limit - into - 1)
          const shown = masked(`${before} ${quoted} and more`)
          assert.isAtMost(shown.length, limit + mask.length + 1)
          assert.match(shown, /^[ok ]*(?:\[masked\])?…$/, `${way} ${into}: ${shown.slice(-80)}`)
        }
      }
    }
  })

  it("looks at no more than it has to", () => {
    assert.isAtMost(maskSecrets("a ".repeat(1_000_000), ["secret"]).length, longestMasked + 1)
  })

  it("shows nothing of one endless word", () => {
    assert.strictEqual(maskSecrets("eyJaaaaa-".repeat(100_000), []), "")
  })

  it("takes time in proportion to the text, whatever it is", () => {
    const secret = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"
    const pieces = [
      "a",
      "aaaaaaaaaaaaa ",
      "eyJ",
      "eyJaaaaa-",
      "eyJaaaaa.",
      "-eyJ",
      ".eyJaaaaaaaaaaaaa",
      "invalid session ",
      "invalid session id:",
      "access_token=",
      'password":"',
      "token: ",
      "<password>",
      "&#0",
      "&#x000000;",
      "&amp;",
      "&amp",
      "%",
      "%25",
      "%2525",
      "\\",
      "\\u005c",
      "\\u00",
      "bearer ",
      "basic a",
      "x",
      "x9",
      "\ud83d",
      "é",
      "0",
      "YWFh",
      "616161",
      "61 ",
      "0x61, ",
      "U+0061 ",
      "=61",
      "=\r\n",
      "a ",
      "a\u200b",
      "\\u{61}",
      "\\141"
    ]
    const ratios = pieces.map((piece): [string, number] => [
      piece,
      growth(2_048, (size) =>
        makeMasker(
          [secret, "x", "a", "%", "eyJ"],
          Number.POSITIVE_INFINITY
        )(piece.repeat(Math.ceil(size / piece.length)))
      )
    ])
    assert.deepStrictEqual(
      ratios.filter(([, ratio]) => ratio > 24),
      []
    )
  })
})

describe("secretsWithin", () => {
  it("finds what Intacct's tokens and codes carry", () => {
    assert.deepStrictEqual(secretsWithin(jwt({ sessionId: "s", refreshToken: "r", authzCode: "c", cnyId: "Acme" })), [
      "s",
      "r",
      "c"
    ])
    assert.deepStrictEqual(secretsWithin("opaque"), [])
  })

  it.prop("never fails", [Schema.String, Schema.Json], ([text, claims]) => {
    assert.isArray(secretsWithin(text))
    assert.isArray(secretsWithin(`${text}.${text}.${text}`))
    assert.isArray(secretsWithin(jwt(claims)))
  })
})

describe("secretsOfJson", () => {
  it("finds the values of members with the name of a secret, however deep", () => {
    const body = {
      access_token: "a",
      token_type: "bearer",
      error_description: "no",
      "ia::result": [{ refreshToken: "b", sessionId: "c", "Client-Secret": "d", password: 7 }]
    }
    assert.deepStrictEqual(secretsOfJson(body), ["a", "b", "c", "d"])
    assert.deepStrictEqual(secretsOfJson("token"), [])
  })
})
