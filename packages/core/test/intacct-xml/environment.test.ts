import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { inspect } from "node:util"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { reveal } from "../../src/config/options.ts"
import { type EnvironmentOptions, fromEnvironment } from "../../src/intacct-xml/environment.ts"
import { type IntacctXmlOptions, validate } from "../../src/intacct-xml/options.ts"

const root = fs.mkdtempSync(path.join(os.tmpdir(), "sage-auth-environment-"))
afterAll(() => fs.rmSync(root, { recursive: true }))

let homes = 0
/** a home directory whose credentials file holds `content`, none when undefined */
const home = (content?: string | Uint8Array): string => {
  const directory = path.join(root, String(++homes))
  fs.mkdirSync(path.join(directory, ".intacct"), { recursive: true })
  if (content !== undefined) fs.writeFileSync(path.join(directory, ".intacct", "credentials.ini"), content)
  return directory
}

const senderEnv = { INTACCT_SENDER_ID: "env-sender", INTACCT_SENDER_PASSWORD: "env-sender-pw" }
const loginEnv = {
  INTACCT_COMPANY_ID: "env-company",
  INTACCT_USER_ID: "env-user",
  INTACCT_USER_PASSWORD: "env-user-pw"
}

const profile = (name: string, extra = "") => `[${name}]
sender_id = ${name}-sender
sender_password = ${name}-sender-pw
company_id = ${name}-company
user_id = ${name}-user
user_password = ${name}-user-pw
${extra}
`
const file =
  profile("default") + profile("books", "entity_id = E9\nendpoint_url = https://na12.intacct.com/x") + profile("other")

/** the credentials as one line, secrets revealed */
const read = (options: EnvironmentOptions): string | ReadonlyArray<string> => {
  const { options: found, issues } = fromEnvironment(options)
  if (found === undefined) return issues.map(({ option, expected }) => `${option}: ${expected}`)
  const { sender, login } = found
  return [
    [sender.id, reveal(sender.password)].join("/"),
    [login.companyId, login.userId, reveal(login.password), login.entityId ?? "-"].join("/"),
    found.endpoint ?? "-"
  ].join(" ")
}

const of = (name: string, rest = "- -") =>
  `${name}-sender/${name}-sender-pw ${name}-company/${name}-user/${name}-user-pw/${rest}`

describe("precedence", () => {
  const inFile = home(file)
  it.each<[string, { readonly [name: string]: string }, string | undefined, string]>([
    ["variables alone", { ...senderEnv, ...loginEnv }, undefined, of("env")],
    ["variables over every profile", { ...senderEnv, ...loginEnv, INTACCT_PROFILE: "books" }, "other", of("env")],
    ["the default section without variables", {}, undefined, of("default")],
    ["INTACCT_PROFILE", { INTACCT_PROFILE: "other" }, undefined, of("other")],
    [
      "the option over INTACCT_PROFILE",
      { INTACCT_PROFILE: "other" },
      "books",
      of("books", "E9 https://na12.intacct.com/x")
    ],
    [
      "INTACCT_PROFILE over those of the groups",
      { INTACCT_PROFILE: "other", INTACCT_SENDER_PROFILE: "books", INTACCT_COMPANY_PROFILE: "books" },
      undefined,
      of("other")
    ],
    [
      "a profile for each group",
      { INTACCT_SENDER_PROFILE: "other", INTACCT_COMPANY_PROFILE: "books" },
      undefined,
      "other-sender/other-sender-pw books-company/books-user/books-user-pw/E9 -"
    ],
    ["the sender's profile for the login too", { INTACCT_SENDER_PROFILE: "other" }, undefined, of("other")],
    [
      "the login's profile for the login alone",
      { INTACCT_COMPANY_PROFILE: "other" },
      undefined,
      "default-sender/default-sender-pw other-company/other-user/other-user-pw/- -"
    ],
    [
      "a sender from variables and a login from a profile",
      { ...senderEnv, INTACCT_PROFILE: "books" },
      undefined,
      "env-sender/env-sender-pw books-company/books-user/books-user-pw/E9 -"
    ],
    [
      "a login from variables and a sender from a profile",
      { ...loginEnv, INTACCT_PROFILE: "books" },
      undefined,
      "books-sender/books-sender-pw env-company/env-user/env-user-pw/- https://na12.intacct.com/x"
    ],
    [
      "entity and endpoint of variables",
      { ...senderEnv, ...loginEnv, INTACCT_ENTITY_ID: "E1", INTACCT_ENDPOINT_URL: "https://na1.intacct.com/x" },
      undefined,
      of("env", "E1 https://na1.intacct.com/x")
    ],
    [
      "entity and endpoint of a profile that is read over variables",
      { INTACCT_ENTITY_ID: "E1", INTACCT_ENDPOINT_URL: "https://na1.intacct.com/x" },
      "books",
      of("books", "E9 https://na12.intacct.com/x")
    ],
    [
      "entity and endpoint of variables beside a profile without",
      { INTACCT_ENTITY_ID: "E1", INTACCT_ENDPOINT_URL: "https://na1.intacct.com/x" },
      "other",
      of("other", "E1 https://na1.intacct.com/x")
    ],
    [
      "an empty entity and endpoint as none",
      { ...senderEnv, ...loginEnv, INTACCT_ENTITY_ID: "", INTACCT_ENDPOINT_URL: "" },
      undefined,
      of("env")
    ]
  ])("%s", (_, env, profile, expected) => {
    assert.strictEqual(read({ env, home: inFile, profile }), expected)
  })

  it("finds the home directory in HOME, or in HOMEDRIVE and HOMEPATH", () => {
    assert.strictEqual(read({ env: { HOME: inFile } }), of("default"))
    assert.strictEqual(read({ env: { HOMEDRIVE: root, HOMEPATH: inFile.slice(root.length) } }), of("default"))
    assert.strictEqual(read({ env: { HOME: "/nowhere" }, home: inFile }), of("default"))
  })

  it("reads no file when both groups are in variables", () => {
    const broken = home("[default\n")
    assert.strictEqual(read({ env: { ...senderEnv, ...loginEnv }, home: broken }), of("env"))
  })
})

describe("what is missing", () => {
  it("names each variable that a group lacks, and mixes nothing from a profile into it", () => {
    const env = { INTACCT_SENDER_ID: "x", INTACCT_COMPANY_ID: "x", INTACCT_USER_PASSWORD: "x" }
    assert.deepStrictEqual(read({ env, home: home(file) }), [
      "INTACCT_SENDER_PASSWORD: a value to go with INTACCT_SENDER_ID: variables and a profile are not mixed",
      "INTACCT_USER_ID: a value to go with INTACCT_COMPANY_ID and INTACCT_USER_PASSWORD: variables and a profile are not mixed"
    ])
  })

  it("names variable and key when there is neither", () => {
    const directory = home()
    const ini = path.join(directory, ".intacct", "credentials.ini")
    assert.deepStrictEqual(read({ env: loginEnv, home: directory, profile: "books" }), [
      `INTACCT_SENDER_ID: a value here, or sender_id in section [books] of ${ini}`,
      `INTACCT_SENDER_PASSWORD: a value here, or sender_password in section [books] of ${ini}`
    ])
    assert.deepStrictEqual(read({ env: senderEnv }), [
      "INTACCT_COMPANY_ID: a value here, or company_id in section [default] of ~/.intacct/credentials.ini",
      "INTACCT_USER_ID: a value here, or user_id in section [default] of ~/.intacct/credentials.ini",
      "INTACCT_USER_PASSWORD: a value here, or user_password in section [default] of ~/.intacct/credentials.ini"
    ])
  })

  it("names a section that is missing, once", () => {
    const directory = home(file)
    assert.deepStrictEqual(read({ env: {}, home: directory, profile: "elsewhere" }), [
      `${path.join(directory, ".intacct", "credentials.ini")}: a section [elsewhere]`
    ])
  })

  it("names each key that a section lacks or leaves empty", () => {
    const directory = home("[default]\nsender_id = x\ncompany_id =\nuser_id = u\n")
    const at = `${path.join(directory, ".intacct", "credentials.ini")} [default]`
    assert.deepStrictEqual(read({ env: {}, home: directory }), [
      `${at} sender_password: a value`,
      `${at} company_id: a value`,
      `${at} user_password: a value`
    ])
  })

  it("takes a variable that is set and empty for a mistake, not for an absent one", () => {
    const env = { ...senderEnv, ...loginEnv, INTACCT_SENDER_PASSWORD: "" }
    assert.deepStrictEqual(read({ env, home: home(file) }), ["INTACCT_SENDER_PASSWORD: a non-empty string"])
    assert.deepStrictEqual(
      read({ env: { INTACCT_SENDER_PROFILE: "", ...loginEnv }, home: home(`[]\n${file}`) }).slice(0, 1),
      ["INTACCT_SENDER_PROFILE: the name of a section, or no such variable"]
    )
  })
})

const withPassword = (line: string) =>
  `[default]\nsender_id = s\n${line}\ncompany_id = c\nuser_id = u\nuser_password = p\n`

describe("the traps of the file", () => {
  const comment = 'a value in double quotes: it has ";" or "#", which starts a comment outside of quotes'

  it.each([
    ["sender_password = ini;pw#x", comment],
    ["sender_password = pw#x", comment],
    ["sender_password = pw ; remark", comment],
    ["sender_password = a\nsender_password = b", "given once in its section"],
    ["sender_password[] = a", 'a single value: "[]" after the key makes it a list'],
    ["sender_password", 'a value after "="'],
    [
      String.raw`sender_password = "a\b\x"`,
      'a JSON string in double quotes: \\ and " inside it are written \\\\ and \\"'
    ]
  ])("%s is a mistake that names file, section and key", (line, expected) => {
    const directory = home(withPassword(line))
    assert.deepStrictEqual(read({ env: {}, home: directory }), [
      `${path.join(directory, ".intacct", "credentials.ini")} [default] sender_password: ${expected}`
    ])
  })

  it.each([
    ['sender_password = "ini;pw#x"', "ini;pw#x"],
    ["sender_password = 'ini;pw#x'", "ini;pw#x"],
    [String.raw`sender_password = ini\;pw\#x`, "ini;pw#x"],
    ["\tsender_password=pw=1", "pw=1"]
  ])("%s is read whole", (line, password) => {
    const { options } = fromEnvironment({ env: {}, home: home(`\uFEFF${withPassword(line).replaceAll("\n", "\r\n")}`) })
    assert.strictEqual(options && reveal(options.sender.password), password)
  })

  it("a trap in a key or a section that is not read is nobody's mistake", () => {
    const content = `${profile("default", "remark = a;b")}[other]\nsender_password = a;b\n`
    assert.strictEqual(read({ env: {}, home: home(content) }), of("default"))
  })

  it("a broken header is a mistake of its line", () => {
    const directory = home(`${profile("default")}[books] ; ours\n`)
    const ini = path.join(directory, ".intacct", "credentials.ini")
    assert.deepStrictEqual(read({ env: {}, home: directory }), [
      `${ini} line 8: a section header alone on its line, such as [default]`
    ])
  })

  it("a file that cannot be read, or is not UTF-8, is a mistake and not an exception", () => {
    const directory = home()
    const ini = path.join(directory, ".intacct", "credentials.ini")
    fs.mkdirSync(ini)
    assert.deepStrictEqual(read({ env: {}, home: directory }), [`${ini}: a file that can be read`])

    const latin1 = home(new Uint8Array([...new TextEncoder().encode("[default]\nsender_password = p"), 0xe9]))
    assert.deepStrictEqual(read({ env: {}, home: latin1 }), [
      `${path.join(latin1, ".intacct", "credentials.ini")}: UTF-8 text`
    ])
  })
})

describe("the endpoint", () => {
  const env = { ...senderEnv, ...loginEnv }
  const pinned =
    'an https URL on a host that ends with ".intacct.com", without port, user name and password; for any other server set environment: "sandbox" and urls'

  it.each(["http://api.intacct.com/", "https://notintacct.com/", "http://127.0.0.1:4010/"])(
    "%s is refused in production",
    (url) => {
      assert.deepStrictEqual(read({ env: { ...env, INTACCT_ENDPOINT_URL: url } }), [`INTACCT_ENDPOINT_URL: ${pinned}`])
    }
  )

  it("of a profile is blamed on the profile", () => {
    const directory = home(profile("default", "endpoint_url = https://evil.example/"))
    assert.deepStrictEqual(read({ env: {}, home: directory }), [
      `${path.join(directory, ".intacct", "credentials.ini")} [default] endpoint_url: ${pinned}`
    ])
  })

  it("may be anywhere in the sandbox environment, and becomes urls.xml", () => {
    const url = "http://127.0.0.1:4010/ia/xml/xmlgw.phtml"
    const { options } = fromEnvironment({ env: { ...env, INTACCT_ENDPOINT_URL: url }, environment: "sandbox" })
    assert.strictEqual(options?.environment, "sandbox")
    assert.deepStrictEqual(options?.urls, { xml: url })
    assert.deepStrictEqual(validate(options, ""), [])
    assert.deepStrictEqual(
      read({ env: { ...env, INTACCT_ENDPOINT_URL: "ftp://127.0.0.1/" }, environment: "sandbox" }),
      ["INTACCT_ENDPOINT_URL: an http or https URL without user name and password"]
    )
  })
})

it("gives options that intacctXml takes", () => {
  const { options } = fromEnvironment({ env: { ...senderEnv, ...loginEnv } })
  const accepted: IntacctXmlOptions | undefined = options
  assert.deepStrictEqual(validate(accepted, ""), [])
})

it("blames the variable for what cannot be a credential", () => {
  const env = {
    ...senderEnv,
    ...loginEnv,
    INTACCT_USER_PASSWORD: "pw\n",
    INTACCT_COMPANY_ID: "a|b|c",
    INTACCT_ENTITY_ID: "E"
  }
  assert.deepStrictEqual(read({ env }), [
    "INTACCT_USER_PASSWORD: text without control characters: it has U+000A (line feed); text read from a file often ends with one: trim it",
    'INTACCT_ENTITY_ID: left out: companyId names the entity after its second "|"'
  ])
})

it("checks its own options", () => {
  const options: object = { profil: "books", home: 5, environment: "staging" }
  assert.deepStrictEqual(read(options), [
    "fromEnvironment.profil: no such option: did you mean profile?",
    "fromEnvironment.home: a non-empty string",
    'fromEnvironment.environment: one of "production", "sandbox"'
  ])
})

it("never repeats a value, whatever is wrong", () => {
  const canary = "c4n4ry"
  const values = [
    canary,
    `${canary};x`,
    `"${canary}\\x"`,
    `'"${canary}"'`,
    `${canary}\u0000`,
    "",
    `https://${canary}@x.example/`
  ]
  const keys = ["sender_id", "sender_password", "company_id", "user_id", "user_password", "entity_id", "endpoint_url"]
  for (const [shift] of values.entries()) {
    const rotated = keys.map((key, index) => [key, values[(index + shift) % values.length] ?? ""] as const)
    const content = `[default]\n${rotated.map(([key, value]) => `${key} = ${value}`).join("\n")}\n[${canary}\n${canary}`
    const env = Object.fromEntries(rotated.map(([key, value]) => [`INTACCT_${key.toUpperCase()}`, value]))
    for (const options of [{ env: {}, home: home(content) }, { env }]) {
      const result = fromEnvironment(options)
      assert.isUndefined(result.options)
      assert.isNotEmpty(result.issues)
      assert.notInclude(inspect(result, { depth: 9, showHidden: true }) + JSON.stringify(result), canary)
    }
  }
})
