/** What the sandbox keeps of requests, and hands out by `requests()` and its control API, shows no secret in any form. */
import type { Sandbox } from "@sage-auth/sandbox"
import { assert, describe, it } from "vitest"
import { Canaries } from "../src/canary.ts"
import { quotedForms } from "../src/quotedForms.ts"
import { openSandbox } from "../src/world.ts"

type AnySandbox = Sandbox<"manual">

/** Where requests of a surface go, and how a secret of it is changed. */
const surfaces: Readonly<
  Record<string, readonly [url: (sandbox: AnySandbox) => string, change: (sandbox: AnySandbox, secret: string) => void]>
> = {
  "intacct-xml": [
    ({ urls }) => urls["intacct-xml"].xml,
    ({ accounts, intacct }, secret) =>
      intacct.setSenderPassword({ ...accounts["intacct-xml"].sender, password: secret })
  ],
  "intacct-rest": [
    ({ urls }) => urls["intacct-rest"].token,
    ({ accounts, intacctRest }, secret) => intacctRest.setClientSecret(accounts["intacct-rest"].client.clientId, secret)
  ],
  "business-cloud": [
    ({ urls }) => urls["business-cloud"].token,
    ({ accounts, businessCloud }, secret) =>
      businessCloud.setClientSecret(accounts["business-cloud"].client.clientId, secret)
  ],
  "x3-web-services": [
    ({ urls }) =>
      `${urls["x3-web-services"].onPremise}/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC`,
    ({ x3 }, secret) => x3.addUser({ login: "poisoned", password: secret })
  ],
  "x3-graphql": [
    ({ urls }) => urls["x3-graphql"].api,
    ({ accounts, urls, x3 }, secret) =>
      x3.addConnectedApp({
        ...accounts["x3-graphql"].app,
        clientSecret: secret,
        url: urls["x3-graphql"].api,
        tokensValidity: 600
      })
  ],
  "an identity provider": [
    ({ accounts }) => accounts["x3-web-services"].oauth2.tokenUrl,
    ({ accounts, x3 }, secret) =>
      x3.identityProvider.setClientSecret(accounts["x3-web-services"].oauth2.clientId, secret)
  ],
  "x3-gateway": [
    ({ urls }) => `${urls["x3-gateway"].root}/token`,
    ({ accounts, x3 }, secret) => x3.gateway.setClientSecret(accounts["x3-gateway"].clientId, secret)
  ]
}

/** Bodies in which somebody may put something, under names that say nothing. */
const bodies: Readonly<Record<string, (text: string) => string>> = {
  text: (text) => `note ${text} and more`,
  form: (text) => `grant_type=refresh_token&note=${text}`,
  JSON: (text) => `{"note":"${text}","list":["${text}"]}`,
  XML: (text) => `<request><note text="${text}">${text}</note></request>`
}

/** the surface whose log is asked for every form of a secret in every body, address and header */
const thorough = "intacct-xml"

describe.each(Object.keys(surfaces))("the sandbox's log of %s", (surface) => {
  it("shows a secret in no form, wherever a request has it", async () => {
    const sandbox = await openSandbox()
    const [url, change] = surfaces[surface]!
    const canaries = new Canaries()
    const secret = canaries.plant("the secret")
    change(sandbox, secret)
    const seen: Array<string> = []
    for (const [turn, [form, text]] of Object.entries(quotedForms(secret)).entries()) {
      const written = Object.entries(bodies)
      // one masker looks at all of it: the other surfaces show that they give it their secrets, and every text
      for (const [body, write] of surface === thorough ? written : [written[turn % written.length]!]) {
        const before = sandbox.requests().length
        await fetch(url(sandbox), { method: "POST", body: write(text), headers: { "content-type": "text/plain" } })
        const logged = sandbox.requests().slice(before)
        assert.lengthOf(logged, 1)
        // what is no secret stays readable
        assert.match(logged[0]?.body ?? "", /note/)
        if (canaries.in(JSON.stringify(logged)).length > 0) seen.push(`${form} in ${body}: ${logged[0]?.body}`)
      }
      if (surface !== thorough && turn > 1) continue
      await fetch(`${url(sandbox)}/${encodeURIComponent(text)}`)
      const header = `text/plain; note=${encodeURIComponent(text)}`
      await fetch(url(sandbox), { method: "POST", body: "x", headers: { "content-type": header } })
      const shown = sandbox.requests().slice(-2)
      if (canaries.in(JSON.stringify(shown)).length > 0) seen.push(`${form} in an address or a header`)
    }
    assert.deepStrictEqual(seen, [])
  })
})

// a text is cut before anybody looks whose secrets are in it: in one way for all
it("the sandbox's log shows no half of a secret where a body is cut", async () => {
  const sandbox = await openSandbox()
  const [url, change] = surfaces[thorough]!
  const secret = "cut/poison+Secret&of=a%sandbox"
  change(sandbox, secret)
  // so much is looked at; what is masked makes room for what stands behind it
  for (const left of [4, 10, 20]) {
    const body = `${secret} `.repeat(3_000).slice(0, 65_536 - left - 1)
    assert.isAbove(body.length, 65_000)
    const more = `${body} ${secret}`
    await fetch(url(sandbox), { method: "POST", body: more, headers: { "content-type": "text/plain" } })
  }
  for (const { body } of sandbox.requests()) {
    assert.notInclude(body, "poison")
    assert.isAtMost(body.length, 16_384)
  }
})
