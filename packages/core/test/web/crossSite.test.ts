import { assert, describe, it } from "vitest"
import { isForeignStart, isForeignWrite, isUnopened } from "../../src/web/WebRequest.ts"

const headers = (given: Readonly<Record<string, string>>) => ({ header: (name: string) => given[name] })
const own = new Set(["https://app.example"])
const host = "api.example"

describe("a request that changes something", () => {
  it.each([
    ["of the same origin", { "sec-fetch-site": "same-origin", origin: "https://api.example" }],
    ["that a user made by hand", { "sec-fetch-site": "none" }],
    [
      "of an origin that the application calls its own",
      { "sec-fetch-site": "cross-site", origin: "https://app.example" }
    ],
    ["over plain http, from its own host", { origin: "http://API.example" }],
    ["of no browser", {}]
  ])("%s passes", (_, given) => {
    assert.isFalse(isForeignWrite(headers({ host, ...given }), own))
  })

  it.each([
    ["of another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["of another site without an origin", { "sec-fetch-site": "cross-site" }],
    ["of a sister site", { "sec-fetch-site": "same-site", origin: "https://blog.api.example" }],
    ["of the same host over plain http", { "sec-fetch-site": "cross-site", origin: "http://api.example" }],
    ["over plain http, from another host", { origin: "http://evil.example" }],
    ["of a page without an origin", { origin: "null" }],
    ["of another port", { origin: "http://api.example:8080" }],
    ["of something that is no site at all", { "sec-fetch-site": "whatever" }]
  ])("%s is foreign", (_, given) => {
    assert.isTrue(isForeignWrite(headers({ host, ...given }), own))
  })
})

describe("a request without a host header", () => {
  it("is compared by the authority of HTTP/2", () => {
    const authority = { ":authority": "API.example" }
    assert.isFalse(isForeignWrite(headers({ ...authority, origin: "https://api.example" }), own))
    assert.isTrue(isForeignWrite(headers({ ...authority, origin: "https://evil.example" }), own))
  })

  it.each(["null", "https://evil.example"])("is foreign with the origin %s", (origin) => {
    assert.isTrue(isForeignWrite(headers({ origin }), own))
  })
})

describe("the beginning of a consent", () => {
  const link = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }

  it.each([
    ["of the application itself", { ...link, "sec-fetch-site": "same-origin" }],
    ["from the address bar", { ...link, "sec-fetch-site": "none" }],
    ["of a sister site", { ...link, "sec-fetch-site": "same-site" }],
    ["by a click on a link in a mail", { ...link, "sec-fetch-site": "cross-site", "sec-fetch-user": "?1" }],
    ["of no browser", {}]
  ])("%s passes", (_, given) => {
    assert.isFalse(isForeignStart(headers(given)))
  })

  it.each([
    ["by a script of another site", { ...link, "sec-fetch-site": "cross-site" }],
    [
      "in a frame of another site",
      { ...link, "sec-fetch-site": "cross-site", "sec-fetch-dest": "iframe", "sec-fetch-user": "?1" }
    ],
    ["in a frame of a sister site", { ...link, "sec-fetch-site": "same-site", "sec-fetch-dest": "iframe" }],
    ["as an image", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }],
    ["by a script's request", { "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }]
  ])("%s is foreign", (_, given) => {
    assert.isTrue(isForeignStart(headers(given)))
  })

  it.each([
    { "sec-purpose": "prefetch;prerender" },
    { "sec-purpose": "prefetch;anonymous-client-ip" },
    { "x-sec-purpose": "prefetch" },
    { purpose: "prefetch" },
    { "x-purpose": "preview" },
    { "x-moz": "Prefetch" },
    { "next-router-prefetch": "1" },
    // one that says nothing does not speak for another
    { "sec-purpose": "", purpose: "prefetch" },
    { "sec-purpose": "something new", "x-moz": "prefetch" },
    // what a page loads for itself, of whatever site
    { "sec-fetch-dest": "image", "sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors" },
    { "sec-fetch-dest": "style", "sec-fetch-site": "none" },
    { "sec-fetch-dest": "serviceworker", "sec-fetch-site": "same-origin" },
    { "sec-fetch-dest": "something new" }
  ])("is told from what only fetches ahead: %o", (given: Readonly<Record<string, string>>) => {
    assert.isTrue(isUnopened(headers(given)))
  })

  it("is not fetched ahead where nobody says so", () => {
    const opened = ["document", "iframe", "empty"].map((destination) => ({ "sec-fetch-dest": destination }))
    for (const given of [{}, { "sec-purpose": "" }, { purpose: "reading" }, ...opened])
      assert.isFalse(isUnopened(headers(given)))
  })
})
