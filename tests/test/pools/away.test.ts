import { type CoordinationPort, storeUnavailable } from "@sage-auth/core"
import { assert, describe, it } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { vendors } from "../../src/functions.ts"
import { paths } from "../../src/grants/paths.ts"
import { openWorld } from "../../src/oauth/world.ts"

const rejecting = (error: Error): CoordinationPort => ({
  acquire: async () => {
    throw error
  },
  state: async () => ({ limit: 0, inUse: 0, waiting: 0 })
})

describe("a coordination that is away", () => {
  it("fails calls through XML and REST with what it says", async () => {
    const error = storeUnavailable({ message: "Redis gives no answer", remedy: "Start it." })
    const { sage, sandbox } = await openWorld({ settings: { coordination: rejecting(error) } })
    const calls = [sage.client("ledger").execute([vendors()]), sage.client("vendors").fetch(paths.vendors)]
    for (const call of calls) {
      const failure = await failureOf(call)
      assert.strictEqual(failure.reason._tag, "StoreUnavailable")
      assert.include(failure.message, "Redis gives no answer")
      assert.strictEqual(failure.remedy, "Start it.")
    }
    assert.strictEqual(sandbox.requests().length, 0)
  })

  it("is not quoted where it says something of its own", async () => {
    const error = new Error("redis://user:hunter2@redis.example is closed")
    const { sage } = await openWorld({ settings: { coordination: rejecting(error) } })
    for (const call of [sage.client("ledger").execute([vendors()]), sage.client("vendors").fetch(paths.vendors)]) {
      const failure = await failureOf(call)
      assert.strictEqual(failure.id, "client.defect")
      assert.notInclude(JSON.stringify(failure), "hunter2")
    }
  })
})
