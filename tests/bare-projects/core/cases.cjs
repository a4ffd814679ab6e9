// A script with core alone: everything that is loaded late is found.
const assert = require("node:assert/strict")
const { test } = require("node:test")

exports.cases = ({ createSageAuth, generateKey, intacctXml, isSageAuthError, x3, businessCloud }) =>
  test("a grant store, an authorization and a refusal", async () => {
    const sage = createSageAuth({
      connections: {
        books: businessCloud({ clientId: "id", clientSecret: "secret", redirectUri: "https://app.example/callback" })
      },
      store: `sqlite:grants-${process.pid}.db`,
      keys: [generateKey()]
    })
    try {
      await sage.ready()
      // its transaction is sealed
      const { url } = await sage.client("books").authorize({ returnTo: "/" })
      assert.match(url, /code_challenge=/)
      await assert.rejects(sage.client("books").fetch("contacts"), isSageAuthError)
      assert.ok(x3.lintNodelocal("exports.config = {}").findings.length > 0)
      assert.throws(
        () =>
          createSageAuth({ connections: { ledger: intacctXml.fromEnvironment({ env: { INTACCT_SENDER_ID: "s" } }) } }),
        /INTACCT_SENDER_PASSWORD/
      )
    } finally {
      await sage.close()
    }
  })

// what an entry needs and nobody installed is named by Node
exports.absences = () =>
  test("the entries for what is not installed", async () => {
    for (const [entry, needed] of [
      ["effect", "effect"],
      ["effect/testing", "effect"],
      ["ky", "ky"]
    ]) {
      await assert.rejects(import(`@sage-auth/core/${entry}`), {
        code: "ERR_MODULE_NOT_FOUND",
        message: new RegExp(`Cannot find package '${needed}'`)
      })
    }
  })
