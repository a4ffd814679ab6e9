import { rootCertificates } from "node:tls"
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import * as Schema from "../../src/config/decoder.ts"
import { decode, join } from "../../src/config/decoder.ts"
import { certificates, count, date, flag, list, oneOf, perTenant, secretText, text } from "../../src/config/options.ts"
import * as Result from "../../src/config/Result.ts"

const Person = Schema.Struct({
  name: text,
  born: Schema.optional(date),
  role: Schema.optional(oneOf("reader", "writer")),
  keys: Schema.optional(list(Schema.Struct({ id: text, hidden: flag }), "a list of keys")),
  password: Schema.optional(secretText("person.password"))
}).annotate({ expected: "an object { name }" })

const issuesOf = (input: unknown, rules?: Parameters<typeof decode>[3]) =>
  Result.match(decode(Person, input, "people.first", rules), {
    onSuccess: () => [],
    onFailure: (issues) => issues.map(({ option, expected }) => `${option}: ${expected}`)
  })

const relations = () => [
  { option: "name", expected: "a non-empty string" },
  { option: "role", expected: "left out" }
]

const asked = () => {
  throw new Error("asked")
}

const accepts = (schema: Schema.Decoder<unknown>, input: unknown) => Result.isSuccess(decode(schema, input, "option"))

describe("decode", () => {
  it("gives the decoded value when there is no mistake", () => {
    const decoded = decode(Person, { name: "Ada", born: undefined, password: Redacted.make("secret") }, "people.first")
    const person = Result.getOrThrow(decoded)
    assert.strictEqual(person.name, "Ada")
    assert.strictEqual(inspect(person.password), "<redacted:person.password>")
  })

  it("reports all mistakes at once, each under its dotted path", () => {
    assert.deepStrictEqual(
      issuesOf({
        name: "",
        born: "1815-02-30",
        role: "admin",
        keys: [{ id: "k", hidden: true }, { id: 5 }, "x"],
        password: 1
      }),
      [
        "people.first.name: a non-empty string",
        "people.first.born: a date such as 2027-06-30",
        'people.first.role: one of "reader", "writer"',
        "people.first.keys.1.id: a non-empty string",
        "people.first.keys.1.hidden: true or false",
        "people.first.keys.2: another value",
        "people.first.password: a non-empty string"
      ]
    )
  })

  it.each([undefined, null, 5, "text", []])("says what %j should have been", (input) => {
    assert.deepStrictEqual(issuesOf(input), ["people.first: an object { name }"])
  })

  it("treats undefined like an option that is left out", () => {
    assert.deepStrictEqual(issuesOf({ name: "Ada", born: undefined, role: undefined, keys: undefined }), [])
    assert.deepStrictEqual(issuesOf({ name: undefined }), ["people.first.name: a non-empty string"])
    assert.deepStrictEqual(issuesOf({}), ["people.first.name: a non-empty string"])
  })

  it("proposes the option that an unknown key was probably meant to be", () => {
    assert.deepStrictEqual(issuesOf({ name: "Ada", Born: "x", nmae: "y", other: 1 }), [
      "people.first.Born: no such option: did you mean born?",
      "people.first.nmae: no such option: did you mean name?",
      "people.first.other: no such option: the options here are name, born, role, keys, password"
    ])
  })

  it("explains a key that belongs elsewhere, by its path before its name", () => {
    const misplaced = { tenant: "left out", "keys.0.tenant": "left out of the first key" }
    assert.deepStrictEqual(
      issuesOf(
        {
          name: "Ada",
          Tenant: 1,
          tenant: 2,
          keys: [
            { id: "a", hidden: true, tenant: 3 },
            { id: "b", hidden: true, tenant: 4 }
          ]
        },
        { misplaced }
      ),
      [
        "people.first.Tenant: left out",
        "people.first.tenant: left out",
        "people.first.keys.0.tenant: left out of the first key",
        "people.first.keys.1.tenant: left out"
      ]
    )
  })

  it("asks for relations between options even when the schema has found mistakes, and says each thing once", () => {
    assert.deepStrictEqual(issuesOf({ name: "" }, { relations }), [
      "people.first.name: a non-empty string",
      "people.first.role: left out"
    ])
    assert.deepStrictEqual(issuesOf({ name: "Ada" }, { relations: () => [{ option: "role", expected: "left out" }] }), [
      "people.first.role: left out"
    ])
  })

  it("reports options that cannot be read, and not what they threw", () => {
    const input = {
      get name(): never {
        throw new Error("canary")
      }
    }
    assert.deepStrictEqual(issuesOf(input), ["people.first: an object whose properties can be read"])
  })

  it("does not repeat a key that does not look like a name", () => {
    assert.deepStrictEqual(issuesOf({ name: "Ada", "can\nary": 1, ["x".repeat(41)]: 2, [Symbol("canary")]: 3 }), [
      "people.first.(unnamed): no such option: the options here are name, born, role, keys, password"
    ])
  })

  it("says that a wiped secret was wiped", () => {
    const wiped = Redacted.make("canary")
    Redacted.wipeUnsafe(wiped)
    assert.deepStrictEqual(issuesOf({ name: "Ada", password: wiped }), [
      'people.first.password: a secret that was not wiped, or a text: a Redacted is opened by SageAuth of "@sage-auth/core/effect" alone'
    ])
  })
})

describe("the schemas of options", () => {
  it.each([
    ["2027-06-30", true],
    ["2028-02-29", true],
    ["2027-02-29", false],
    ["2027-6-30", false],
    ["2027-13-01", false],
    ["2027-06-30T00:00:00Z", false],
    [new Date(0), false]
  ])("a date: %s", (input, right) => {
    assert.strictEqual(accepts(date, input), right)
  })

  it.each([
    [1, true],
    [100, true],
    [0, false],
    [101, false],
    [1.5, false],
    ["5", false],
    [Number.NaN, false]
  ])("a count from 1 to 100: %s", (input, right) => {
    assert.strictEqual(accepts(count(1, 100), input), right)
  })

  it.each([
    [rootCertificates[0], true],
    ["-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", false],
    ["file:///etc/ca.pem", true],
    [new URL("file:///etc/ca.pem"), true],
    ["/etc/ca.pem", false],
    ["https://example.com/ca.pem", false],
    [new URL("https://example.com/ca.pem"), false],
    ["-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----", false],
    ["", false]
  ])("certificates: %s", (input, right) => {
    assert.strictEqual(accepts(certificates, input), right)
  })

  it("decodes a file: URL in a string to a URL", () => {
    assert.deepStrictEqual(
      decode(certificates, "file:///etc/ca.pem", ""),
      Result.succeed(new URL("file:///etc/ca.pem"))
    )
  })

  it("lets a function of the tenant pass unasked, and names both forms when it is neither", () => {
    const option = perTenant(Person, "an object { name }, or a function of the tenant")
    assert.deepStrictEqual(decode(option, asked, "option"), Result.succeed(asked))
    assert.deepStrictEqual(
      decode(option, 5, "option"),
      Result.fail([{ option: "option", expected: "an object { name }, or a function of the tenant" }])
    )
    assert.deepStrictEqual(
      decode(option, { name: 5 }, "option"),
      Result.fail([{ option: "option.name", expected: "a non-empty string" }])
    )
  })
})

it.each([
  ["connections.ledger", "login", "connections.ledger.login"],
  ["", "login", "login"],
  ["connections.ledger", "", "connections.ledger"]
])("join(%j, %j) is %j", (at, key, path) => {
  assert.strictEqual(join(at, key), path)
})
