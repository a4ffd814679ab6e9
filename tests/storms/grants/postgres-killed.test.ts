import { describe } from "vitest"
import { leavesWhatItMay, minute, openGrant } from "../../src/grants/deaths.ts"
import { noServer, temporarySchema } from "../../src/grants/postgres.ts"

const open = (refreshReuse: "revoke-family" | "accepted") => () =>
  openGrant(10 * minute, { businessCloud: { refreshReuse } }, "books", temporarySchema())

describe.skipIf(noServer)("a process that is killed at each step of a rotation in PostgreSQL", () => {
  leavesWhatItMay("books", { strict: open("revoke-family"), lenient: open("accepted") })
})
