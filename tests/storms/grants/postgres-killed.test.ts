import { assert, describe, it } from "vitest"
import {
  afterDeath,
  answered,
  eachDeath,
  inDoubt,
  intent,
  minute,
  openGrant,
  replays,
  rotates,
  sent
} from "../../src/grants/deaths.ts"
import { noServer, temporarySchema } from "../../src/grants/postgres.ts"

const open = (refreshReuse: "revoke-family" | "accepted") => () =>
  openGrant(10 * minute, { businessCloud: { refreshReuse } }, "books", temporarySchema())

describe.skipIf(noServer)("a process that is killed at each step of a rotation in PostgreSQL", () => {
  it("leaves a grant that works, but for the one death that no strict server forgives, and that is called by its name", async () => {
    assert.deepStrictEqual(await eachDeath(open("revoke-family"), afterDeath), [
      { steps: [], sent: [0, 1], ...rotates },
      { steps: intent, sent: [0, 1], ...replays },
      { steps: sent, sent: [1, 1], ...inDoubt },
      { steps: answered, sent: [1, 1], ...inDoubt },
      undefined
    ])
  })

  it("leaves a grant that works, whatever the step, where the server forgives", async () => {
    assert.deepStrictEqual(await eachDeath(open("accepted"), afterDeath), [
      { steps: [], sent: [0, 1], ...rotates },
      { steps: intent, sent: [0, 1], ...replays },
      { steps: sent, sent: [1, 1], ...replays },
      { steps: answered, sent: [1, 1], ...replays },
      undefined
    ])
  })
})
