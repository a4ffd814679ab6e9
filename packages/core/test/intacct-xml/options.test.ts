import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Redacted, Schema } from "effect"
import { reveal } from "../../src/config/options.ts"
import {
  decodeLogin,
  decodeOptions,
  decodeSender,
  type IntacctXmlOptions,
  productionEndpoint,
  validate
} from "../../src/intacct-xml/options.ts"
import * as Result from "../../src/config/Result.ts"

const sender = { id: "acme-sender", password: "sender-secret" }
const login = { companyId: "acme", userId: "xml_gateway", password: "login-secret" }
const right = { sender, login }

const ask = () => sender

const issuesOf = (options: unknown) =>
  validate(options, "connections.ledger").map(({ option, expected }) => `${option}: ${expected}`)

const oauth =
  "left out: the XML API takes a sender and a login, OAuth 2.0 clients belong to intacctRest. To use this connection's session there, see intacctRest.clientCredentials({ clientId, clientSecret, session })"
const inSender = "left out: the sender is given as sender: { id, password }"
const inLogin = "left out: the login is given as login: { companyId, userId, password }"
const pinned =
  'an https URL on a host that ends with ".intacct.com", without port, user name and password; for any other server set environment: "sandbox" and urls'
const packed =
  'a company id, or "console|client" or "console|client|entity", with no part empty and no white space around one'
const top =
  "sender, login, authentication, entities, keepSessionAlive, tier, permits, meter, ca, deadline, endpoint, environment, urls"

describe("validate", () => {
  it.each<[string, unknown]>([
    ["the least there is", right],
    ["secrets that are redacted", { sender: { ...sender, password: Redacted.make("x") }, login }],
    ["functions of the tenant, unasked", { sender: () => ({}), login: async () => ({}) }],
    ["a slide-in with clientId", { sender, login: { ...login, clientId: "client", entityId: "E1" } }],
    ["a packed company", { sender, login: { ...login, companyId: "console|client|E1" } }],
    ["a packed company and an entity", { sender, login: { ...login, companyId: "console|client", entityId: "E1" } }],
    ["a sandbox", { ...right, environment: "sandbox", urls: { xml: "http://127.0.0.1:4010/ia/xml/xmlgw.phtml" } }],
    ["an endpoint of Intacct", { ...right, endpoint: "https://na12.intacct.com/ia/xml/xmlgw.phtml" }],
    [
      "every option",
      {
        sender: { ...sender, licenseExpires: "2027-06-30" },
        login: { ...login, entityId: "E1", clientId: "client" },
        authentication: "session",
        entities: ["E1", "E2"],
        keepSessionAlive: true,
        tier: "2-500k",
        permits: 100,
        meter: { allowance: 1, budget: 120_000, policy: "stop", thresholds: [0.5, 1.2], countLogins: true },
        ca: new URL("file:///etc/ca.pem"),
        deadline: "30 seconds",
        environment: "production"
      }
    ],
    [
      "undefined for every option that may be left out",
      {
        sender: { ...sender, licenseExpires: undefined },
        login: { ...login, entityId: undefined, clientId: undefined },
        authentication: undefined,
        entities: undefined,
        keepSessionAlive: undefined,
        tier: undefined,
        permits: undefined,
        meter: {
          allowance: undefined,
          budget: undefined,
          policy: undefined,
          thresholds: undefined,
          countLogins: undefined
        },
        ca: undefined,
        deadline: undefined,
        endpoint: undefined,
        environment: undefined,
        urls: undefined
      }
    ],
    ["urls without one", { ...right, urls: { xml: undefined } }]
  ])("accepts %s", (_, options) => {
    assert.deepStrictEqual(issuesOf(options), [])
  })

  it.each<[string, unknown, ReadonlyArray<string>]>([
    ["nothing", undefined, ["connections.ledger: an object { sender, login }"]],
    [
      "an empty object",
      {},
      [
        "connections.ledger.sender: an object { id, password }, or a function of the tenant that returns one",
        "connections.ledger.login: an object { companyId, userId, password }, or a function of the tenant that returns one"
      ]
    ],
    [
      "undefined for what must be given",
      { sender: undefined, login: { companyId: undefined, userId: undefined, password: undefined } },
      [
        "connections.ledger.sender: an object { id, password }, or a function of the tenant that returns one",
        "connections.ledger.login.companyId: a non-empty string",
        "connections.ledger.login.userId: a non-empty string",
        "connections.ledger.login.password: a non-empty string"
      ]
    ],
    [
      "values of the wrong kind",
      {
        sender: { id: 5, password: { not: "text" }, licenseExpires: "30/06/2027" },
        login: { companyId: ["acme"], userId: null, password: Redacted.make(5), entityId: "", clientId: false },
        authentication: "oauth",
        entities: ["E1", "", 3],
        keepSessionAlive: "yes",
        tier: 5,
        permits: 101,
        meter: { allowance: 0, budget: "120000", policy: "halt", thresholds: [0.8, 80, 0], countLogins: 1 },
        ca: "/etc/ca.pem",
        deadline: "30s",
        endpoint: 1,
        environment: "staging"
      },
      [
        "connections.ledger.sender.id: a non-empty string",
        "connections.ledger.sender.password: a non-empty string",
        "connections.ledger.sender.licenseExpires: a date such as 2027-06-30",
        "connections.ledger.login.companyId: a non-empty string",
        "connections.ledger.login.userId: a non-empty string",
        "connections.ledger.login.password: a non-empty string",
        "connections.ledger.login.entityId: a non-empty string",
        "connections.ledger.login.clientId: a non-empty string",
        'connections.ledger.authentication: one of "session", "login"',
        "connections.ledger.entities.1: a non-empty string",
        "connections.ledger.entities.2: a non-empty string",
        "connections.ledger.keepSessionAlive: true or false",
        'connections.ledger.tier: one of 1, 2, "2-500k", 3, 4',
        "connections.ledger.permits: a whole number from 1 to 100",
        "connections.ledger.meter.allowance: a whole number, 1 or more",
        "connections.ledger.meter.budget: a whole number, 1 or more",
        'connections.ledger.meter.policy: one of "warn", "stop"',
        "connections.ledger.meter.thresholds.1: a fraction of the budget above 0, such as 0.8 for 80 %",
        "connections.ledger.meter.thresholds.2: a fraction of the budget above 0, such as 0.8 for 80 %",
        "connections.ledger.meter.countLogins: true or false",
        'connections.ledger.ca: PEM text that starts with "-----BEGIN CERTIFICATE-----", or a file: URL',
        'connections.ledger.deadline: a number of milliseconds or a string such as "30 seconds"',
        "connections.ledger.endpoint: a non-empty string",
        'connections.ledger.environment: one of "production", "sandbox"'
      ]
    ],
    [
      "containers of the wrong kind",
      { ...right, entities: "E1", meter: 120_000, environment: "sandbox", urls: "http://127.0.0.1" },
      [
        "connections.ledger.entities: a list of entity ids",
        "connections.ledger.meter: an object such as { budget, policy, thresholds }",
        "connections.ledger.urls: an object { xml }"
      ]
    ],
    [
      "the other credential system",
      { ...right, clientId: "id", clientSecret: "secret", redirectUri: "https://app.example", username: "u@acme" },
      ["clientId", "clientSecret", "redirectUri", "username"].map((key) => `connections.ledger.${key}: ${oauth}`)
    ],
    [
      "the flat names of Sage's SDK",
      { senderId: "s", sender_password: "p", companyId: "c", userId: "u", userPassword: "p", sessionId: "x" },
      [
        `connections.ledger.senderId: ${inSender}`,
        `connections.ledger.sender_password: ${inSender}`,
        `connections.ledger.companyId: ${inLogin}`,
        `connections.ledger.userId: ${inLogin}`,
        `connections.ledger.userPassword: ${inLogin}`,
        "connections.ledger.sessionId: left out: sessions are opened from sender and login, and renewed",
        "connections.ledger.sender: an object { id, password }, or a function of the tenant that returns one",
        "connections.ledger.login: an object { companyId, userId, password }, or a function of the tenant that returns one"
      ]
    ],
    [
      "unknown keys on every level",
      {
        sender: { ...sender, pasword: "x" },
        login: { ...login, username: "u", entity: "E1" },
        meter: { tier: 2, budgets: 5 },
        logins: 1,
        color: 2
      },
      [
        "connections.ledger.logins: no such option: did you mean login?",
        `connections.ledger.color: no such option: the options here are ${top}`,
        "connections.ledger.sender.pasword: no such option: did you mean password?",
        "connections.ledger.login.username: left out: the user is given as userId",
        "connections.ledger.login.entity: no such option: did you mean entityId?",
        "connections.ledger.meter.tier: left out here: tier stands beside meter and sets pool and meter alike",
        "connections.ledger.meter.budgets: no such option: did you mean budget?"
      ]
    ],
    [
      "control characters in ids and passwords",
      {
        sender: { id: "acme\u0000", password: "secret\n" },
        login: {
          companyId: "ac\tme",
          userId: "u\u0007",
          password: Redacted.make("\u001b"),
          entityId: "\u0085",
          clientId: "\ud800"
        },
        entities: ["E1\r"]
      },
      [
        "connections.ledger.sender.id: text without control characters: it has U+0000 (null)",
        "connections.ledger.sender.password: text without control characters: it has U+000A (line feed); text read from a file often ends with one: trim it",
        "connections.ledger.login.companyId: text without control characters: it has U+0009 (tab)",
        "connections.ledger.login.userId: text without control characters: it has U+0007",
        "connections.ledger.login.password: text without control characters: it has U+001B (escape)",
        "connections.ledger.login.entityId: text without control characters: it has U+0085",
        "connections.ledger.login.clientId: well-formed Unicode: it has half a surrogate pair",
        "connections.ledger.entities.0: text without control characters: it has U+000D (carriage return); text read from a file often ends with one: trim it"
      ]
    ],
    [
      "a client that is named twice",
      { sender, login: { ...login, companyId: "console|client", clientId: "client" } },
      ['connections.ledger.login.clientId: left out: companyId names the client after its "|"']
    ],
    [
      "a client and an entity that are named twice, beside another mistake",
      { sender, login: { ...login, userId: "", companyId: "console|client|E1", clientId: "client", entityId: "E1" } },
      [
        "connections.ledger.login.userId: a non-empty string",
        'connections.ledger.login.clientId: left out: companyId names the client after its "|"',
        'connections.ledger.login.entityId: left out: companyId names the entity after its second "|"'
      ]
    ],
    [
      "an empty part",
      { sender, login: { ...login, companyId: "console||E1" } },
      [`connections.ledger.login.companyId: ${packed}`]
    ],
    [
      "too many parts",
      { sender, login: { ...login, companyId: "a|b|c|d" } },
      [`connections.ledger.login.companyId: ${packed}`]
    ],
    [
      "a session that is kept alive without one",
      { ...right, authentication: "login", keepSessionAlive: true },
      [
        'connections.ledger.keepSessionAlive: left out, or authentication: "session": a login with every request has no session'
      ]
    ],
    [
      "urls in production",
      { ...right, urls: { xml: "https://api.intacct.com/ia/xml/xmlgw.phtml" } },
      [
        'connections.ledger.urls: left out, or environment: "sandbox": production credentials go to hosts of Intacct only'
      ]
    ],
    [
      "urls of other surfaces, or none at all",
      { ...right, environment: "sandbox", urls: { xml: "127.0.0.1:4010", token: "http://127.0.0.1" } },
      [
        "connections.ledger.urls.token: no such option: the options here are xml",
        "connections.ledger.urls.xml: an http or https URL without user name and password"
      ]
    ],
    [
      "an endpoint elsewhere",
      { ...right, endpoint: "https://notintacct.com/" },
      [`connections.ledger.endpoint: ${pinned}`]
    ],
    [
      "an endpoint over http",
      { ...right, endpoint: "http://api.intacct.com/" },
      [`connections.ledger.endpoint: ${pinned}`]
    ],
    [
      "two endpoints",
      { ...right, environment: "sandbox", urls: { xml: "http://127.0.0.1/" }, endpoint: "https://api.intacct.com/" },
      ["connections.ledger.endpoint: left out: urls.xml says where requests go"]
    ]
  ])("refuses %s, with every mistake named", (_, options, issues) => {
    assert.deepStrictEqual(issuesOf(options), issues)
  })

  it("does not throw, whatever the options are", () => {
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const cyclic: { [key: string]: unknown } = { ...right }
    cyclic["meter"] = cyclic
    for (const options of [revoked.proxy, cyclic, new Map(), Symbol("x"), 5n, () => right, Object.create(null)]) {
      assert.isNotEmpty(validate(options, "connections.ledger"))
    }
  })
})

describe("no issue holds a value of the input", () => {
  const canary = "c4n4ry"
  const plain = [
    canary,
    `${canary}\n`,
    `\u0000${canary}`,
    `|${canary}|`,
    `https://${canary}@evil.example/`,
    `http://${canary}/`,
    `file:${canary}`,
    `-----BEGIN ${canary}-----`,
    Redacted.make(`${canary}\u0001`),
    [canary],
    { [canary.repeat(10)]: canary },
    { [`key\n${canary}`]: 1 },
    { id: `${canary}\t`, password: canary, xml: canary, userId: canary, companyId: `a|${canary}|${canary}|` },
    new Error(canary),
    Symbol(canary),
    new URL(`https://${canary}.example/`),
    new Date(Number.NaN),
    undefined,
    "sandbox",
    "login",
    true
  ]
  const value = Schema.Literals(plain.map((_, index) => index))
  const keys = [
    "sender",
    "login",
    "authentication",
    "entities",
    "keepSessionAlive",
    "tier",
    "connections",
    "meter",
    "ca",
    "deadline",
    "endpoint",
    "environment",
    "urls",
    "clientSecret",
    "password"
  ]
  const leaves = ["id", "password", "licenseExpires", "companyId", "userId", "entityId", "clientId", "xml", "budget"]

  it.prop(
    "in any option, at any depth",
    [Schema.Array(value).check(Schema.isMinLength(keys.length + leaves.length)), Schema.Boolean],
    ([picked, nested]) => {
      const at = (index: number) => plain[picked[index] ?? 0]
      const inner = Object.fromEntries(leaves.map((leaf, index) => [leaf, at(keys.length + index)]))
      const options = Object.fromEntries(
        keys.map((key, index) => [
          key,
          nested && ["sender", "login", "urls", "meter"].includes(key) ? inner : at(index)
        ])
      )
      const issues = validate(options, "connections.ledger")
      assert.isNotEmpty(issues)
      assert.notInclude(JSON.stringify(issues).toLowerCase(), canary)
      assert.notInclude(inspect(issues, { depth: 9, showHidden: true }).toLowerCase(), canary)
    },
    { arbitrary: { runs: 300 } }
  )
})

describe("decodeOptions", () => {
  it("fills in the defaults", () => {
    const { sender, login, ...rest } = Result.getOrThrow(decodeOptions(right, "connections.ledger"))
    assert.deepStrictEqual(rest, {
      authentication: "session",
      entities: [],
      keepSessionAlive: false,
      tier: undefined,
      permits: undefined,
      meter: undefined,
      ca: undefined,
      deadline: undefined,
      environment: "production",
      endpoint: new URL(productionEndpoint),
      allowed: []
    })
    assert.isObject(sender)
    assert.isObject(login)
  })

  it("holds secrets redacted only", () => {
    const configuration = Result.getOrThrow(decodeOptions(right, "connections.ledger"))
    const printed = inspect(configuration, { depth: 9, showHidden: true }) + JSON.stringify(configuration)
    assert.notInclude(printed, "sender-secret")
    assert.notInclude(printed, "login-secret")
    assert.isTrue(typeof configuration.sender === "object" && reveal(configuration.sender.password) === "sender-secret")
    assert.isTrue(typeof configuration.login === "object" && reveal(configuration.login.password) === "login-secret")
  })

  it("points a sandbox connection to its own endpoint and allows that host", () => {
    const xml = "http://127.0.0.1:4010/ia/xml/xmlgw.phtml"
    const configuration = Result.getOrThrow(
      decodeOptions({ ...right, environment: "sandbox", urls: { xml }, deadline: "2 seconds" }, "connections.ledger")
    )
    assert.strictEqual(configuration.endpoint.href, xml)
    assert.deepStrictEqual(configuration.allowed, [xml])
    assert.strictEqual(configuration.deadline, 2000)
  })

  it("keeps functions as they are", () => {
    const { sender, login } = Result.getOrThrow(decodeOptions({ sender: ask, login: ask }, ""))
    assert.strictEqual(sender, ask)
    assert.strictEqual(login, ask)
  })
})

describe("decodeSender and decodeLogin", () => {
  it("check what a function answered as they check the plain form", () => {
    assert.deepStrictEqual(
      decodeSender({ id: "", clientSecret: "x" }, "connections.ledger.sender"),
      Result.fail([
        { option: "connections.ledger.sender.clientSecret", expected: oauth },
        { option: "connections.ledger.sender.id", expected: "a non-empty string" },
        { option: "connections.ledger.sender.password", expected: "a non-empty string" }
      ])
    )
    assert.deepStrictEqual(
      decodeLogin({ ...login, companyId: "a|b", clientId: "b" }, "connections.ledger.login"),
      Result.fail([
        { option: "connections.ledger.login.clientId", expected: 'left out: companyId names the client after its "|"' }
      ])
    )
  })

  it("accept what they gave", () => {
    const decoded = Result.getOrThrow(decodeSender({ ...sender, licenseExpires: "2027-06-30" }, ""))
    assert.deepStrictEqual(Result.getOrThrow(decodeSender(decoded, "")).licenseExpires, "2027-06-30")
    const again = Result.getOrThrow(decodeLogin(Result.getOrThrow(decodeLogin(login, "")), ""))
    assert.strictEqual(reveal(again.password), "login-secret")
  })

  it.prop("let any text round-trip, or refuse it", [Schema.String], ([password]) => {
    const decoded = decodeLogin({ ...login, password }, "")
    if (Result.isSuccess(decoded)) assert.strictEqual(reveal(decoded.success.password), password)
    else assert.isTrue(password === "" || /[\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(password))
  })
})

const take = (options: IntacctXmlOptions) => options

it("urls without environment sandbox do not compile, nor does a secret of another type", () => {
  take({ sender, login, environment: "sandbox", urls: { xml: "http://127.0.0.1" } })
  take({ sender: async () => sender, login: (tenant) => ({ ...login, companyId: tenant }) })
  // @ts-expect-error urls need environment: "sandbox"
  take({ sender, login, urls: { xml: "http://127.0.0.1" } })
  // @ts-expect-error urls need environment: "sandbox"
  take({ sender, login, environment: "production", urls: { xml: "http://127.0.0.1" } })
  // @ts-expect-error the server is called xml
  take({ sender, login, environment: "sandbox", urls: { token: "http://127.0.0.1" } })
  // @ts-expect-error a secret is a string
  take({ sender: { id: "x", password: 5 }, login })
  assert.isNotEmpty(validate({ sender: { id: "x", password: 5 }, login }, ""))
})
