// The API is installed, and no SDK is registered.
const assert = require("node:assert/strict")
const { test } = require("node:test")
const { createSageAuth } = require("@sage-auth/core")
const { startSandbox } = require("@sage-auth/sandbox")

test("where no SDK is registered, no span is made and nothing is loaded for it", async () => {
  const made = []
  const create = Object.create
  Object.create = (...input) => {
    const object = create(...input)
    if (object?._tag === "Span") made.push(object)
    return object
  }
  const sandbox = await startSandbox({ clock: "manual" })
  const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock })
  const vendors = sage.client("vendors")
  for (const _ of [1, 2]) await (await vendors.fetch("objects/accounts-payable/vendor")).text()
  await sandbox.clock.advance("2 days")
  await (await vendors.fetch("objects/accounts-payable/vendor")).text()
  await sage.client("ledger").session()
  assert.deepEqual(made, [])
  const loaded = Object.keys(require.cache).filter((file) => /@opentelemetry/.test(file))
  assert.deepEqual(loaded, [])
  await sage.close()
  await sandbox.stop()
})
