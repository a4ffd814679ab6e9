import { assert, it } from "vitest"
import { isSageAuthError } from "../../src/index.ts"
import { openLedger, rejectionOf, xml } from "./fakeGateway.ts"

const limited = (seconds: string) =>
  xml(
    "<response><control><status>failure</status></control><errormessage><error><errorno>GW-0010</errorno><description>API rate limit exceeded</description></error></errormessage></response>",
    429,
    { "retry-after": seconds }
  )

it("a request for a session does not wait out a limit of an hour: its callers are told how long it takes", async () => {
  const { arrived, ledger } = openLedger(() => limited("3600"), {}, { retry: {} })
  const error = await rejectionOf(ledger.session())
  assert.isTrue(isSageAuthError(error))
  assert.deepInclude((error as { reason: object }).reason, { _tag: "RateLimited", retryAfter: 3_600_000 })
  assert.lengthOf(arrived, 1)
})
