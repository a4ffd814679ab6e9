import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { generateKey } from "@sage-auth/core"
import * as Advice from "@sage-auth/core/advice"
import type { Sandbox } from "@sage-auth/sandbox"
import { assert, describe, it, onTestFinished } from "vitest"
import { runSnippet, type Snippet } from "../../src/runSnippet.ts"
import { openSandbox } from "../../src/world.ts"

/** The code that the advice gives to paste: it compiles as it stands, and runs against the sandbox. */

const recommendations: ReadonlyArray<Advice.Recommendation> = Object.values(Advice.recommendations)

const modules: ReadonlyArray<readonly [name: string, code: string]> = [
  ...recommendations.map(({ code, id }) => [id, code] as const),
  ...Advice.wrongAndRight.map(({ id, right }) => [`right-${id}`, right.code] as const)
]

const root = fileURLToPath(new URL("../../..", import.meta.url))

describe("each snippet", () => {
  it("compiles as it stands", async () => {
    // inside this package, so that the snippets find what it depends on
    const folder = fileURLToPath(new URL("../../.tsbuild/snippets", import.meta.url))
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    for (const [name, code] of modules) await writeFile(join(folder, `${name}.ts`), code)
    const compilerOptions = {
      rootDir: root,
      noEmit: true,
      composite: false,
      declarationMap: false,
      sourceMap: false,
      incremental: false,
      rewriteRelativeImportExtensions: false,
      allowImportingTsExtensions: true
    }
    const config = { extends: join(root, "tsconfig.base.json"), compilerOptions, include: ["*.ts"] }
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config))
    const tsc = join(root, "node_modules/.bin/tsc")
    // the compiler has to see a mistake
    await writeFile(join(folder, "broken.ts"), (modules[0]?.[1] ?? "").replace("connections", "conections"))
    const stdout = await promisify(execFile)(tsc, ["-p", folder, "--pretty", "false"], { cwd: folder }).then(
      () => "",
      ({ stdout }: { readonly stdout: string }) => stdout
    )
    // what begins with ../ is in the library itself
    const mistakes = stdout.split("\n").filter((line) => /^[\w-]+\.ts/.test(line))
    assert.isNotEmpty(mistakes)
    assert.deepStrictEqual(
      mistakes.filter((line) => !line.startsWith("broken.ts(")),
      []
    )
  })

  it("switches nothing off, and has no state of its own", () => {
    for (const [name, code] of modules) assert.notMatch(code, /localhost|rejectUnauthorized|state:|as any/, name)
  })
})

/** The accounts of a sandbox as the environment variables that the snippets read. */
const environmentOf = async (sandbox: Sandbox<"manual">): Promise<Readonly<Record<string, string>>> => {
  const { accounts, urls } = sandbox
  const { login, sender } = accounts["intacct-xml"]
  const rest = accounts["intacct-rest"]
  const web = accounts["x3-web-services"]
  const graph = accounts["x3-graphql"]
  const gateway = accounts["x3-gateway"]
  const folder = await mkdtemp(join(tmpdir(), "sage-auth-snippets-"))
  onTestFinished(() => rm(folder, { recursive: true }))
  const [pfx, ca] = [join(folder, "integration.pfx"), join(folder, "ca.pem")]
  await writeFile(pfx, web.certificate.pfx)
  await writeFile(ca, sandbox.ca)
  return {
    SAGE_INTACCT_XML_SENDER_ID: sender.id,
    SAGE_INTACCT_XML_SENDER_PASSWORD: sender.password,
    SAGE_INTACCT_XML_COMPANY_ID: login.companyId,
    SAGE_INTACCT_XML_USER_ID: login.userId,
    SAGE_INTACCT_XML_USER_PASSWORD: login.password,
    SAGE_INTACCT_REST_CLIENT_ID: rest.client.clientId,
    SAGE_INTACCT_REST_CLIENT_SECRET: rest.client.clientSecret,
    SAGE_INTACCT_REST_USERNAME: rest.user.username,
    SAGE_BUSINESS_CLOUD_CLIENT_ID: accounts["business-cloud"].client.clientId,
    SAGE_BUSINESS_CLOUD_CLIENT_SECRET: accounts["business-cloud"].client.clientSecret,
    SAGE_X3_WEB_SERVICES_BASE_URL: urls["x3-web-services"].onPremise,
    SAGE_X3_WEB_SERVICES_USER: web.basic.user,
    SAGE_X3_WEB_SERVICES_PASSWORD: web.basic.password,
    SAGE_X3_WEB_SERVICES_PFX: pfx,
    SAGE_X3_WEB_SERVICES_PASSPHRASE: web.certificate.passphrase,
    SAGE_X3_WEB_SERVICES_CA: ca,
    SAGE_X3_WEB_SERVICES_AUTHORIZE_URL: web.oauth2.authorizeUrl,
    SAGE_X3_WEB_SERVICES_TOKEN_URL: web.oauth2.tokenUrl,
    SAGE_X3_WEB_SERVICES_CLIENT_ID: web.oauth2.clientId,
    SAGE_X3_WEB_SERVICES_CLIENT_SECRET: web.oauth2.clientSecret,
    SAGE_X3_GRAPHQL_URL: urls["x3-graphql"].api,
    SAGE_X3_GRAPHQL_ENDPOINT: graph.endpoint,
    SAGE_X3_GRAPHQL_CLIENT_ID: graph.app.clientId,
    SAGE_X3_GRAPHQL_CLIENT_SECRET: graph.app.clientSecret,
    SAGE_X3_GRAPHQL_USER: graph.app.user,
    SAGE_X3_GATEWAY_ROOT_URL: urls["x3-gateway"].root,
    SAGE_X3_GATEWAY_CLIENT_ID: gateway.clientId,
    SAGE_X3_GATEWAY_CLIENT_SECRET: gateway.clientSecret,
    SAGE_X3_GATEWAY_CUSTOMER: gateway.customer,
    SAGE_AUTH_KEY: generateKey()
  }
}

/** What differs from the accounts above. */
const differences: Partial<
  Record<Advice.RecommendationId, (sandbox: Sandbox<"manual">) => Readonly<Record<string, string>>>
> = {
  "intacct-rest-public": ({ accounts }) => ({
    SAGE_INTACCT_REST_CLIENT_ID: accounts["intacct-rest"].publicClient.clientId
  }),
  "x3-online": ({ urls }) => ({ SAGE_X3_WEB_SERVICES_BASE_URL: urls["x3-web-services"].online }),
  "x3-certificate": ({ urls }) => ({ SAGE_X3_WEB_SERVICES_BASE_URL: urls["x3-web-services"].tls })
}

const consent = async (sandbox: Sandbox<"manual">, { callback, connect }: Snippet, posted: boolean): Promise<void> => {
  if (connect === undefined || callback === undefined) return
  const { cookie, url } = await connect()
  if (posted) {
    const { body = "", url: at } = await sandbox.x3.pairingCallback(url)
    await callback(at, body)
  } else await callback(await sandbox.approve(url), cookie)
}

describe("the code of a recommendation", () => {
  it.each(recommendations.map(({ id }) => id))("runs against the sandbox: %s", async (id) => {
    const { code, interactive, variables } = Advice.recommendations[id]
    const sandbox = await openSandbox()
    for (const [, redirectUri = ""] of code.matchAll(/redirectUri: "([^"]+)"/g))
      sandbox.registerRedirectUri(redirectUri)
    const environment = { ...(await environmentOf(sandbox)), ...differences[id]?.(sandbox) }
    for (const variable of variables) assert.property(environment, variable)
    const snippet = await runSnippet(code, sandbox, environment)
    assert.strictEqual(snippet.connect !== undefined, interactive)
    await consent(sandbox, snippet, id === "x3-gateway")
    const answer = await snippet.firstCall?.()
    assert.isDefined(answer)
    assert.isAbove(JSON.stringify(answer).length, 10)
    // it went where the recommendation says
    const surfaces = new Set(sandbox.requests().map(({ surface }) => surface))
    for (const surface of Advice.recommendations[id].surfaces) assert.isTrue(surfaces.has(surface), surface)
  })

  it("is there for every surface", () => {
    const surfaces = new Set(recommendations.flatMap((each) => each.surfaces))
    assert.deepStrictEqual(
      surfaces,
      new Set(["intacct-xml", "intacct-rest", "business-cloud", "x3-web-services", "x3-graphql", "x3-gateway"])
    )
  })
})

const run = async (id: string) => {
  const found = Advice.wrongAndRight.find((each) => each.id === id)
  assert.isDefined(found)
  const sandbox = await openSandbox()
  sandbox.registerRedirectUri("https://app.example/sage/callback/books")
  const snippet = await runSnippet(found.right.code, sandbox, await environmentOf(sandbox))
  return { sandbox, snippet: snippet as Snippet & Record<string, (given?: unknown) => Promise<unknown>> }
}

describe("the right ones", () => {
  it("log in once for all calls", async () => {
    const { sandbox, snippet } = await run("login-per-request")
    await snippet["createAll"]?.([
      { VENDORID: "V-901", NAME: "One" },
      { VENDORID: "V-902", NAME: "Two" },
      { VENDORID: "V-903", NAME: "Three" }
    ])
    assert.deepStrictEqual(
      sandbox.requests().map(({ step }) => step),
      ["getAPISession", "create", "create", "create"]
    )
  })

  it("use the endpoint of the session", async () => {
    const { sandbox, snippet } = await run("generic-endpoint")
    const { endpoint = "", sessionId = "" } = ((await snippet["handOver"]?.()) ?? {}) as {
      readonly endpoint?: string
      readonly sessionId?: string
    }
    assert.strictEqual(new URL(endpoint).origin, new URL(sandbox.urls["intacct-xml"].xml).origin)
    assert.isAbove(sessionId.length, 10)
  })

  it("consent once, and then renew without a human", async () => {
    const { sandbox, snippet } = await run("no-server-to-server")
    await consent(sandbox, snippet, false)
    await snippet["contacts"]?.()
    await sandbox.clock.advance("10 minutes")
    assert.isDefined(await snippet["contacts"]?.())
    const grants = sandbox.requests({ surface: "business-cloud" }).map(({ body }) => /grant_type=(\w+)/.exec(body)?.[1])
    assert.deepStrictEqual(
      grants.filter((each) => each !== undefined),
      ["authorization_code", "refresh_token"]
    )
  })
})

it("no guide is named that is not there", async () => {
  for (const { guide, id } of recommendations) {
    const [page = "", anchor = ""] = guide.replace(/^.*\/main\//, "").split("#")
    const text = await readFile(join(root, page), "utf8")
    const headings = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-")
    )
    assert.include([...headings, ""], anchor, id)
  }
})
