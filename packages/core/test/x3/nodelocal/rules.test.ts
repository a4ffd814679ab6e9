import { assert, describe, it } from "@effect/vitest"
import { lintNodelocal } from "../../../src/x3/nodelocal/lintNodelocal.ts"
import { auth, found, ids, session } from "./linted.ts"

const meaningOf = (source: string, id: string): string => {
  const finding = lintNodelocal(source).findings.find((one) => one.id === id)
  assert.isDefined(finding, `${id} was not found`)
  return `${finding.meaning} ${finding.remedy}`
}

describe("values of session.auth", () => {
  it.each(['["basic"]', '"basic"', '["oauth2", "bearer"]', '["basic", "oauth2", "bearer"]', '["basic", "saml2"]'])(
    "has nothing to say about %s",
    (value) => {
      assert.deepStrictEqual(found(auth(value)), [])
    }
  )

  it.each([
    ['"Basic"', "auth-case", '"basic"'],
    ['"BASIC"', "auth-case", '"basic"'],
    ['["OAuth2", "bearer"]', "auth-case", '"oauth2"'],
    ['["oAuth2", "bearer"]', "auth-case", '"oauth2"'],
    ['["oauth2", "bearer "]', "auth-blanks", '"bearer"'],
    ['["basic", "certifcate"]', "auth-unknown", '"certificate"'],
    ['["basic", "certificat"]', "auth-unknown", '"certificate"'],
    ['["oauth", "bearer", "basic"]', "auth-unknown", '"oauth2"'],
    ['["sageid", "basic"]', "auth-unknown", '"sage-id"'],
    ['["basci"]', "auth-unknown", '"basic"'],
    ['"oauth2,bearer"', "auth-several-in-one", '["oauth2", "bearer"]'],
    ['"basic oauth2"', "auth-several-in-one", '["basic", "oauth2"]']
  ])("says what %s is probably meant for", (value, id, meant) => {
    assert.deepStrictEqual(ids(auth(value)), [id])
    assert.include(meaningOf(auth(value), `nodelocal.${id}`), meant)
  })

  it.each(['["basic", "kerberos"]', '["basic", ""]'])("names all values where none is near: %s", (value) => {
    assert.deepStrictEqual(ids(auth(value)), ["auth-unknown"])
    assert.include(meaningOf(auth(value), "nodelocal.auth-unknown"), '"sage-id"')
  })

  it("says how sure it is that a foreign value switches authentication off", () => {
    for (const value of ['"Basic"', '"basic "', '"kerberos"', '"basic,bearer"', "[1]"]) {
      const [finding] = lintNodelocal(auth(value)).findings
      assert.strictEqual(finding?.severity, "error")
      assert.match(finding?.meaning ?? "", /Some guides say .* no page of Sage's says so/)
    }
  })

  it.each(["[1]", "true", "{ basic: true }", "[null]", "[[]]"])("wants texts, not %s", (value) => {
    assert.include(ids(auth(value)), "auth-not-text")
  })

  it.each(["[]", '""', '"  "'])("finds that %s lists nothing, and that no page says what that does", (value) => {
    assert.deepStrictEqual(ids(auth(value)), ["auth-empty"])
    assert.match(meaningOf(auth(value), "nodelocal.auth-empty"), /no page of Sage's says/)
  })

  it.each(["null", "undefined"])("takes %s for a setting that is missing", (value) => {
    assert.deepStrictEqual(found(auth(value)), ["auth-missing 1:37 session.auth"])
  })

  it("finds duplicates at the second of them", () => {
    assert.deepStrictEqual(found(auth('["basic", "basic"]')), ["auth-duplicate 1:47 session.auth[1]"])
  })

  it("knows ldap from the template, and that Sage's list does not have it", () => {
    assert.deepStrictEqual(ids(auth('["basic", "ldap"]')), ["auth-ldap"])
  })
})

describe("what the methods mean together", () => {
  it.each(['"oauth2"', '["oauth2"]', '["basic", "oauth2"]'])("tells that %s lets no access token in", (value) => {
    assert.include(ids(auth(value)), "oauth2-without-bearer")
    assert.match(meaningOf(auth(value), "nodelocal.oauth2-without-bearer"), /Some guides.*mandatory/)
  })

  it("tells that bearer is documented with oauth2 only", () => {
    assert.deepStrictEqual(ids(auth('["bearer"]')), ["bearer-without-oauth2"])
  })

  it("does not ask for what is there in another spelling", () => {
    assert.deepStrictEqual(ids(auth('["oauth2", "Bearer"]')), ["auth-case"])
    assert.deepStrictEqual(ids(auth('["OAuth2", "bearer"]')), ["auth-case"])
  })

  it("tells whom a certificate precedes, and where", () => {
    assert.deepStrictEqual(ids(auth('["basic", "certificate"]')), ["certificate-precedence"])
    assert.match(
      meaningOf(auth('["certificate"]'), "nodelocal.certificate-precedence"),
      /client authentication.*Over other ports/
    )
  })

  it.each(['["oauth2"]', '["saml2"]', '["oauth2", "saml2"]'])("tells that %s lets no web service in", (value) => {
    assert.include(ids(auth(value)), "no-web-service")
  })

  it.each(['["basic"]', '["oauth2", "bearer"]', '["certificate"]', '["ldap"]'])(
    "finds a web service's way in %s, or one that may be",
    (value) => {
      assert.notInclude(ids(auth(value)), "no-web-service")
    }
  )

  it("wants the section sage_id whole beside sage-id", () => {
    assert.deepStrictEqual(ids(withSageId("")), ["sage-id-incomplete"])
    assert.deepStrictEqual(ids(withSageId('sage_id: { baseUrl: "https://x", pfxFile: "y" }')), ["sage-id-incomplete"])
    assert.include(
      meaningOf(withSageId('sage_id: { baseUrl: "x" }'), "nodelocal.sage-id-incomplete"),
      "`pfxFile`, `passphrase`"
    )
    const whole = 'sage_id: { baseUrl: "https://x", pfxFile: __dirname + "/y.pfx", passphrase: process.env.SAGE_ID }'
    assert.deepStrictEqual(ids(withSageId(whole)), [])
    assert.deepStrictEqual(ids(withSageId("sage_id: require('./secrets').sageId")), [])
  })
})

const withSageId = (section: string) => `exports.config = { session: { auth: ["basic", "sage-id"] }, ${section} }`

const timeout = (name: string): ReadonlyArray<readonly [setting: string, id: string]> => [
  [`${name}: "20"`, "not-number"],
  [`${name}: true`, "not-number"],
  [`${name}: 0`, "not-positive"],
  [`${name}: -20`, "not-positive"]
]

describe("the other settings of session", () => {
  const wrong: ReadonlyArray<readonly [setting: string, id: string]> = [
    ...timeout("timeout").map(([setting, id]): readonly [string, string] => [setting, `timeout-${id}`]),
    ...timeout("asyncTimeout").map(([setting, id]): readonly [string, string] => [setting, `async-timeout-${id}`]),
    ...timeout("checkInterval").map(([setting, id]): readonly [string, string] => [setting, `check-interval-${id}`]),
    ["timeout: 600", "timeout-large"],
    ["timeout: 20 * 60", "timeout-large"],
    ["timeout: 1", "timeout-small"],
    ["asyncTimeout: 20 * 60 * 60", "async-timeout-large"],
    ["checkInterval: 60000", "check-interval-large"],
    ["checkInterval: 0.5", "check-interval-small"],
    ["realm: 5", "realm-invalid"],
    ['realm: ""', "realm-invalid"],
    ["realm: 'a\"b'", "realm-invalid"],
    ['realm: "a\\r\\nb"', "realm-invalid"],
    ['authAlwaysLogin: "false"', "auth-always-login-not-boolean"],
    ["authAlwaysLogin: true", "auth-always-login"]
  ]
  it.each(wrong)("sees %s", (setting, id) => {
    assert.deepStrictEqual(ids(session(`${setting}, auth: "basic"`)), [id])
  })

  it("takes the template's own", () => {
    const settings =
      'timeout: 20, checkInterval: 60, asyncTimeout: 20, realm: "acme", authAlwaysLogin: false, "auth": "basic"'
    assert.deepStrictEqual(ids(session(settings)), [])
  })

  it("says that 600 is ten hours", () => {
    assert.match(meaningOf(session('timeout: 600, auth: "basic"'), "nodelocal.timeout-large"), /minutes.*ten hours/)
  })
})

describe("sections and names", () => {
  it.each([
    ["exports.config = {}", "session-missing"],
    ["exports.config = { session: {} }", "auth-missing"],
    ["exports.config = { session: null }", "not-an-object"],
    ['exports.config = { session: "basic" }', "not-an-object"],
    ["exports.config = []", "not-an-object"],
    ['exports.config = { auth: ["basic"], session: { auth: "basic" } }', "auth-misplaced"]
  ])("%s", (source, id) => {
    assert.deepStrictEqual(ids(source), [id])
  })

  it.each([
    ["exports.config = { Session: {} }", "Session"],
    ["exports.config = { sessions: {} }", "sessions"],
    ["exports.config = { sesion: {} }", "sesion"],
    ["exports.config = { sageId: {}, session: { auth: 'basic' } }", "sageId"],
    [session("Auth: 'basic'"), "session.Auth"],
    [session("authentication: 'basic'"), "session.authentication"],
    [session("auth: 'basic', timeOut: 20"), "session.timeOut"],
    [session("auth: 'basic', checkinterval: 20"), "session.checkinterval"]
  ])("finds the misspelt name in %s", (source, path) => {
    const finding = lintNodelocal(source).findings.find(({ id }) => id === "nodelocal.key-misspelt")
    assert.strictEqual(finding?.path, path)
  })

  it.each(["version: 1", "sesame: 1", "x3fusion: { sessions: {} }", "security: {}", "system: {}"])(
    "does not take %s for a misspelt name",
    (setting) => {
      assert.deepStrictEqual(ids(`exports.config = { ${setting}, session: { auth: "basic" } }`), [])
    }
  )

  it("tells of a section that is written twice, and of the one that counts", () => {
    const source = 'exports.config = {\n  session: { auth: ["oauth2"] },\n  session: { auth: "basic" }\n}'
    assert.deepStrictEqual(found(source), ["key-twice 3:3 session"])
  })

  it("tells of a section that a statement replaces", () => {
    const source =
      'const c = { session: { timeout: 20, auth: "basic" } }\nc.session = { auth: "basic" }\nexports.config = c'
    assert.deepStrictEqual(found(source), ["key-replaced 2:3 session"])
  })

  it.each([
    ["", "no-config"],
    ["module.exports = { session: { auth: 'basic' } }", "no-config"],
    ["const config = { session: { auth: 'basic' } }", "no-config"],
    // this sets the variable, and exports nothing
    ["exports = { config: { session: { auth: 'basic' } } }", "no-config"]
  ])("finds no config in %j", (source, id) => {
    assert.deepStrictEqual(ids(source), [id])
  })

  it("says where the settings belong that stand outside of config", () => {
    assert.match(meaningOf("exports.session = {}", "nodelocal.no-config"), /outside/)
  })
})

describe("secrets", () => {
  it.each([
    ["sage_id: { passphrase: 'PLANTED' }", "sage_id.passphrase"],
    ["sage_id: { passphrase: `PLANTED` }", "sage_id.passphrase"],
    ["mongodb: { options: { password: 'PLANTED' } }", "mongodb.options.password"],
    ["mongodb: { url: 'mongodb://syracuse:PLANTED@db:27017' }", "mongodb.url"],
    ["x: [{ clientSecret: 'PLANTED' }]", "*[0].clientSecret"],
    ["PLANTED: { password: 'PLANTED' }", "*.password"],
    ["x: '-----BEGIN RSA PRIVATE KEY-----\\nPLANTED'", "*"],
    ["x: { pwd: 123456 }", "*.pwd"]
  ])("tells of %s by its place", (setting, path) => {
    const { findings } = lintNodelocal(`exports.config = { session: { auth: "basic" }, ${setting} }`)
    assert.deepStrictEqual(
      findings.map((finding) => [finding.id, finding.path]),
      [["nodelocal.secret", path]]
    )
    assert.notInclude(JSON.stringify(findings), "PLANTED")
    assert.notInclude(JSON.stringify(findings), "123456")
  })

  it.each([
    "sage_id: { passphrase: process.env.PASSPHRASE }",
    "sage_id: { passphrase: '' }",
    "x: { passwordFile: '/etc/secret' }",
    "x: { url: 'http://host:8124/path@x' }",
    "x: { tokenTimeout: 300 }"
  ])("does not take %s for one", (setting) => {
    assert.deepStrictEqual(ids(`exports.config = { session: { auth: "basic" }, ${setting} }`), [])
  })

  it("points to the secret itself where a variable holds it", () => {
    const source =
      "const words = { sageId: 'x1' }\nexports.config = { session: { auth: 'basic' }, sage_id: { passphrase: words.sageId } }"
    assert.deepStrictEqual(found(source), ["secret 1:25 sage_id.passphrase"])
  })
})
