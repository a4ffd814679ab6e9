import { assert, describe, it } from "vitest"
import { lintNodelocal } from "../../../src/x3/nodelocal/lintNodelocal.ts"
import { found } from "./linted.ts"

const session = 'session: { auth: "oauth2", timeout: 600 }'
const file = `exports.config = { ${session} }`

describe("a piece of nodelocal.js", () => {
  it.each([
    session,
    `${session},`,
    `  ${session} ,\n\n`,
    `${session};`,
    `// of the server\n${session} // until Friday`,
    `/* of\nthe server */ ${session}, // until Friday`,
    `{ ${session} }`,
    `{ ${session}, }`,
    `{\n  ${session}\n};`,
    `({ ${session} })`,
    `config: { ${session} }`,
    `{ config: { ${session} } },`,
    `"session": { "auth": "oauth2", "timeout": 600 }`,
    `{ "session": { "auth": "oauth2", "timeout": 600 } }`,
    'auth: "oauth2", timeout: 600',
    'auth: "oauth2",\ntimeout: 600,\n',
    '{ auth: "oauth2", timeout: 600 }',
    `collaboration: { driver: "mongodb" },\n${session}`,
    `${session}, collaboration: { driver: "mongodb" }`,
    `\uFEFF${session}`,
    session.replaceAll(" ", "\r\n")
  ])("means what it means in its file: %j", (piece) => {
    const { findings, waysIn } = lintNodelocal(file)
    const read = lintNodelocal(piece)
    assert.deepStrictEqual(read.waysIn, waysIn)
    assert.deepStrictEqual(
      read.findings.map(({ id, path }) => ({ id, path })),
      findings.map(({ id, path }) => ({ id, path }))
    )
  })

  it("has its findings where they stand in it", () => {
    assert.deepStrictEqual(found('session: { auth: "basc" }'), ["auth-unknown 1:18 session.auth"])
    // what is missing in the piece as a whole
    assert.deepStrictEqual(found("timeout: 30"), ["auth-missing 1:1 session"])
    assert.deepStrictEqual(found('\n  { session: {\n    auth: "basc" } },'), ["auth-unknown 3:11 session.auth"])
    assert.deepStrictEqual(found('auth: "basc"'), ["auth-unknown 1:7 session.auth"])
    assert.deepStrictEqual(found('sesion: { auth: "basic" }').slice(0, 1), ["key-misspelt 1:1 sesion"])
  })

  it.each([
    ["session: { auth: 'basic'", "not-javascript"],
    ["session: { auth: 'basic", "not-javascript"],
    ["auth = , timeout", "not-javascript"],
    ["session: 1 }; evil(); exports.config = { session: {} ", "not-javascript"],
    ["colour: 'blue'", "no-config"],
    ["", "no-config"]
  ])("that is none is read as a file: %j", (piece, id) => {
    assert.deepStrictEqual(
      lintNodelocal(piece).findings.map((finding) => finding.id),
      [`nodelocal.${id}`]
    )
  })
})
