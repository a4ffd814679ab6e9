import {
  businessCloud,
  type CatalogueId,
  createSageAuth,
  explain,
  type FetchOptions,
  intacctRest,
  intacctXml,
  x3
} from "@sage-auth/core"
import * as Advice from "@sage-auth/core/advice"
import type { Reading, Sandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { failureOf } from "../../src/failureOf.ts"
import { consent, openWorld, type World } from "../../src/oauth/world.ts"
import { type CurlRequest, readCurl } from "../../src/reference/curl.ts"
import { card, guide, sample, samples } from "../../src/reference/documents.ts"

/**
 * Every literal sample of both documents, as input to the part of the library or of the sandbox that it belongs to: as
 * Sage's pages have it and, where the sandbox can be told, as the card has it.
 */

const readings = ["documented", "card"] as const

const world = (reading: Reading = "documented"): Promise<World> => openWorld({ sandbox: { reading } })

interface Answer {
  readonly status: number
  readonly text: string
}

/** Sends a command of the documents to the sandbox: the host is the sandbox's, and these words have values in place. */
const run = async (
  command: CurlRequest,
  to: string,
  values: Readonly<Record<string, string>> = {}
): Promise<Answer> => {
  const filled = (text: string): string =>
    Object.entries(values).reduce((words, [name, value]) => words.replaceAll(name, value), text)
  const headers = Object.fromEntries(Object.entries(command.headers).map(([name, value]) => [name, filled(value)]))
  const init = command.body === undefined ? {} : { body: filled(command.body) }
  const answer = await fetch(filled(to), { method: command.method, headers, ...init })
  return { status: answer.status, text: await answer.text() }
}

const idsOf = (said: unknown): ReadonlyArray<CatalogueId> => explain(said).map(({ id }) => id)

const tokenOf = async ({ sage }: Pick<World, "sage">, connection: "vendors" | "books" | "payables"): Promise<string> =>
  ((await sage.client(connection).headers())["authorization"] ?? "").replace("Bearer ", "")

const client = ({ accounts }: Sandbox<"manual">) => {
  const { clientId, clientSecret, redirectUri } = accounts["intacct-rest"].client
  return { clientId, clientSecret, redirectUri }
}

/** The names of a form, sorted. */
const namesOf = (form: string | undefined): ReadonlyArray<string> =>
  Array.from(new URLSearchParams(form ?? "").keys()).toSorted()

/** A JSON answer as the guide prints it: without its braces. */
const answerOf = (name: string): Readonly<Record<string, string | number>> =>
  JSON.parse(`{${sample(name).text}}`) as Readonly<Record<string, string | number>>

const addressOf = (input: Parameters<typeof fetch>[0]): string => (input instanceof Request ? input.url : String(input))

/** An application of production, whose token server gives an answer of the documents. Nothing is sent to Sage. */
const answered = (answer: object) => {
  const sent: Array<string> = []
  const given: typeof fetch = (input, init) => {
    sent.push(`${init?.method} ${addressOf(input)} ${typeof init?.body === "string" ? init.body : ""}`)
    return Promise.resolve(Response.json(answer))
  }
  const sage = createSageAuth({
    connections: {
      vendors: intacctRest.clientCredentials({
        clientId: "92d4dcf414e6a2c3d78d.app.sage.com",
        clientSecret: "a55a58f1aeaf09116cbe1bf28025c183e778268c",
        username: "Admin@oauth2_main2|Central Region"
      }),
      payables: intacctRest.authorizationCode({
        clientId: "92d4dcf414e6a2c3d78d.app.sage.com",
        clientSecret: "a55a58f1aeaf09116cbe1bf28025c183e778268c",
        redirectUri: "https://mysite.com/callback.php"
      })
    },
    fetch: given,
    clock: { now: () => 1_726_218_921_000 }
  })
  onTestFinished(() => sage.close())
  return { sage, sent }
}

/** A code for an authorization request as the guide shows it, without PKCE. */
const codeOf = async (sandbox: Sandbox<"manual">): Promise<string> => {
  const { clientId, redirectUri } = client(sandbox)
  const asked = new URL(sandbox.urls["intacct-rest"].authorize)
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    state: "active",
    scope: "offline_access"
  }
  asked.search = new URLSearchParams(parameters).toString()
  return new URL(await sandbox.approve(asked)).searchParams.get("code") ?? ""
}

/** A form of the documents with values of the sandbox in place of its own. */
const filledForm = (body: string | undefined, values: Readonly<Record<string, string>>): string => {
  const form = new URLSearchParams(body)
  for (const name of form.keys()) form.set(name, values[name] ?? form.get(name) ?? "")
  return form.toString()
}

const customersOf = (sandbox: Sandbox<"manual">): string =>
  `${sandbox.urls["x3-web-services"].onPremise}/api1/x3/erp/SEED/BPCUSTOMER`

const x3Token = async (sandbox: Sandbox<"manual">): Promise<string> => {
  const sage = createSageAuth({ connections: sandbox.connections(), clock: sandbox.clock })
  onTestFinished(() => sage.close())
  const erp = sage.client("erpSso")
  const { cookie, url } = await erp.authorize({ returnTo: "/" })
  await sage.completeAuthorization({ url: await sandbox.approve(url), cookie })
  return ((await erp.headers())["authorization"] ?? "").replace("Bearer ", "")
}

/** A call of X3 without representation: refused as documented, served as the card has it; and corrected. */
const callX3 = async (name: string, token: string, corrected: string): Promise<void> => {
  for (const reading of readings) {
    const { sandbox } = await world(reading)
    const values = { [token]: await x3Token(sandbox) }
    const command = readCurl(sample(name).text)
    const { search } = new URL(command.url.replace("YOUR_X3_HOST:PORT", "x3.example").replace(":port", ""))
    const { status, text } = await run(command, customersOf(sandbox) + search, values)
    assert.strictEqual(status, reading === "card" ? 200 : 400)
    if (reading === "documented") assert.include(text, "representation")
    const right = readCurl(corrected)
    const query = right.url.slice(right.url.indexOf("?"))
    assert.strictEqual((await run(right, customersOf(sandbox) + query, values)).status, 200)
  }
}

const fragment = (row: string): string =>
  Advice.findTable("fragments")?.rows.find(([name]) => name?.value === row)?.[1]?.value ?? ""

const diagnostic = (row: string) => {
  const found = Advice.findTable("diagnostics")?.rows.find(([name]) => name?.value.startsWith(row))
  return { command: found?.[1]?.value ?? "", expected: found?.[2]?.value ?? "" }
}

const xmlValues = ({ accounts }: Sandbox<"manual">): Readonly<Record<string, string>> => {
  const { login, sender } = accounts["intacct-xml"]
  return {
    YOUR_SENDER_ID: sender.id,
    YOUR_SENDER_PWD: sender.password,
    YOUR_USER: login.userId,
    YOUR_COMPANY: login.companyId,
    YOUR_PWD: login.password
  }
}

/** The elements of a document, in order. */
const elementsOf = (xml: string): ReadonlyArray<string> =>
  Array.from(xml.matchAll(/<([a-z]+)/gi), ([, name = ""]) => name)

const tries: Readonly<Record<string, () => Promise<void>>> = {
  "x3 call": () => callX3("x3 call", "YOUR_OAUTH2_ACCESS_TOKEN", fragment("X3, a call with a bearer token")),

  "x3 nodelocal.js": async () => {
    const line = sample("x3 nodelocal.js").text.split("\n")[1]?.replace(/^# /, "") ?? ""
    const { findings, waysIn } = x3.lintNodelocal(line)
    assert.include(
      findings.map(({ id }) => id),
      "nodelocal.oauth2-without-bearer"
    )
    assert.isTrue(findings.some(({ id }) => id.startsWith("nodelocal.timeout")))
    assert.strictEqual(waysIn.bearer.answer, "disabled")
    const corrected = x3.lintNodelocal(fragment("X3, nodelocal.js"))
    assert.strictEqual(corrected.waysIn.bearer.answer, "enabled")
    assert.isEmpty(corrected.findings.filter(({ severity }) => severity === "error"))
  },

  "python session": async () => {
    const { sage, sandbox, wire } = await world()
    const { login, sender } = sandbox.accounts["intacct-xml"]
    const template = /f"""([\s\S]*?)"""/.exec(sample("python session").text)?.[1] ?? ""
    const document = template
      .replace("{sender_id}", sender.id)
      .replace("{sender_pwd}", sender.password)
      .replace("{user_id}", login.userId)
      .replace("{company_id}", login.companyId)
      .replace("{user_pwd}", login.password)
    const { text } = await run(
      { method: "POST", url: "", headers: { "content-type": "application/xml" }, body: document, insecure: false },
      sandbox.urls["intacct-xml"].xml
    )
    assert.match(text, /<sessionid>[^<]+<\/sessionid>/)
    assert.match(text, /<endpoint>http[^<]+<\/endpoint>/)
    // the library writes the same elements, in the same order, and states whether white space is wanted as well
    await sage.client("ledger").session()
    const own = wire.to(sandbox.urls["intacct-xml"].xml).at(-1)?.body ?? ""
    assert.deepStrictEqual(
      elementsOf(own).filter((name) => name !== "includewhitespace"),
      elementsOf(template)
    )
  },

  // the document has a heading there, and no code
  "python client credentials": () => {
    assert.strictEqual(
      sample("python client credentials").text,
      "Python: Sage Intacct REST API OAuth 2.0 Client Credentials"
    )
    return Promise.resolve()
  },

  "curl xml": async () => {
    const { sandbox } = await world()
    const { text } = await run(readCurl(sample("curl xml").text), sandbox.urls["intacct-xml"].xml)
    // <request>...</request> is no request
    assert.include(text, "XL03000003")
    assert.deepStrictEqual(idsOf(text), ["intacct-xml.document-rejected"])
  },

  "curl business cloud": async () => {
    for (const reading of readings) {
      const opened = await world(reading)
      await consent(opened, "books")
      const values = { YOUR_ACCESS_TOKEN: await tokenOf(opened, "books") }
      const { api } = opened.sandbox.urls["business-cloud"]
      const command = readCurl(sample("curl business cloud").text)
      const { pathname } = new URL(command.url)
      const { status } = await run(command, api.replace(/\/v3\.1$/, "") + pathname, values)
      // the card's own command lacks two of the headers that the card demands
      assert.strictEqual(status, reading === "card" ? 401 : 200)
    }
  },

  "curl x3": () =>
    callX3("curl x3", "YOUR_OAUTH2_TOKEN", fragment("X3, a call with a bearer token").replace("_ACCESS", "")),

  "wrong login": async () => {
    const { events, sage } = await openWorld({ ledger: { authentication: "login" } })
    const ledger = sage.client("ledger")
    for (const VENDORID of ["V-1", "V-2", "V-3", "V-4"]) {
      await ledger.execute([{ create: { VENDOR: { VENDORID, NAME: VENDORID } } }])
    }
    assert.deepStrictEqual(
      (await events.of("advice")).map(({ subject }) => subject),
      ["login-per-request"]
    )
  },

  "right session": async () => {
    const { sage, sandbox } = await world()
    const ledger = sage.client("ledger")
    await ledger.execute([{ create: { VENDOR: { VENDORID: "V-1", NAME: "One" } } }])
    await ledger.execute([{ create: { VENDOR: { VENDORID: "V-2", NAME: "Two" } } }])
    assert.deepStrictEqual(
      sandbox.requests({ surface: "intacct-xml" }).map(({ step }) => step),
      ["getAPISession", "create", "create"]
    )
  },

  "wrong endpoint": async () => {
    // a session at an endpoint that is not its own
    const { sage, sandbox } = await world()
    const { sessionId } = await sage.client("ledger").session()
    const { sender } = sandbox.accounts["intacct-xml"]
    const body = `<request><control><senderid>${sender.id}</senderid><password>${sender.password}</password><controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><sessionid>${sessionId}</sessionid></authentication><content><function controlid="f"><readByQuery><object>VENDOR</object><fields>*</fields><query/></readByQuery></function></content></operation></request>`
    const { text } = await run(
      { method: "POST", url: "", headers: { "content-type": "application/xml" }, body, insecure: false },
      sandbox.urls["intacct-xml"].xml
    )
    assert.include(text, "Invalid session")
    assert.include(idsOf(text), "intacct-xml.session-invalid")
    const shown = Advice.wrongAndRight.find(({ id }) => id === "generic-endpoint")?.shownBy ?? []
    assert.isTrue(shown.some((by) => "error" in by && by.error === "intacct-xml.session-invalid"))
  },

  "right endpoint": async () => {
    const [, endpoint = ""] = /"(https:[^"]+)"/.exec(sample("right endpoint").text) ?? []
    assert.strictEqual(endpoint, "https://na12.intacct.com/ia/xml/xmlgw.phtml")
    const options = { sender: { id: "s", password: "p" }, login: { companyId: "c", userId: "u", password: "p" } }
    // taken as an endpoint of Intacct's; one that only looks like it is not
    await createSageAuth({ connections: { ledger: intacctXml({ ...options, endpoint }) } }).close()
    const foreign = endpoint.replace("intacct.com", "intacct.com.example")
    assert.throws(() => createSageAuth({ connections: { ledger: intacctXml({ ...options, endpoint: foreign }) } }))
  },

  "wrong server-to-server": async () => {
    for (const reading of readings) {
      const { sandbox } = await world(reading)
      const { clientId, clientSecret } = sandbox.accounts["business-cloud"].client
      const body = new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: clientSecret
      })
      const answer = await fetch(sandbox.urls["business-cloud"].token, { method: "POST", body })
      assert.strictEqual(answer.status, 400)
      assert.include(idsOf(await answer.text()), "business-cloud.grant-type-unsupported")
    }
    // and the library says so when the application starts
    const books = (businessCloud as unknown as { clientCredentials: (options: object) => never }).clientCredentials({})
    assert.throws(() => createSageAuth({ connections: { books } }), /no client-credentials flow/)
  },

  "right consent": async () => {
    const opened = await world()
    await consent(opened, "books")
    await opened.sandbox.clock.advance("10 minutes")
    await opened.sage.client("books").headers()
    const renewal = opened.wire.tokenForms().at(-1)
    const shown = Array.from(sample("right consent").text.matchAll(/^"(\w+)":/gm), ([, name = ""]) => name)
    assert.deepStrictEqual(namesOf(renewal?.toString()), shown.toSorted())
    assert.strictEqual(renewal?.get("grant_type"), "refresh_token")
  },

  "test xml": async () => {
    const { sandbox } = await world()
    const { command } = diagnostic("Sage Intacct XML API")
    assert.include(sample("test xml").text, command)
    const { text } = await run(readCurl(command), sandbox.urls["intacct-xml"].xml, xmlValues(sandbox))
    assert.match(text, /<sessionid>[^<]+<\/sessionid>[\s\S]*<endpoint>[^<]+<\/endpoint>/)
    // what it looks like with another's password
    const wrong = { ...xmlValues(sandbox), YOUR_SENDER_PWD: "wrong" }
    const refused = await run(readCurl(command), sandbox.urls["intacct-xml"].xml, wrong)
    assert.strictEqual(refused.status, 200)
    assert.include(idsOf(refused.text), "intacct-xml.sender-rejected")
  },

  "test rest token": async () => {
    const { sandbox } = await world()
    const { clientId, clientSecret } = client(sandbox)
    const { login } = sandbox.accounts["intacct-xml"]
    const values = {
      YOUR_ID: clientId,
      YOUR_SECRET: clientSecret,
      YOUR_USER: login.userId,
      YOUR_COMPANY: login.companyId
    }
    const { token } = sandbox.urls["intacct-rest"]
    const asShown = await run(readCurl(sample("test rest token").text), token, values)
    // the user without the company
    assert.strictEqual(asShown.status, 400)
    assert.include(idsOf(asShown.text), "intacct-rest.tenant-missing")
    const corrected = readCurl(diagnostic("Sage Intacct REST API").command)
    const encoded = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, encodeURIComponent(value)]))
    const { status, text } = await run(corrected, token, encoded)
    assert.strictEqual(status, 200)
    assert.property(JSON.parse(text), "access_token")
    // the library refuses such a user name when the application starts
    assert.throws(
      () =>
        createSageAuth({
          connections: { v: intacctRest.clientCredentials({ clientId, clientSecret, username: "YOUR_USER" }) }
        }),
      /username/
    )
  },

  "test business cloud": async () => {
    const opened = await world()
    await consent(opened, "books")
    const { command } = diagnostic("Sage Business Cloud")
    assert.include(sample("test business cloud").text, command)
    const { pathname, search } = new URL(readCurl(command).url)
    const to = opened.sandbox.urls["business-cloud"].api.replace(/\/v3\.1$/, "") + pathname + search
    const { status, text } = await run(readCurl(command), to, { YOUR_ACCESS_TOKEN: await tokenOf(opened, "books") })
    assert.strictEqual(status, 200)
    // an object with the contacts in it, and no array
    assert.isArray((JSON.parse(text) as { readonly $items: unknown }).$items)
  },

  "test x3": () => callX3("test x3", "YOUR_OAUTH2_TOKEN", diagnostic("Sage X3").command),

  "authorization endpoint": async () => {
    const [, endpoint = ""] = /Endpoint: (\S+)/.exec(sample("authorization endpoint").text) ?? []
    const { sage } = answered({})
    const { url } = await sage.client("payables").authorize({ returnTo: "/" })
    const { origin, pathname, searchParams } = new URL(url)
    assert.strictEqual(origin + pathname, endpoint)
    for (const row of Advice.findTable("rest-parameters")?.rows ?? []) {
      if (row[2]?.value === "authorize")
        for (const name of row[0]?.value.split(", ") ?? []) assert.isTrue(searchParams.has(name), name)
    }
  },

  "access token request": async () => {
    const command = readCurl(sample("access token request").text)
    // a slip of two samples: the path is /ia/api/v1
    assert.strictEqual(new URL(command.url).pathname, "/api/v1/oauth2/token")
    for (const reading of readings) {
      const { sandbox } = await world(reading)
      const { clientId, clientSecret, redirectUri } = client(sandbox)
      const values = {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uri: redirectUri,
        code: await codeOf(sandbox)
      }
      const asShown = { ...command, body: filledForm(command.body, values) }
      const { token } = sandbox.urls["intacct-rest"]
      const { status, text } = await run(asShown, token.replace("/ia/api/", "/api/"))
      assert.strictEqual(status, reading === "card" ? 200 : 404)
      if (reading === "documented") assert.strictEqual((await run(asShown, token)).status, 200)
      // and its refresh token goes into the next sample
      else {
        const { refresh_token = "" } = JSON.parse(text) as { readonly refresh_token?: string }
        const renewal = readCurl(sample("refresh token request").text)
        const renewed = { ...renewal, body: filledForm(renewal.body, { ...values, refresh_token }) }
        assert.strictEqual((await run(renewed, token.replace("/ia/api/", "/api/"))).status, 200)
      }
    }
    const opened = await world()
    await consent(opened, "payables")
    const own = opened.wire.tokenForms().at(-1)
    assert.deepStrictEqual(
      namesOf(own?.toString()).filter((name) => name !== "code_verifier"),
      namesOf(command.body)
    )
  },

  "access token answer": () => takesAnswer("access token answer"),

  "refresh token request": async () => {
    const command = readCurl(sample("refresh token request").text)
    const opened = await world("card")
    await consent(opened, "payables")
    await opened.sandbox.clock.advance("2 hours")
    await opened.sage.client("payables").headers()
    const own = opened.wire.tokenForms().at(-1)
    assert.deepStrictEqual(namesOf(own?.toString()), namesOf(command.body))
    assert.strictEqual(own?.get("grant_type"), "refresh_token")
    // the client id of the sample is one that the options take
    const [clientId, clientSecret] = ["client_id", "client_secret"].map(
      (name) => new URLSearchParams(command.body).get(name) ?? ""
    )
    const redirectUri = "https://mysite.com/callback.php"
    await createSageAuth({
      connections: {
        p: intacctRest.authorizationCode({ clientId: clientId ?? "", clientSecret: clientSecret ?? "", redirectUri })
      }
    }).close()
  },

  "refresh token answer": () => takesAnswer("refresh token answer"),

  "client credentials by username": async () => {
    const command = readCurl(sample("client credentials by username").text)
    const body = JSON.parse(command.body ?? "") as Readonly<Record<string, string>>
    const { sandbox } = await world()
    const { clientId, clientSecret } = client(sandbox)
    const { unusual } = sandbox.accounts["intacct-rest"]
    const filled = {
      ...body,
      client_id: clientId,
      client_secret: clientSecret,
      username: `${unusual.username}|${unusual.entityId}`
    }
    const { token } = sandbox.urls["intacct-rest"]
    const { status } = await run({ ...command, body: JSON.stringify(filled) }, token)
    assert.strictEqual(status, 200)
    // the library takes the name of the sample, and sends the same members as JSON where it is told to
    const { sage, sent } = answered(answerOf("client credentials answer"))
    await sage.client("vendors").headers()
    assert.include(sent[0], new URLSearchParams({ username: body["username"] ?? "" }).toString())
    const json = await openWorld({ vendors: { tokenBody: "json" } })
    await json.sage.client("vendors").headers()
    const own = JSON.parse(json.wire.to("/token")[0]?.body ?? "") as object
    assert.deepStrictEqual(Object.keys(own).toSorted(), Object.keys(body).toSorted())
  },

  "client credentials by session": async () => {
    const command = readCurl(sample("client credentials by session").text)
    const body = JSON.parse(command.body ?? "") as Readonly<Record<string, string>>
    for (const reading of readings) {
      const { sage, sandbox } = await world(reading)
      const { clientId, clientSecret } = client(sandbox)
      const { sessionId } = await sage.client("ledger").session()
      const filled = { ...body, client_id: clientId, client_secret: clientSecret, session_id: sessionId }
      const { token } = sandbox.urls["intacct-rest"]
      const { status } = await run({ ...command, body: JSON.stringify(filled) }, token)
      assert.strictEqual(status, reading === "card" ? 400 : 200)
    }
    // the session of the sample goes as it is
    const bridged = await openWorld({
      vendors: { username: undefined, sessionId: body["session_id"] ?? "" } as never
    })
    await failureOf(bridged.sage.client("vendors").headers())
    const own = bridged.wire.tokenForms()[0]
    assert.strictEqual(own?.get("session_id"), body["session_id"])
    assert.deepStrictEqual(namesOf(own?.toString()), Object.keys(body).toSorted())
  },

  "client credentials answer": () => takesAnswer("client credentials answer", 7_776_000),

  "entity header": async () => {
    const command = readCurl(sample("entity header").text)
    for (const reading of readings) {
      const opened = await world(reading)
      const entity = "E1"
      const headers = { ...command.headers, "x-ia-api-param-entity": entity }
      const { status } = await run(
        { ...command, headers },
        `${opened.sandbox.urls["intacct-rest"].api}/objects/vendor`,
        { "<top_level_access_token>": await tokenOf(opened, "vendors") }
      )
      assert.strictEqual(status, reading === "card" ? 200 : 404)
      await opened.sage.client("vendors").entity(entity).fetch("objects/accounts-payable/vendor")
      assert.strictEqual(opened.wire.to("objects/")[0]?.headers.get("x-ia-api-param-entity"), entity)
    }
    // the name of the sample, which has a space in it, goes as it is
    const { sage, wire } = await world()
    await sage.client("vendors").entity("Central Region").fetch("objects/accounts-payable/vendor")
    assert.strictEqual(
      wire.to("objects/")[0]?.headers.get("x-ia-api-param-entity"),
      command.headers["x-ia-api-param-entity"]
    )
  },

  "entity token": async () => {
    const command = readCurl(sample("entity token").text)
    // the command switches the verification of certificates off: the library has no such switch
    assert.isTrue(command.insecure)
    const opened = await openWorld({ payables: { entityParameter: "location_id" } })
    await consent(opened, "payables")
    const entity = opened.sage.client("payables").entity("E1", { token: true })
    assert.strictEqual((await entity.fetch("objects/accounts-payable/vendor")).status, 200)
    const own = opened.wire.tokenForms().at(-1)
    assert.deepStrictEqual(namesOf(own?.toString()), namesOf(command.body))
    assert.strictEqual(own?.get("location_id"), "E1")
  },

  "php authorization": async () => {
    const script = sample("php authorization").text
    const [callbackUrl = "", authUrl = "", , scope = ""] = Array.from(
      script.matchAll(/define\("\w+", "([^"]+)"\)/g),
      ([, v = ""]) => v
    )
    const names = Array.from(script.matchAll(/"&?(\w+)=/g), ([, name = ""]) => name)
    const { sage } = answered({})
    const { url } = await sage.client("payables").authorize({ returnTo: "/" })
    const own = new URL(url)
    assert.strictEqual(own.origin + own.pathname, authUrl)
    for (const name of names) assert.isTrue(own.searchParams.has(name), name)
    assert.strictEqual(own.searchParams.get("scope"), scope)
    // the script's state is the same for everybody
    assert.include(script, '"state=active"')
    assert.match(own.searchParams.get("state") ?? "", /^[\w-]{43}$/)
    await createSageAuth({
      connections: { p: intacctRest.authorizationCode({ clientId: "c", clientSecret: "s", redirectUri: callbackUrl }) }
    }).close()
    // and the server takes what the script sends
    const { sandbox } = await world()
    const { clientId, redirectUri } = client(sandbox)
    const asked = new URL(sandbox.urls["intacct-rest"].authorize)
    const values: Readonly<Record<string, string>> = {
      state: "active",
      response_type: "code",
      client_id: clientId,
      scope,
      redirect_uri: redirectUri
    }
    for (const name of names) asked.searchParams.set(name, values[name] ?? "")
    assert.isTrue(new URL(await sandbox.approve(asked)).searchParams.has("code"))
  },

  "php callback": async () => {
    const script = sample("php callback").text
    assert.include(script, "CURLOPT_SSL_VERIFYPEER => false")
    const names = Array.from(script.matchAll(/^\s+'(\w+)' =>/gm), ([, name = ""]) => name)
    const opened = await world()
    await consent(opened, "payables")
    const own = opened.wire.tokenForms().at(-1)
    assert.deepStrictEqual(
      namesOf(own?.toString()).filter((name) => name !== "code_verifier"),
      names.toSorted()
    )
    const { clientId, clientSecret, redirectUri } = client(opened.sandbox)
    const body = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: clientId,
      client_secret: clientSecret,
      code: await codeOf(opened.sandbox),
      redirect_uri: redirectUri
    })
    assert.strictEqual((await fetch(opened.sandbox.urls["intacct-rest"].token, { method: "POST", body })).status, 200)
  },

  "php refresh": async () => {
    const script = sample("php refresh").text
    const [, entity = ""] = /'entity_id' => '(\d+)'/.exec(script) ?? []
    const names = Array.from(script.matchAll(/^\s+'(\w+)' =>/gm), ([, name = ""]) => name)
    const opened = await world()
    await consent(opened, "payables")
    await failureOf(opened.sage.client("payables").entity(entity, { token: true }).headers())
    const own = opened.wire.tokenForms().find((form) => form.has("entity_id"))
    assert.strictEqual(own?.get("entity_id"), "10")
    assert.deepStrictEqual(namesOf(own?.toString()), names.toSorted())
  }
}

/** An answer of the guide, from a server that gives it to the letter. */
const takesAnswer = async (name: string, refreshLife?: number): Promise<void> => {
  const answer = answerOf(name)
  const { sage } = answered(answer)
  const vendors = sage.client("vendors")
  assert.strictEqual((await vendors.headers())["authorization"], `Bearer ${answer["access_token"]}`)
  // the lesser of `expires_in`, 43200, and of what the token says, 3600
  const { credentialExpiresAt } = await vendors.status()
  assert.isAtMost((credentialExpiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - 1_726_218_921_000, 3_600_000)
  const payables = sage.client("payables")
  const { cookie, url } = await payables.authorize({ returnTo: "/" })
  const state = new URL(url).searchParams.get("state") ?? ""
  // the code of the guide is a JWT
  const code = new URLSearchParams(readCurl(sample("access token request").text).body).get("code") ?? ""
  const callback = new URL("https://mysite.com/callback.php")
  callback.search = new URLSearchParams({ code, state }).toString()
  await sage.completeAuthorization({ url: callback.href, cookie })
  const { grantExpiresAt } = await payables.status()
  const left = ((grantExpiresAt?.getTime() ?? 0) - 1_726_218_921_000) / 1000
  // where the refresh token does not say it, as long as the option assumes
  assert.strictEqual(Math.round(left / 86_400), Math.round((refreshLife ?? 180 * 86_400) / 86_400))
}

describe("each literal sample", () => {
  it.each(samples.map(({ name }) => name))("is taken: %s", async (name) => {
    const tried = tries[name]
    assert.isDefined(tried, `no test tries ${name}`)
    await tried()
  })

  it("is one of the documents, and none is tried that is not there", () => {
    assert.deepStrictEqual(Object.keys(tries).toSorted(), samples.map(({ name }) => name).toSorted())
  })
})

describe("what the documents name beside their samples", () => {
  const everything = [...card, ...guide].map(({ text }) => text).join("\n")

  it("has user names that the options take", async () => {
    const names = new Set(Array.from(everything.matchAll(/"username": "([^"]+)"/g), ([, name = ""]) => name))
    assert.deepStrictEqual(names, new Set(["Admin@oauth2_main2|Central Region"]))
    for (const username of [...names, "Admin@oauth2_main2", "userId@companyId|entityId"]) {
      const vendors = intacctRest.clientCredentials({ clientId: "c", clientSecret: "s", username })
      await createSageAuth({ connections: { vendors } }).close()
    }
  })

  it("has settings of nodelocal.js that its reader knows", () => {
    for (const [auth = ""] of everything.matchAll(/auth: (?:\["[a-z0-9", ]+\]|"[a-z0-9]+")/g)) {
      const { findings, waysIn } = x3.lintNodelocal(`session: { ${auth} }`)
      assert.strictEqual(waysIn.bearer.answer, "disabled", auth)
      assert.include(
        findings.map(({ id }) => id),
        "nodelocal.oauth2-without-bearer",
        auth
      )
    }
  })

  it("has codes that explain knows", () => {
    const known: Readonly<Record<string, CatalogueId>> = {
      "GW-0010 (429)": "intacct.rate-limited",
      XL03000004: "intacct-xml.sender-rejected",
      OAUTH2_INVALID_GRANT: "intacct-rest.grant-ended"
    }
    const codes = Advice.findTable("error-codes")?.rows.map(([code]) => code?.value ?? "") ?? []
    for (const code of codes) {
      assert.isNotEmpty(explain(code), code)
      const expected = known[code]
      if (expected !== undefined) assert.include(idsOf(code), expected, code)
    }
  })

  it("has addresses to which production's credentials go, and no others", async () => {
    // Business Cloud's API, Intacct's two, and the token servers: each is what an application calls without a word
    const sent: Array<string> = []
    const refuse: typeof fetch = (input) => {
      sent.push(addressOf(input))
      return Promise.resolve(new Response("", { status: 503 }))
    }
    const options: FetchOptions = { deadline: "1 second" }
    const sage = createSageAuth({
      connections: {
        ledger: intacctXml({
          sender: { id: "s", password: "p" },
          login: { companyId: "c", userId: "u", password: "p" }
        }),
        vendors: intacctRest.clientCredentials({ clientId: "c", clientSecret: "s", username: "u@c" })
      },
      retry: { transient: { first: 0, times: 0, within: 0 }, rateLimited: { first: 0, times: 0, within: 0 } },
      fetch: refuse
    })
    onTestFinished(() => sage.close())
    await failureOf(sage.client("ledger").session())
    await failureOf(sage.client("vendors").fetch("objects/accounts-payable/vendor", options))
    assert.deepStrictEqual(sent, [
      "https://api.intacct.com/ia/xml/xmlgw.phtml",
      "https://api.intacct.com/ia/api/v1/oauth2/token"
    ])
    for (const url of sent) assert.include(everything, url.replace("https://", ""))
  })
})
