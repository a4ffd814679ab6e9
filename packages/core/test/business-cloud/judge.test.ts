import { assert, describe, it } from "vitest"
import { judge } from "../../src/business-cloud/judge.ts"

const verdict = (status: number, body: unknown): string =>
  judge(new Response(null, { status }), typeof body === "string" ? body : JSON.stringify(body))

const diagnosis = ($message: string, $dataCode = "AuthorizationFailure") => [
  { $severity: "error", $dataCode, $message, $source: "" }
]

describe("an answer", () => {
  it.each([
    [401, ""],
    [401, diagnosis("Access denied.")],
    [401, { error: "invalid_token" }],
    [401, "<html></html>"]
  ])("%i %j says that the token is over", (status, body) => {
    assert.strictEqual(verdict(status, body), "credential-dead")
  })

  it.each([
    [401, diagnosis("No active subscription. (MSE)")],
    [401, { $diagnoses: diagnosis("No active subscription. (MSE)") }],
    [401, diagnosis("Access denied. Cannot verify subscription. Please try again later. (MRF)")],
    [401, diagnosis("Header X-Site was not found in the request. Access denied.", "HeaderNotFound")],
    [
      401,
      {
        statusCode: 401,
        message:
          "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
      }
    ],
    [
      403,
      diagnosis("The current user is not allowed to access that resource with that method.", "MultiUserAccessDenied")
    ],
    [200, ""],
    [302, ""],
    [404, ""],
    [422, diagnosis("This field is required.")],
    [500, diagnosis("An unexpected error occurred.", "UnexpectedError")]
  ])("%i %j says nothing that a renewal would change", (status, body) => {
    assert.strictEqual(verdict(status, body), "accepted")
  })

  it("says that a limit was reached, or that the server is away, by its status", () => {
    assert.strictEqual(verdict(429, ""), "rate-limited")
    for (const status of [502, 503, 504, 525]) assert.strictEqual(verdict(status, ""), "unavailable")
  })

  it("that was not read is judged by its status", () => {
    assert.strictEqual(judge(new Response(null, { status: 200 }), undefined), "accepted")
  })
})
