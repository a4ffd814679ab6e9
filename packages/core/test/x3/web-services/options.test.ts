import * as Redacted from "effect/Redacted"
import * as Result from "../../../src/config/Result.ts"
import { assert, describe, it } from "vitest"
import { createSageAuth, isSageAuthError, type X3OnPremiseOptions, x3 } from "../../../src/index.ts"
import { decodeOptions, type Deployment } from "../../../src/x3/web-services/options.ts"

const baseUrl = "https://x3.acme.example:8124"
const basic = x3.basic({ user: "u", password: "s3cret" })
const idp = {
  authorizeUrl: "https://login.example/authorize",
  tokenUrl: "https://login.example/token",
  clientId: "id",
  redirectUri: "https://app.example/callback/erp"
}
const at = "connections.erp"

const issuesOf = (options: unknown, deployment: Deployment = "onPremise"): ReadonlyArray<string> =>
  Result.match(decodeOptions(options, deployment, at), {
    onSuccess: () => [],
    onFailure: (issues) => issues.map(({ expected, option }) => `${option}: ${expected}`)
  })

const decoded = (options: object, deployment: Deployment = "onPremise") =>
  Result.getOrThrow(decodeOptions({ baseUrl, auth: basic, ...options }, deployment, at))

const ask = () => "x"

describe("the options of x3.onPremise", () => {
  it("need a server and a credential, and have defaults for the rest", () => {
    const { auth, ...rest } = decoded({})
    assert.deepStrictEqual(rest, {
      baseUrl: "https://x3.acme.example:8124/",
      plainHttp: false,
      standIn: false,
      advisePlainHttp: true,
      pools: {},
      permits: undefined,
      language: "ENG",
      channelsBusy: undefined,
      inDoubt: "replay",
      keepAliveConcurrency: undefined,
      maxTokenAge: undefined,
      ca: undefined,
      deadline: undefined
    })
    if (auth.kind !== "basic" || typeof auth.options === "function") throw new Error("not decoded")
    assert.strictEqual(auth.options.user, "u")
    assert.strictEqual(Redacted.value(auth.options.password), "s3cret")
  })

  it("are all checked at once, by option and never by value", () => {
    const issues = issuesOf({
      baseUrl: "https://user:s3cret@x3.example",
      auth: x3.basic({ user: "s3cret:x", password: "s3cr\u0000et" }),
      pools: { AWS: 0 },
      permits: "s3cret",
      inDoubt: "s3cret",
      channelsBusy: "s3cret",
      deadline: "soon",
      ca: "s3cret",
      pasword: "s3cret",
      clientId: "s3cret"
    })
    for (const option of [
      "baseUrl",
      "auth.user",
      "auth.password",
      "pools.AWS",
      "permits",
      "inDoubt",
      "channelsBusy",
      "deadline",
      "ca",
      "pasword",
      "clientId"
    ]) {
      assert.isTrue(
        issues.some((issue) => issue.startsWith(`${at}.${option}:`)),
        `${option} in ${issues.join("\n")}`
      )
    }
    assert.notInclude(issues.join(), "s3cr")
  })

  it.each([undefined, null, 5, "s3cret", [], () => {}])("refuse %j as a whole", (options) => {
    assert.isNotEmpty(issuesOf(options))
    assert.notInclude(issuesOf(options).join(), "s3cret")
  })

  it("refuse options that cannot be read", () => {
    const unreadable = new Proxy(
      {},
      {
        get: () => {
          throw new Error("s3cret")
        },
        ownKeys: () => {
          throw new Error("s3cret")
        }
      }
    )
    assert.isNotEmpty(issuesOf(unreadable))
    assert.notInclude(issuesOf(unreadable).join(), "s3cret")
  })

  it.each([{ kind: "basic" }, { user: "u", password: "s3cret" }, "s3cret", null, ask])(
    "refuse the credential %j, which no builder made",
    (auth) => {
      const issues = issuesOf({ baseUrl, auth })
      assert.lengthOf(issues, 1)
      assert.match(issues[0] ?? "", /erp\.auth: what x3\.basic\(…\)/)
    }
  )

  it("refuse a login with a colon, which would end it on the wire", () => {
    const issues = issuesOf({ baseUrl, auth: x3.basic({ user: "a:b", password: "p" }) })
    assert.lengthOf(issues, 1)
    assert.match(issues[0] ?? "", /erp\.auth\.user: a login without a colon/)
  })

  it("take plain http only for a trusted network or the sandbox, and never with a certificate", () => {
    const http = "http://x3:8124"
    assert.match(issuesOf({ baseUrl: http, auth: basic }).join(), /erp\.baseUrl: an https URL.*allowPlainHttp/)
    assert.deepStrictEqual(issuesOf({ baseUrl: http, auth: basic, allowPlainHttp: "trusted-network" }), [])
    assert.deepStrictEqual(issuesOf({ baseUrl: http, auth: basic, environment: "sandbox" }), [])
    for (const allowed of [{ allowPlainHttp: "trusted-network" }, { environment: "sandbox" }]) {
      const auth = x3.certificate(() => ({ pfx: new Uint8Array() }))
      assert.match(issuesOf({ baseUrl: http, auth, ...allowed }).join(), /erp\.baseUrl: an https URL, of the port/)
    }
    assert.match(issuesOf({ baseUrl: http, auth: basic, allowPlainHttp: true }).join(), /allowPlainHttp: one of/)
    assert.match(
      issuesOf({ baseUrl: http, auth: x3.bearer(ask), allowPlainHttp: "trusted-network" }, "online").join(),
      /erp\.allowPlainHttp: left out: X3 Online speaks https only/
    )
  })

  it("take the identity provider's addresses over https only, but for the sandbox", () => {
    const auth = x3.oauth2({ ...idp, tokenUrl: "http://login.example/token", revokeUrl: "ftp://x" })
    const trusted = issuesOf({ baseUrl: "http://x3:8124", auth, allowPlainHttp: "trusted-network" })
    assert.deepStrictEqual(
      trusted.map((issue) => issue.split(":", 1)[0]),
      [`${at}.auth.tokenUrl`, `${at}.auth.revokeUrl`]
    )
    assert.deepStrictEqual(
      issuesOf({ baseUrl, auth, environment: "sandbox" }).map((issue) => issue.split(":", 1)[0]),
      [`${at}.auth.revokeUrl`]
    )
  })

  it("check the client of the identity provider", () => {
    assert.deepStrictEqual(issuesOf({ baseUrl, auth: x3.oauth2({ ...idp, clientSecret: ask, clientId: ask }) }), [])
    assert.match(
      issuesOf({ baseUrl, auth: x3.oauth2({ ...idp, redirectUri: "http://app.example/callback" }) }).join(),
      /erp\.auth\.redirectUri: the callback as it is registered/
    )
    assert.match(
      issuesOf({ baseUrl, auth: x3.oauth2({ ...idp, clientAuthentication: "basic" }) }).join(),
      /erp\.auth\.clientAuthentication: left out/
    )
    assert.match(
      issuesOf({ baseUrl, auth: x3.clientCredentials({ ...idp, clientSecret: "s3cret" }) }).join(),
      /erp\.auth\.authorizeUrl: left out.*erp\.auth\.redirectUri: left out/
    )
  })

  it.each(["", "x3.acme.example", "ftp://x3", `${baseUrl}?x`, `${baseUrl}#x`, `${baseUrl}/api1/x3/erp`, 5, null])(
    "refuse the server %j",
    (wrong) => {
      const issues = issuesOf({ baseUrl: wrong, auth: basic })
      assert.lengthOf(issues, 1, issues.join())
      assert.include(issues[0] ?? "", "erp.baseUrl:")
    }
  )

  it("lead elsewhere in the sandbox environment only", () => {
    const urls = { api: "http://127.0.0.1:7300" }
    assert.strictEqual(decoded({ environment: "sandbox", urls }).baseUrl, "http://127.0.0.1:7300/")
    assert.isFalse(decoded({ environment: "sandbox", urls }).advisePlainHttp)
    assert.match(issuesOf({ baseUrl, auth: basic, urls }).join(), /erp\.urls: nothing, or environment/)
    assert.match(
      issuesOf({ baseUrl, auth: basic, environment: "sandbox", urls: { api: "ftp://x" } }).join(),
      /erp\.urls\.api: the address/
    )
  })
})

describe("x3.online", () => {
  it.each([
    ["a user and password", basic],
    ["a certificate", x3.certificate({ pfx: new Uint8Array() })]
  ])("with %s from JavaScript is refused at start-up, and told what a move to the cloud takes", (_, auth) => {
    const sage = () => createSageAuth({ connections: { erp: x3.online({ baseUrl, auth: auth as never }) } })
    let thrown: unknown
    try {
      sage()
    } catch (error) {
      thrown = error
    }
    assert.isTrue(isSageAuthError(thrown))
    for (const said of [
      "connections.erp.auth",
      "on-premise server first",
      '["oauth2", "bearer"]',
      "OAuth2 Servers",
      "e-mail",
      "x3-web-services.online-needs-oauth2"
    ]) {
      assert.include(String(thrown), said)
    }
    assert.notInclude(String(thrown), "s3cret")
  })

  it("takes bearer tokens of every kind", () => {
    for (const auth of [x3.oauth2(idp), x3.clientCredentials({ ...idpClient, clientSecret: "s" }), x3.bearer(ask)]) {
      assert.deepStrictEqual(issuesOf({ baseUrl, auth }, "online"), [])
    }
  })
})

const idpClient = { tokenUrl: idp.tokenUrl, clientId: "id" }

describe("builders and credentials", () => {
  it("throw nothing, whatever they are given", () => {
    for (const odd of [undefined, null, 5, "x", [], () => {}]) {
      assert.strictEqual(x3.onPremise(odd as unknown as X3OnPremiseOptions).surface, "x3-web-services")
      assert.strictEqual(x3.onPremise({ baseUrl, auth: x3.basic(odd as never) }).interactive, false)
    }
    assert.isTrue(x3.onPremise({ baseUrl, auth: x3.oauth2(idp) }).interactive)
  })

  it("show nothing of what they hold", () => {
    const shown = JSON.stringify([basic, x3.onPremise({ baseUrl, auth: basic })])
    assert.notInclude(shown, "s3cret")
  })
})
