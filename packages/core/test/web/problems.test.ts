import { assert, describe, it } from "vitest"
import { catalogue, type CatalogueId } from "../../src/errors/catalogue.ts"
import { failure } from "../../src/errors/SageAuthError.ts"
import { textsFor } from "../../src/web/pages.ts"
import { pageReply, problemOf, problemReply } from "../../src/web/problems.ts"

const parts = {
  kind: "refused",
  returnTo: undefined,
  back: undefined,
  retry: undefined,
  again: false,
  ...textsFor()({ header: () => undefined })
} as const
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
    const reply = problemReply(problemOf(failure("business-cloud.rate-limited", { retryAfter: 1_200 }), undefined))
    assert.strictEqual(reply.headers["retry-after"], "2")
    assert.strictEqual(JSON.parse(reply.body ?? "").retryAfter, 2)
  })

  it("does not tell the caller what only the operator may read", () => {
    const told = failure("client.misconfigured", { message: "connections.books.clientId of acme", tenant: "acme" })
    assert.notInclude(JSON.stringify(problemOf(told, undefined)), "acme")
    const said = failure("business-cloud.unprocessable", { message: "a date is missing" })
    assert.strictEqual(problemOf(said, undefined).detail, "a date is missing")
  })

  it("is a page for a human, without a developer's words, and on which nothing is markup", () => {
    const error = failure("business-cloud.unprocessable", { message: `<script>alert("x")</script>`, supportId: "<b>" })
    const reply = pageReply(problemOf(error, `/sage/connect/a"b`), { ...parts, returnTo: `/a?b="&c` }, false)
    assert.strictEqual(reply.headers["content-type"], "text/html; charset=utf-8")
    assert.match(String(reply.headers["content-security-policy"]), /default-src 'none'.*frame-ancestors 'none'/)
    assert.notMatch(reply.body ?? "", /<script|alert|<b>/)
    assert.notInclude(reply.body, error.remedy)
    assert.include(reply.body, "business-cloud.unprocessable / &lt;b&gt;")
    assert.include(reply.body, 'href="/sage/connect/a&quot;b?returnTo=%2Fa%3Fb%3D%22%26c"')
  })

  it("is kept by nobody", () => {
    const problem = problemOf(failure("client.closed"), undefined)
    for (const { headers } of [
      problemReply(problem),
      pageReply(problem, parts, false),
      pageReply(problem, parts, true)
    ]) {
      assert.strictEqual(headers["cache-control"], "no-store")
      assert.strictEqual(headers["referrer-policy"], "no-referrer")
      assert.match(String(headers["vary"]), /^accept, .*sec-fetch-mode$/)
    }
  })
})
