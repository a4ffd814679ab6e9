import { readFileSync } from "node:fs"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { readVariables, variables, type VariablesOf } from "../../src/config/readVariables.ts"
import {
  type AnyConnection,
  businessCloud,
  createSageAuth,
  generateKey,
  intacctRest,
  intacctXml,
  isSageAuthError,
  x3
} from "../../src/index.ts"

const canary = "s3cr3t-canary"

type Env = { readonly [name: string]: string }

/** Every builder with the least that it needs, by the ends of its variables. */
const builders: ReadonlyArray<readonly [string, VariablesOf, Env, (settings: object) => AnyConnection]> = [
  [
    "intacctXml",
    "intacct-xml",
    { SENDER_ID: "sender", SENDER_PASSWORD: canary, COMPANY_ID: "acme", USER_ID: "user", USER_PASSWORD: canary },
    (settings) => intacctXml.fromEnvironment(settings)
  ],
  [
    "intacctRest.clientCredentials",
    "intacct-rest.client-credentials",
    { CLIENT_ID: "id", CLIENT_SECRET: canary, USERNAME: "user@acme|E 1" },
    (settings) => intacctRest.clientCredentials.fromEnvironment(settings)
  ],
  [
    "intacctRest.authorizationCode",
    "intacct-rest.authorization-code",
    { CLIENT_ID: "id", CLIENT_SECRET: canary, REDIRECT_URI: "https://app.example/cb" },
    (settings) => intacctRest.authorizationCode.fromEnvironment(settings)
  ],
  [
    "businessCloud",
    "business-cloud",
    { CLIENT_ID: "id", CLIENT_SECRET: canary, REDIRECT_URI: "https://app.example/cb", COUNTRY: "gb" },
    (settings) => businessCloud.fromEnvironment(settings)
  ],
  [
    "x3.onPremise",
    "x3.web-services",
    { BASE_URL: "https://x3.acme.example:8124", USER: "INT", PASSWORD: canary },
    (settings) => x3.onPremise.fromEnvironment(settings)
  ],
  [
    "x3.online",
    "x3.web-services",
    {
      BASE_URL: "https://acme.sagex3.com",
      AUTHORIZE_URL: "https://login.acme.example/authorize",
      TOKEN_URL: "https://login.acme.example/token",
      CLIENT_ID: "id",
      CLIENT_SECRET: canary,
      REDIRECT_URI: "https://app.example/cb",
      PARAMETERS: '{"access_type":"offline"}'
    },
    (settings) => x3.online.fromEnvironment(settings)
  ],
  [
    "x3.graphql",
    "x3.graphql",
    {
      URL: "https://x3.acme.example:8124/xtrem/api",
      ENDPOINT: "REPOSX3",
      CLIENT_ID: "id",
      CLIENT_SECRET: `${canary}-of-32-bytes-and-a-few-more-of-them`,
      USER: "INT"
    },
    (settings) => x3.graphql.fromEnvironment(settings)
  ],
  [
    "x3.gateway",
    "x3.gateway",
    {
      ROOT_URL: "https://api.myregion-sagex3.com/v1",
      CLIENT_ID: "id",
      CLIENT_SECRET: canary,
      REDIRECT_URI: "https://app.example/cb",
      CUSTOMER: "https://x3.customer.com",
      SCOPE: "api.graphQL"
    },
    (settings) => x3.gateway.fromEnvironment(settings)
  ]
]

const prefixed = (prefix: string, env: Env): Env =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [prefix + name, value]))

/** The mistakes of a connection, or none. */
const mistakes = (connection: AnyConnection): ReadonlyArray<string> => {
  try {
    createSageAuth({ connections: { it: connection }, keys: [generateKey()], log: false })
    return []
  } catch (error) {
    if (!isSageAuthError(error) || error.reason._tag !== "Misconfigured") throw error
    assert.notInclude(inspect(error, { depth: 9 }) + String(error.stack), canary)
    return error.reason.issues.map(({ expected, option }) => `${option}: ${expected}`)
  }
}

/** What is not needed: a public client has no secret, and what is left out is not sent. */
const withoutNeed: Readonly<Record<string, ReadonlyArray<string>>> = {
  "intacctRest.authorizationCode": ["CLIENT_SECRET"],
  businessCloud: ["COUNTRY"],
  "x3.online": ["CLIENT_SECRET", "PARAMETERS"],
  "x3.graphql": ["USER"]
}

describe.each(builders)("%s.fromEnvironment", (builder, of, env, build) => {
  const optional = withoutNeed[builder] ?? []
  const { prefix } = variables[of]

  it("takes the names of its surface, and those of a prefix", () => {
    assert.deepStrictEqual(mistakes(build({ env: prefixed(prefix, env) })), [])
    assert.deepStrictEqual(mistakes(build({ env: prefixed("ACME_", env), prefix: "ACME_" })), [])
    assert.deepStrictEqual(mistakes(build({ env: prefixed("ACME_", env), prefix: "ACME" })), [])
  })

  it("names the variable of what is missing, empty or wrong", () => {
    for (const name of Object.keys(env)) {
      if (optional.includes(name)) continue
      const { [name]: _, ...rest } = env
      for (const without of [rest, { ...rest, [name]: "" }]) {
        const found = mistakes(build({ env: prefixed(prefix, without), prefix }))
        // one of several that can do it is named by what they add up to
        const own = found.some((each) => each.startsWith(`${prefix}${name} (`))
        assert.isTrue(own || (name === "USERNAME" && found.length > 0), `${name}: ${found.join("; ")}`)
      }
    }
    const [wrong = ""] = mistakes(build({ env: prefixed(prefix, { ...env, DEADLINE: "soon" }) }))
    assert.match(wrong, new RegExp(`^${prefix}DEADLINE \\(connections\\.it\\.deadline\\)`))
  })

  it("lets options of the code win", () => {
    const connection = build({ env: prefixed(prefix, { ...env, DEADLINE: "soon" }), deadline: "20 seconds" })
    assert.deepStrictEqual(mistakes(connection), [])
  })
})

/** The credential that variables of X3's web services add up to. */
const kind = (env: Env) =>
  readVariables({ of: "x3.web-services", env: prefixed("SAGE_X3_WEB_SERVICES_", env) }).options["auth"]

describe("variables", () => {
  it("are read as what their option takes", () => {
    const { options } = readVariables({
      of: "intacct-xml",
      env: prefixed("SAGE_INTACCT_XML_", {
        TIER: "2-500k",
        PERMITS: "5",
        ENTITIES: "E1, E 2,,E3",
        KEEP_SESSION_ALIVE: "true",
        METER_THRESHOLDS: "0.8,1",
        DEADLINE: "5000",
        CA: "-----BEGIN CERTIFICATE-----"
      })
    })
    assert.deepInclude(options, {
      tier: "2-500k",
      permits: 5,
      entities: ["E1", "E 2", "E3"],
      keepSessionAlive: true,
      meter: { thresholds: [0.8, 1] },
      deadline: 5000,
      ca: "-----BEGIN CERTIFICATE-----"
    })
  })

  it("take a stand-in for Sage's servers", () => {
    const env = {
      ENVIRONMENT: "sandbox",
      URL_ROOT: "http://127.0.0.1:7300/x",
      ROOT_URL: "http://127.0.0.1:7300/x",
      CLIENT_ID: "id",
      CLIENT_SECRET: canary,
      REDIRECT_URI: "http://127.0.0.1:3000/cb",
      CUSTOMER: "http://127.0.0.1:7300",
      SCOPE: "api.graphQL"
    }
    assert.deepStrictEqual(mistakes(x3.gateway.fromEnvironment({ env: prefixed("SAGE_X3_GATEWAY_", env) })), [])
  })

  it("of X3 add up to a way to authenticate, unless one is named", () => {
    assert.deepInclude(kind({ USER: "u", PASSWORD: canary }), { kind: "basic" })
    assert.deepInclude(kind({ PFX: "client.pfx", PASSPHRASE: canary }), { kind: "certificate" })
    assert.deepInclude(kind({ TOKEN: canary }), { kind: "bearer" })
    assert.deepInclude(kind({ TOKEN_URL: "https://x", CLIENT_ID: "i" }), { kind: "client-credentials" })
    assert.deepInclude(kind({ TOKEN_URL: "https://x", REDIRECT_URI: "https://y" }), { kind: "oauth2" })
    assert.deepInclude(kind({ AUTH: "oauth2", TOKEN_URL: "https://x" }), { kind: "oauth2" })
    const [wrong = ""] = mistakes(
      x3.onPremise.fromEnvironment({
        env: { SAGE_X3_WEB_SERVICES_AUTH: "kerberos", SAGE_X3_WEB_SERVICES_BASE_URL: "https://x3.acme.example" }
      })
    )
    assert.match(wrong, /^SAGE_X3_WEB_SERVICES_AUTH \(connections\.it\.auth\)/)
  })

  it("of Intacct's own SDK are read where none of ours is set, and never mixed with ours", () => {
    const sdk = {
      INTACCT_SENDER_ID: "sender",
      INTACCT_SENDER_PASSWORD: canary,
      INTACCT_COMPANY_ID: "acme",
      INTACCT_USER_ID: "user",
      INTACCT_USER_PASSWORD: canary
    }
    assert.deepStrictEqual(mistakes(intacctXml.fromEnvironment({ env: sdk })), [])
    const mixed = mistakes(intacctXml.fromEnvironment({ env: { ...sdk, SAGE_INTACCT_XML_SENDER_ID: "sender" } }))
    assert.isTrue(
      mixed.some((each) => each.startsWith("SAGE_INTACCT_XML_SENDER_PASSWORD (")),
      mixed.join("; ")
    )
  })

  it.each([
    ["no object", { env: 7 }, "env"],
    ["a prefix that no name starts with", { env: {}, prefix: "1 2" }, "prefix"],
    ["a prefix that is no text", { env: {}, prefix: 7 }, "prefix"]
  ])("refuse %s", (_what, settings, named) => {
    const found = mistakes(businessCloud.fromEnvironment(settings as never))
    assert.isTrue(
      found.every((each) => each.includes(`fromEnvironment.${named}`)),
      found.join("; ")
    )
    assert.isNotEmpty(found)
  })
})

it("docs/configuration.md lists every variable", () => {
  const text = readFileSync(new URL("../../../../docs/configuration.md", import.meta.url), "utf8")
  const missing = Object.values(variables).flatMap(({ prefix, rows }) =>
    rows
      .filter(([name, option]) => !text.includes(`\`${name}\``) || !text.includes(`\`${option}\``))
      .map(([name]) => prefix + name)
  )
  assert.deepStrictEqual(missing, [])
  for (const { prefix } of Object.values(variables)) assert.include(text, `\`${prefix}\``)
})
