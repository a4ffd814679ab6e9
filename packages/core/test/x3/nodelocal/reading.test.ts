import { assert, describe, it } from "@effect/vitest"
import { lintNodelocal } from "../../../src/x3/nodelocal/lintNodelocal.ts"
import { processorTime } from "../../steps.ts"
import { auth, found, ids, session, ways } from "./linted.ts"

// oauth2 without bearer: a finding that shows that the list was read, and where
const list = '["basic", "oauth2"]'

describe("the shapes of the file", () => {
  it.each([
    `exports.config = { session: { auth: ${list} } }`,
    `module.exports.config = { session: { auth: ${list} } };`,
    `module.exports = { config: { session: { auth: ${list} } } }`,
    `exports = module.exports = { config: { session: { auth: ${list}, }, }, }`,
    `var config = exports.config = {}; config.session = { auth: ${list} }`,
    `const config = { session: {} }; config.session.auth = ${list}; module.exports = { config }`,
    `exports.config = {}; exports.config["session"] = { "auth": ${list} }`,
    `const auth = ${list}; exports.config = { session: { auth } }`,
    `const common = ["basic"]; exports.config = { session: { auth: [...common, "oauth2"] } }`,
    `const defaults = { timeout: 20, auth: "x" }; exports.config = { session: { ...defaults, auth: ${list} } }`,
    `const key = "auth"; exports.config = { session: { [key]: ${list} } }`,
    `const o = "oauth"; exports.config = { session: { auth: ["bas" + "ic", \`\${o}\${2}\`] } }`,
    `const s = { a: { auth: ${list} } }; exports.config = { session: s.a }`,
    `#!/usr/bin/env node\n"use strict";\n// a comment\nexports.config = { /* another */ session: { auth: ${list} } }; return`,
    `console.log(exports); exports.config = { session: { auth: ${list} } }; console.log(exports.config)`
  ])("reads %s", (source) => {
    assert.deepStrictEqual(ids(source), ["oauth2-without-bearer"])
    assert.deepStrictEqual(ways(source), {
      basic: "enabled",
      certificate: "disabled",
      bearer: "disabled",
      interactive: "enabled",
      connectedApp: "cannot-tell"
    })
  })

  it("takes the byte order mark of Windows", () => {
    assert.deepStrictEqual(ids(`\ufeff${auth('"basic"')}`), [])
  })

  it.each([
    'export const config = { session: { auth: "basic" } }',
    'export default { config: { session: { auth: "basic" } } }',
    'const config = { session: { auth: "basic" } }; export { config }',
    'const x = await 1\nexport const config = { session: { auth: "basic" } }'
  ])("says that an ES module is not what Sage's page shows, and does not read it: %s", (source) => {
    assert.deepStrictEqual(ids(source), ["es-module"])
    assert.deepStrictEqual(new Set(Object.values(ways(source))), new Set(["cannot-tell"]))
  })

  it("reads the last one of two assignments", () => {
    assert.deepStrictEqual(
      ids('exports.config = { session: { auth: "x" } }; exports.config = { session: { auth: "basic" } }'),
      []
    )
  })

  it("reads nothing behind a return", () => {
    assert.deepStrictEqual(ids(`${auth('"basic"')}; return; exports.config.session.auth = "Basic"`), [])
  })
})

describe("what is not data", () => {
  const unreadable: ReadonlyArray<readonly [source: string, finding: string]> = [
    ["exports.config = require('./other')", "not-data 1:18 config"],
    ["exports.config = { ...require('./other') }", "not-data 1:20 config"],
    ["exports.config = build()", "not-data 1:18 config"],
    ["module.exports = build()", "not-data 1:18 config"],
    ["(function () { exports.config = { session: { auth: 'Basic' } } })()", "not-data 1:1 config"],
    ["exports.config = { session: makeSession() }", "not-data 1:29 session"],
    ["exports.config = { get session() { return {} } }", "not-data 1:24 session"],
    ["exports.config = { session: { auth: 'basic' }, ...overrides }", "not-data 1:48 config"],
    [auth("process.env.X3_AUTH"), "not-data 1:37 session.auth"],
    [auth("process.env.SSO ? ['oauth2', 'bearer'] : ['basic']"), "not-data 1:37 session.auth"],
    [auth("methods"), "not-data 1:37 session.auth"],
    [auth("'basic,oauth2'.split(',')"), "not-data 1:37 session.auth"],
    [auth("['basic', ...more]"), "not-data 1:47 session.auth"],
    [auth("['basic', method()]"), "not-data 1:47 session.auth[1]"],
    [session("auth: 'basic', timeout: Number(process.env.T)"), "not-data 1:55 session.timeout"],
    [session("auth: 'basic', realm: name"), "not-data 1:53 session.realm"],
    [session("auth: 'basic', authAlwaysLogin: flag"), "not-data 1:63 session.authAlwaysLogin"],
    [
      "let a = ['basic']; if (x) a = ['oauth2']; exports.config = { session: { auth: a } }",
      "not-data 1:79 session.auth"
    ],
    [
      "const a = ['basic']; if (x) a.push('oauth2'); exports.config = { session: { auth: a } }",
      "not-data 1:83 session.auth"
    ],
    [
      "exports.config = { session: { auth: 'basic' } }; for (const m of l) exports.config.session.auth = m",
      "not-data 1:50 config"
    ],
    [
      "exports.config = { session: { auth: 'basic' } }; Object.assign(exports.config.session, x)",
      "not-data 1:50 config"
    ],
    [
      "change(); exports.config = { session: { auth: 'basic' } }; function change() { exports.config.session.auth = 'x' }",
      "not-data 1:60 config"
    ],
    [
      "const c = { session: { auth: 'basic' } }; exports.config = c; later(() => { c.session = other })",
      "not-data 1:60 config"
    ],
    ["exports.config = { session: { auth: 'basic' } }; exports[name].session = {}", "not-data 1:50 config"],
    // what this reader does not follow, although a runtime would
    ["this.config = { session: { auth: 'basic' } }", "not-data 1:1 config"],
    ["const a = []; a.push('basic'); exports.config = { session: { auth: a } }", "not-data 1:68 session.auth"],
    ["exports.config = exports.config || {}; exports.config.session = { auth: 'basic' }", "not-data 1:18 config"],
    ["exports.config = { session: { auth: undefined ?? 'basic' } }", "not-data 1:37 session.auth"],
    ["delete exports.other; exports.config = { session: { auth: 'basic' } }", "not-data 1:1 config"],
    [
      "const a = ['basic'], b = a; if (x) b.push('x'); exports.config = { session: { auth: a } }",
      "not-data 1:29 session.auth"
    ],
    ["const c = {}; f(c); c.a = ['basic']; exports.config = { session: { auth: c.a } }", "not-data 1:74 session.auth"],
    [
      "const a = ['basic'], c = {}; c.a = a; f(c); exports.config = { session: { auth: a } }",
      "not-data 1:30 session.auth"
    ],
    [
      "const a = ['basic'], c = require('c'); c.a = a; exports.config = { session: { auth: a } }",
      "not-data 1:40 session.auth"
    ],
    [
      "exports.config = { session: { auth: 'x' } }; f(exports); exports.config = { session: { ...exports.config.session } }",
      "not-data 1:46 config"
    ],
    [
      "const l = ['basic'], d = {}, c = { d }; f(c); d.x = l; exports.config = { session: { auth: l } }",
      "not-data 1:41 session.auth"
    ],
    ["let s = { auth: 'basic' }; ({ s } = x); exports.config = { session: s }", "not-data 1:69 session"]
  ]

  it.each(unreadable)("is a finding, not a guess: %s", (source, finding) => {
    assert.include(found(source), finding)
  })

  it.each(unreadable.filter(([source]) => !/timeout|realm|authAlwaysLogin|\.\.\.more|method\(\)/.test(source)))(
    "leaves every way in open: %s",
    (source) => {
      assert.deepStrictEqual(new Set(Object.values(ways(source))), new Set(["cannot-tell"]))
    }
  )

  it("still knows what stands beside the part that it cannot read", () => {
    assert.deepStrictEqual(ways(auth("['basic', ...more]")), {
      basic: "enabled",
      certificate: "cannot-tell",
      bearer: "cannot-tell",
      interactive: "enabled",
      connectedApp: "cannot-tell"
    })
  })

  it("does not matter elsewhere", () => {
    const source = `exports.config = {
      session: { auth: "basic" },
      x3fusion: { tracer: console.log, plugin: process.env.PLUGIN },
      upload: { allowedTypes: /^(application|image)(\\/|$)/ },
      sage_id: { pfxFile: __dirname + "/x.pfx", ...more },
      hosting: make()
    }`
    assert.deepStrictEqual(ids(source), [])
  })
})

describe("a file that is not JavaScript", () => {
  it.each([
    ["exports.config = { a: 1 b: 2 }", "not-javascript 1:25"],
    ["exports.config = {\n  session: {\n    timeout: 20\n    auth: 'basic'\n  }\n}", "not-javascript 4:5"],
    ["exports.config = { session: { auth: ['basic', } }", "not-javascript 1:47"],
    ["exports.config = {", "not-javascript 1:19"],
    ["exports.config = 'x", "not-javascript 1:18"],
    ["/* never ends", "not-javascript 1:1"],
    ["const a = 1; const a = 2", "not-javascript 1:20"],
    ["[session]\nauth=basic", undefined],
    ["auth: basic\n- x: y", "not-javascript 2:4"]
  ])("says where: %j", (source, finding) => {
    const findings = found(source)
    if (finding === undefined) assert.isNotEmpty(findings)
    else assert.deepStrictEqual(findings, [finding])
    assert.deepStrictEqual(new Set(Object.values(ways(source))), new Set(["cannot-tell"]))
  })

  it("does not repeat what stands there", () => {
    for (const source of ["const hunter2 = 1; let hunter2", "x = /hunter2(/", "x = 'hunter2", "a: { break hunter2 }"]) {
      const report = JSON.stringify(lintNodelocal(source))
      assert.include(report, "not-javascript")
      assert.notInclude(report, "hunter2")
    }
  })

  it.each([
    ["[".repeat(100_000), "too-much"],
    [`exports.config = ${"a + ".repeat(100_000)}a`, "too-much"],
    [`exports.config = "${"x".repeat(1 << 20)}"`, "too-much"]
  ])("gives up on what nobody wrote", (source, id) => {
    assert.deepStrictEqual(ids(source), [id])
  })
})

describe("files that grow when they are read", () => {
  it("ends, and knows nothing of what came after", () => {
    const doubling = Array.from({ length: 60 }, () => "a = [...a, ...a]").join("; ")
    const text = Array.from({ length: 60 }, () => "s = s + s").join("; ")
    const source = `let a = ["basic"], s = "basic"; ${doubling}; ${text}; exports.config = { session: { auth: a, realm: s } }`
    assert.deepStrictEqual(new Set(Object.values(ways(source))), new Set(["cannot-tell"]))
  })

  it("reads what refers to itself", () => {
    const source = "const c = { session: { auth: 'basic' } }; c.self = c; c.all = [c, c.session]; exports.config = c"
    assert.deepStrictEqual(ids(source), [])
  })

  it("takes time in proportion to the length", () => {
    const n = 20_000
    for (const source of [
      `exports.config = { ${"password: 'x',".repeat(n)} }`,
      `exports.config = { session: { auth: [${'"Basic",'.repeat(n)}] } }`,
      `exports.config = { session: { auth: "${"basic,".repeat(n)}" } }`,
      "f(exports);".repeat(n),
      "if (x) exports.config = f();".repeat(n),
      `exports.config${".a".repeat(n)} = 1`,
      `${"x = ".repeat(3000)}1`,
      `exports.config = ${"(".repeat(300)}1${")".repeat(300)}`
    ]) {
      const time = processorTime(() => lintNodelocal(source))
      assert.isBelow(time, 5_000, source.slice(0, 60))
    }
  })
})

describe("what it all means", () => {
  it.each([
    ['"basic"', "enabled", "disabled", "disabled", "enabled"],
    ['["oauth2"]', "disabled", "disabled", "disabled", "enabled"],
    ['["oauth2", "bearer"]', "disabled", "disabled", "enabled", "enabled"],
    ['["bearer"]', "disabled", "disabled", "cannot-tell", "disabled"],
    ['["certificate"]', "disabled", "enabled", "disabled", "enabled"],
    ['["basic", "certificate", "oauth2", "bearer"]', "enabled", "enabled", "enabled", "enabled"],
    ['["saml2"]', "disabled", "disabled", "disabled", "enabled"],
    // whether it lets users of the directory in without "basic" is not documented
    ['["ldap"]', "cannot-tell", "disabled", "disabled", "cannot-tell"],
    ['["ldap", "oauth2", "bearer"]', "cannot-tell", "disabled", "enabled", "enabled"],
    ["[]", "disabled", "disabled", "disabled", "disabled"],
    // as good as not set, and X3's default is not documented
    ["null", "cannot-tell", "cannot-tell", "cannot-tell", "cannot-tell"],
    ["undefined", "cannot-tell", "cannot-tell", "cannot-tell", "cannot-tell"],
    // what is right beside a foreign value may not work: only some guides say that it does not
    ['["basic", "Bearer"]', "cannot-tell", "disabled", "cannot-tell", "cannot-tell"],
    ['["basic", "kerberos"]', "cannot-tell", "disabled", "disabled", "cannot-tell"],
    ['["oauth2", "bearr"]', "disabled", "disabled", "cannot-tell", "cannot-tell"]
  ] as const)("%s", (value, basic, certificate, bearer, interactive) => {
    assert.deepStrictEqual(ways(auth(value)), { basic, certificate, bearer, interactive, connectedApp: "cannot-tell" })
  })

  it("says why", () => {
    const { basic, bearer, connectedApp } = lintNodelocal(auth('["basic", "oauth2", "certificate"]')).waysIn
    assert.match(basic.why, /the certificate decides/)
    assert.match(bearer.why, /"bearer", which Sage's page calls mandatory.*Some guides/)
    assert.match(connectedApp.why, /Connected applications/)
  })
})
