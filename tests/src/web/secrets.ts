import { businessCloud } from "@sage-auth/core"
import { assert, describe, it } from "vitest"
import type { Answer, Browser } from "./Browser.ts"
import { begin, consent, openWorld, type World, type WebAdapter } from "./world.ts"

/** every secret that these connections are configured with, and the tokens that came of them */
const secretsOf = async ({ sage, sandbox }: World): Promise<ReadonlyArray<string>> => {
  const { "business-cloud": books, "intacct-rest": rest, "intacct-xml": xml } = sandbox.accounts
  const tokens = await Promise.all(
    [sage.client("books"), sage.client("vendors")].map((client) =>
      client.headers().then(
        ({ authorization = "" }) => authorization.replace("Bearer ", ""),
        () => ""
      )
    )
  )
  return [
    books.client.clientSecret,
    books.user.password,
    rest.client.clientSecret,
    xml.sender.password,
    xml.login.password,
    ...tokens.filter((token) => token !== "")
  ]
}

const shown = ({ headers, text }: Answer): string => JSON.stringify(headers) + text

export const secretsSuite = (adapter: WebAdapter): void => {
  describe(`no answer with ${adapter.name} shows a secret`, () => {
    it("in the options of a connection that cannot work", async () => {
      const poison = "p0ison-in-a-vault"
      const world = await openWorld(adapter, {
        connections: (sandbox, redirectUri) => ({
          ...sandbox.connections({ redirectUri }),
          books: businessCloud({
            clientId: () => Promise.reject(new Error(poison)),
            clientSecret: poison,
            redirectUri: `${redirectUri}/books`,
            environment: "sandbox",
            urls: sandbox.urls["business-cloud"]
          })
        })
      })
      for (const path of ["/contacts", "/sage/connect/books", "/sage/connections"]) {
        const answer = await world.browser.fetch(path)
        assert.notInclude(shown(answer), poison, path)
      }
      assert.strictEqual((await world.browser.fetch("/sage/connect/books")).status, 500)
    })
  })
}

/** The answers to everything that goes wrong, all made by the same code. */
export const mishapsSuite = (adapter: WebAdapter): void => {
  describe(`no answer with ${adapter.name} shows a secret`, () => {
    const ways: ReadonlyArray<readonly [string, (browser: Browser, path: string) => Promise<Answer>]> = [
      ["to a human", (browser, path) => browser.open(path)],
      ["to a program", (browser, path) => browser.fetch(path)]
    ]

    it.each(ways)("%s, whatever goes wrong", async (_, open) => {
      const world = await openWorld(adapter)
      const { browser, sandbox } = world
      const answers: Array<Answer> = []
      const ask = async (path: string) => {
        answers.push(await open(browser, path))
      }
      for (const path of ["/contacts", "/sage/connections", "/sage/connect/typo", "/sage/connect/books"])
        await ask(path)
      const late = await begin(world, browser, "/sage/connect/books")
      await sandbox.clock.advance("60 seconds")
      await ask(late)
      const wrong = await begin(world, browser, "/sage/connect/books")
      sandbox.fault("business-cloud", { on: "token", kind: "html-502", times: 10 })
      await ask(wrong)
      sandbox.clearFaults()
      await consent(world, browser, "/sage/connect/books")
      for (const kind of ["unavailable", "rate-limited", "short-body", "wrong-content-type"] as const) {
        await sandbox.clock.advance("6 minutes")
        sandbox.fault("business-cloud", { on: "token", kind, times: 10 })
        await ask("/contacts")
        sandbox.clearFaults()
      }
      await ask("/sage/connections")
      const codes = [late, wrong].map((callback) => new URL(callback).searchParams.get("code") ?? "")
      for (const secret of [...(await secretsOf(world)), ...codes]) {
        assert.isAbove(secret.length, 8)
        for (const answer of answers) assert.notInclude(shown(answer), secret)
      }
      assert.isAbove(answers.filter(({ status }) => status >= 400).length, 3)
    })
  })
}
