import { assert, describe, it } from "vitest"
import { prefersPage } from "../../src/web/WebRequest.ts"

const prefers = (given: Readonly<Record<string, string>>) => prefersPage({ header: (name) => given[name] })

describe("a client that wants a page", () => {
  it.each([
    ["navigates", { "sec-fetch-mode": "navigate", accept: "*/*" }],
    ["names HTML", { accept: "text/html" }],
    ["names HTML as browsers do", { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" }],
    ["names HTML before JSON", { accept: "text/html, application/json" }],
    ["likes HTML better", { accept: "application/json;q=0.5, TEXT/HTML; q=0.9" }]
  ])("%s", (_, given) => {
    assert.isTrue(prefers(given))
  })
})

describe("a client of an API", () => {
  it.each([
    ["says nothing", {}],
    ["takes anything", { accept: "*/*" }],
    ["names JSON", { accept: "application/json" }],
    ["names JSON before HTML", { accept: "application/json, text/html" }],
    ["likes problems better", { accept: "text/html;q=0.5, application/problem+json" }],
    ["does not take HTML", { accept: "text/html;q=0" }],
    ["is a script", { accept: "text/html", "x-requested-with": "XMLHttpRequest" }],
    ["writes a quality that is no number", { accept: "text/html;q=high" }]
  ])("%s", (_, given) => {
    assert.isFalse(prefers(given))
  })
})
