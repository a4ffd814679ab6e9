/**
 * Servers that quote what they were sent, in every form and in every field that a message is made of. What reaches a
 * message is found whatever reads the field: these run what reads answers, without a server. `tests/` runs whole flows.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { inspect } from "node:util"
import * as BusinessCloud from "../../src/business-cloud/judge.ts"
import { classify } from "../../src/intacct-xml/wire/classify.ts"
import { readResponse } from "../../src/intacct-xml/wire/response.ts"
import * as IntacctRest from "../../src/intacct-rest/judge.ts"
import { acceptCallback, type CallbackRules, readCallback } from "../../src/oauth2/callback.ts"
import type { TokenErrors } from "../../src/oauth2/TokenErrors.ts"
import { revoke, tokenRequest } from "../../src/oauth2/tokenEndpoint.ts"
import type { Transport } from "../../src/transport/Transport.ts"
import * as X3Gateway from "../../src/x3/gateway/judge.ts"
import { readAnswer } from "../../src/x3/graphql/judge.ts"
import { interpret } from "../../src/x3/web-services/soap/readAnswer.ts"
import * as X3WebServices from "../../src/x3/web-services/judge.ts"
import { markup, quotedForms } from "../../../../tests/src/quotedForms.ts"

// where an error was made is looked at by nothing here, and takes most of the time
const { stackTraceLimit } = Error
beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

/** everything in it that XML, JSON, forms and URLs treat specially */
const secret = `Kq7&vT2<mX9>"b4W'%zR8éJ3+/hN6 pL5=`

const forms = quotedForms(secret)

/** any twelve characters in a row of any form are a leak */
const pieces = new Map(
  Object.entries(forms).flatMap(([form, text]) =>
    Array.from({ length: Math.max(0, text.length - 11) }, (_, at) => [text.slice(at, at + 12), form] as const)
  )
)

/** texts that show none: most answers that differ in what they quote come to the same */
const clean = new Set<string>()

/** what a program prints of a value that shows a piece; where it was made is left out */
const shownIn = (value: unknown): string | undefined => {
  const printed = inspect(value, { depth: 12 }).replaceAll(/^ +at .*$/gm, "")
  for (const text of new Set([printed, JSON.stringify(value) ?? "", value instanceof Error ? value.message : ""])) {
    if (clean.has(text)) continue
    for (let at = 0; at + 12 <= text.length; at++) {
      const form = pieces.get(text.slice(at, at + 12))
      if (form !== undefined) return `${form}: ${text.slice(Math.max(0, at - 20), at + 30)}`
    }
    clean.add(text)
  }
  return undefined
}

/** Everything that a field shows, by field and form; empty where nothing is shown. */
const leaks = <R>(
  fields: { readonly [field: string]: (quoted: string) => R },
  fail: (answer: R) => Effect.Effect<unknown>
): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    const found: Array<string> = []
    for (const [field, write] of Object.entries(fields)) {
      for (const [form, text] of Object.entries(forms)) {
        for (const quoted of [text, `Invalid session ${text} [Support ID: ${text}]`]) {
          const shown = shownIn(yield* fail(write(quoted)))
          if (shown !== undefined) found.push(`${field}, ${form}: ${shown}`)
        }
      }
    }
    return [...new Set(found)]
  })

interface Reply {
  readonly status: number
  readonly text: string
  readonly headers?: Record<string, string>
}

const json = (value: unknown, status = 400, headers?: Record<string, string>): Reply => ({
  status,
  text: JSON.stringify(value),
  ...(headers === undefined ? {} : { headers })
})

const transportOf = ({ headers, status, text }: Reply): Transport => {
  // a header carries no character beyond Latin-1
  const carried = Object.entries(headers ?? { "content-type": "application/json" }).map(
    ([name, value]) => [name, value.replaceAll(/[^\x20-\xff]/g, "?")] as const
  )
  const answer = {
    status,
    headers: new Headers(carried.map(([name, value]): [string, string] => [name, value])),
    text,
    arrivedAt: 0
  }
  return {
    authenticate: () => Effect.succeed(answer),
    call: () => Effect.die("nothing is called"),
    callPlainly: () => Promise.reject(new Error("nothing is called"))
  }
}

const held = Redacted.make(secret)

const inAnswers: { readonly [field: string]: (quoted: string) => Reply } = {
  error: (text) => json({ error: text }),
  error_description: (text) => json({ error: "invalid_grant", error_description: text }),
  "error_description of 401": (text) => json({ error: "invalid_client", error_description: text }, 401),
  error_uri: (text) => json({ error: "invalid_request", error_uri: text }),
  reason: (text) => json({ error: "invalid_client", reason: text }, 401),
  message: (text) => json({ message: text }, 403),
  "ia::error": (text) =>
    json({
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
  "Intacct's error": (text) => json({ error: { code: text, errorId: text, message: text, supportId: text } }, 500),
  "Sage's diagnoses": (text) => json([{ $severity: "error", $dataCode: text, $message: text, $source: text }], 429),
  "a member's name": (text) => json({ [text]: text, error: { [text]: [text] } }),
  "a success": (text) => json({ message: text, access_token: [text] }, 200),
  "a success in form encoding": (text) => ({ status: 200, text: `access_token=${text}&refresh_token=${text}` }),
  "a success in XML": (text) => ({ status: 200, text: `<token>${text}</token>` }),
  "a sentence": (text) => ({ status: 400, text }),
  "a page": (text) => ({ status: 502, text: `<html><title>${text}</title>${text}</html>` }),
  "cut off": (text) => ({ status: 400, text: `{"error":"${text}","error_description":"${text}` }),
  "a redirect": (text) => json({}, 302, { location: `https://x.example/?${text}` }),
  "content-type": (text) => json({}, 400, { "content-type": `text/${text}` }),
  "www-authenticate": (text) => json({}, 401, { "www-authenticate": `Bearer error="${text}"` }),
  "retry-after": (text) => json({}, 429, { "retry-after": text })
}

const surfaces: {
  readonly [surface: string]: { readonly codeErrors: TokenErrors; readonly refreshErrors: TokenErrors }
} = {
  "business-cloud": BusinessCloud,
  "intacct-rest": IntacctRest,
  "x3-web-services": X3WebServices,
  "x3-gateway": X3Gateway
}

const request = (errors: TokenErrors) => ({
  url: "https://server.example/token",
  clientAuthentication: { method: "basic" as const, clientId: "id", clientSecret: held },
  parameters: { grant_type: "refresh_token", refresh_token: held },
  errors
})

const failed = (element: string) => (text: string) => {
  const cdata = `<![CDATA[${text.replaceAll("]]>", "")}]]>`
  const error = `<error><${element}>${cdata}</${element}></error>`
  return `<response><control><status>failure</status></control><errormessage>${error}</errormessage></response>`
}

const inResult = (text: string) =>
  `<response><control><status>success</status></control><operation><authentication><status>failure</status></authentication><errormessage><error><errorno>XL03000006</errorno><description><![CDATA[${text}]]></description><additionalinfo><a><![CDATA[${text}]]></a></additionalinfo></error></errormessage></operation></response>`

const envelope = (body: string) =>
  `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${body}</e:Body></e:Envelope>`

const answered = (error: object) => JSON.stringify({ data: null, errors: [error] })

const url = (parameters: Record<string, string>) =>
  `https://app.example/callback?${new URLSearchParams(parameters).toString()}`

const endWith = (errors: TokenErrors) => (reply: Reply) =>
  Effect.flip(revoke(transportOf(reply), request(errors))).pipe(Effect.orElseSucceed(() => undefined))

describe("no form of a secret comes back from", () => {
  for (const [surface, { codeErrors, refreshErrors }] of Object.entries(surfaces)) {
    it.effect(`the token and revocation endpoints of ${surface}`, () =>
      Effect.gen(function* () {
        for (const errors of [codeErrors, refreshErrors]) {
          const ask = (reply: Reply) =>
            Effect.flip(tokenRequest(transportOf(reply), request(errors))).pipe(Effect.orElseSucceed(() => undefined))
          assert.deepStrictEqual(yield* leaks(inAnswers, ask), [])
        }
        assert.deepStrictEqual(yield* leaks(inAnswers, endWith(refreshErrors)), [])
      })
    )
  }

  it.effect("Intacct's XML gateway", () => {
    const fields = {
      errorno: failed("errorno"),
      description: failed("description"),
      description2: failed("description2"),
      correction: failed("correction"),
      authentication: inResult,
      "a page": (text: string) => `<html>${text}</html>`,
      JSON: (text: string) => JSON.stringify({ error: text, GW: "GW-0010" }),
      "broken XML": (text: string) => `<response><control>${text}`
    }
    return Effect.gen(function* () {
      for (const authenticatedBy of ["login", "session"] as const) {
        for (const httpStatus of [200, 500]) {
          const judge = (answer: string) =>
            Effect.sync(() =>
              classify({
                httpStatus,
                contentType: `text/${answer.slice(0, 40)}`,
                response: readResponse(answer),
                authenticatedBy,
                secrets: [secret]
              })
            )
          assert.deepStrictEqual(yield* leaks(fields, judge), [])
        }
      }
    })
  })

  it.effect("X3's SOAP", () => {
    const fields = {
      message: (text: string) =>
        envelope(
          `<runResponse><runReturn><messages><message>${markup(text)}</message><type>3</type></messages><status>0</status></runReturn></runResponse>`
        ),
      fault: (text: string) =>
        envelope(`<e:Fault><faultcode>${markup(text)}</faultcode><faultstring>${markup(text)}</faultstring></e:Fault>`),
      sentence: (text: string) => `Error 45: ${text}`,
      JSON: (text: string) => JSON.stringify({ $diagnoses: [{ $severity: "error", $message: text, $dataCode: text }] }),
      page: (text: string) => `<html>${text}</html>`
    }
    return Effect.gen(function* () {
      for (const status of [200, 401, 500]) {
        const read = (text: string) =>
          Effect.sync(() => {
            const answer = interpret(
              { status, headers: new Headers(), text },
              {
                json: false,
                channelsBusy: () => false,
                unauthorized: "x3-web-services.basic-rejected",
                retryAfter: undefined,
                secrets: [held],
                place: { surface: "x3-web-services" }
              }
            )
            return answer._tag === "Failed" ? answer.error : undefined
          })
        assert.deepStrictEqual(yield* leaks(fields, read), [])
      }
    })
  })

  it("X3's SOAP, however long the text is and wherever it is cut", () => {
    const shown: Array<string> = []
    const lengths = [4_000, 4_096].flatMap((end) => Array.from({ length: 16 }, (_, before) => end - before))
    for (const length of lengths) {
      const answer = interpret(
        { status: 500, headers: new Headers(), text: `eyJ${"a".repeat(length)} ${secret}` },
        {
          json: false,
          channelsBusy: () => false,
          unauthorized: "x3-web-services.basic-rejected",
          retryAfter: undefined,
          secrets: [held],
          place: { surface: "x3-web-services" }
        }
      )
      assert.strictEqual(answer._tag, "Failed")
      const text = answer._tag === "Failed" ? answer.error.message : ""
      if (length < 4_000) assert.include(text, "[masked]")
      if (text.includes(secret.slice(0, 4))) shown.push(`${length}: ${text}`)
    }
    assert.deepStrictEqual(shown, [])
  })

  it.effect("X3's GraphQL", () => {
    const fields = {
      message: (message: string) => answered({ message }),
      path: (text: string) => answered({ message: "no", path: [text], extensions: { code: text, [text]: text } }),
      diagnoses: (text: string) => JSON.stringify([{ $severity: "error", $message: text, $dataCode: text }]),
      sentence: (text: string) => `Error 45: ${text}`,
      page: (text: string) => `<html>${text}</html>`
    }
    return Effect.gen(function* () {
      for (const kind of ["app", "basic"] as const) {
        for (const status of [200, 401, 403, 500]) {
          const read = (text: string) =>
            Effect.sync(() => {
              const answer = readAnswer({ status, text }, { kind, place: {}, secrets: [held] })
              return answer instanceof Error ? answer : undefined
            })
          assert.deepStrictEqual(yield* leaks(fields, read), [])
        }
      }
    })
  })

  it.effect("a callback that carries a code and quotes it, or the state", () => {
    const rules: CallbackRules = { errors: [], codeParameter: "authorizationCode" }
    const transaction = {
      connection: "gateway",
      tenant: "default",
      returnTo: "",
      issuer: undefined,
      redirectUri: "https://app.example/callback",
      state: secret,
      verifier: Redacted.make("v".repeat(43)),
      createdAt: 0,
      expiresAt: Number.MAX_SAFE_INTEGER
    } as unknown as Parameters<typeof acceptCallback>[1]
    const fields = {
      error: (text: string) => url({ state: secret, error: text }),
      error_description: (text: string) => url({ state: secret, error: "access_denied", error_description: text }),
      "beside a code": (text: string) => url({ state: secret, error: "x", error_description: text, code: secret }),
      "without a state": (text: string) => url({ error: "x", reason: text, code: secret }),
      "with another state": (text: string) => url({ state: text, error: text, code: secret })
    }
    const take = (address: string) =>
      readCallback({ url: address }).pipe(
        Effect.flatMap((callback) => acceptCallback(callback, transaction, rules, 0)),
        Effect.flip,
        Effect.orElseSucceed(() => undefined)
      )
    return Effect.map(leaks(fields, take), (found) => assert.deepStrictEqual(found, []))
  })
})
