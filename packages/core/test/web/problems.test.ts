import { assert, describe, it } from "vitest"
import { catalogue, type CatalogueId } from "../../src/errors/catalogue.ts"
import { failure } from "../../src/errors/SageAuthError.ts"
import { problemOf, problemReply } from "../../src/web/problems.ts"

const browser = { header: (name: string) => (name === "accept" ? "text/html" : undefined) }
const api = { header: () => undefined }
const ids = Object.keys(catalogue) as ReadonlyArray<CatalogueId>

describe("a problem", () => {
  it("is made of every failure there is, with a status of an error, a page to read and a remedy", () => {
    for (const id of ids) {
      const problem = problemOf(failure(id), undefined)
      assert.isTrue(problem.status >= 400 && problem.status < 600, id)
      assert.match(problem.type, /^https:\/\/.*#[\w-]+$/, id)
      assert.strictEqual(problem.code, id)
      assert.isAbove(problem.remedy?.length ?? 0, 5, id)
    }
  })

  it.each([
    ["client.tenant-refused", 401],
    ["client.never-authorized", 403],
    ["client.callback-rejected", 400],
    ["client.misconfigured", 500],
    ["client.defect", 500],
    ["client.deadline-exceeded", 504],
    ["client.store-unavailable", 503],
    ["client.closed", 503],
    ["business-cloud.client-rejected", 502],
    ["business-cloud.no-active-subscription", 502],
    ["business-cloud.forbidden", 403],
    ["business-cloud.not-found", 400],
    ["business-cloud.unprocessable", 422],
    ["business-cloud.rate-limited", 429]
  ] as const)("of %s has status %i", (id, status) => {
    assert.strictEqual(problemOf(failure(id), undefined).status, status)
  })

  it("says when to come back, in whole seconds", () => {
    const reply = problemReply(api, problemOf(failure("business-cloud.rate-limited", { retryAfter: 1_200 }), undefined))
    assert.strictEqual(reply.headers["retry-after"], "2")
    assert.strictEqual(JSON.parse(reply.body ?? "").retryAfter, 2)
  })

  it("does not tell the caller what only the operator may read", () => {
    const told = failure("client.misconfigured", { message: "connections.books.clientId of acme", tenant: "acme" })
    assert.notInclude(JSON.stringify(problemOf(told, undefined)), "acme")
    const said = failure("business-cloud.unprocessable", { message: "a date is missing" })
    assert.strictEqual(problemOf(said, undefined).detail, "a date is missing")
  })

  it("is a page for a human, on which nothing of an answer is markup", () => {
    const error = failure("business-cloud.unprocessable", { message: `<script>alert("x")</script> & more` })
    const reply = problemReply(browser, problemOf(error, `/sage/connect/a"b`))
    assert.strictEqual(reply.headers["content-type"], "text/html; charset=utf-8")
    assert.match(String(reply.headers["content-security-policy"]), /default-src 'none'.*frame-ancestors 'none'/)
    assert.notInclude(reply.body, "<script")
    assert.include(reply.body, "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more")
    assert.include(reply.body, 'href="/sage/connect/a&quot;b"')
  })

  it("is kept by nobody", () => {
    for (const request of [browser, api]) {
      const { headers } = problemReply(request, problemOf(failure("client.closed"), undefined))
      assert.strictEqual(headers["cache-control"], "no-store")
      assert.strictEqual(headers["referrer-policy"], "no-referrer")
      assert.strictEqual(headers["vary"], "accept, sec-fetch-mode")
    }
  })
})
