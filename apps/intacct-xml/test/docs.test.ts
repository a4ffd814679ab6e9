import { execFile } from "node:child_process"
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, beforeAll, describe, onTestFinished, test } from "vitest"

const run = promisify(execFile)
const root = fileURLToPath(new URL("../../..", import.meta.url))
// inside this package, so that the snippets find what it depends on
const folder = fileURLToPath(new URL("../.tsbuild/docs", import.meta.url))

/** What a reader of {@link excerpts} has already: clients of these names, and credentials of their own. */
const given: Readonly<Record<string, string>> = {
  connections: '{ readonly ledger: ReturnType<typeof import("@sage-auth/core").intacctXml> }',
  sage: 'import("@sage-auth/core").Sage<{ readonly ledger: ReturnType<typeof import("@sage-auth/core").intacctXml> }>',
  ledger: 'import("@sage-auth/core").IntacctXmlClient',
  vendors: 'import("@sage-auth/core").IntacctRestClient',
  books: 'import("@sage-auth/core").BusinessCloudClient',
  erp: 'import("@sage-auth/core").X3WebServicesClient',
  graph: 'import("@sage-auth/core").X3GraphQLClient',
  gateway: 'import("@sage-auth/core").X3GatewayClient',
  sandbox: 'import("@sage-auth/sandbox").Sandbox<"manual">',
  clientId: "string",
  clientSecret: "string",
  redirectUri: "string",
  key: "string",
  sender: "{ readonly id: string; readonly password: string }",
  login: "{ readonly companyId: string; readonly userId: string; readonly password: string }",
  vault:
    "{ readonly login: (tenant: string) => Promise<{ readonly companyId: string; readonly userId: string; readonly password: string }> }",
  alert: "(text: string) => void",
  requestDocument: "string"
}

/** The pages of reference, whose snippets are a few lines of a program. All other snippets are whole. */
const excerpts: ReadonlySet<string> = new Set([
  ...[
    "business-cloud",
    "configuration",
    "consent",
    "events",
    "grant-store",
    "intacct-rest",
    "intacct-xml",
    "keep-alive",
    "troubleshooting",
    "x3"
  ].map((name) => `docs/${name}.md`),
  "packages/sandbox/README.md"
])

/** Whether a snippet declares a name itself, alone or among others. */
const declares = (code: string, name: string): boolean =>
  new RegExp(`\\b(?:const|let|class|function)\\s+(?:${name}\\b|[{[][^=]*\\b${name}\\b[^=]*[}\\]]\\s*=)`).test(code)

/** What is declared for a snippet; on one line, so that line numbers stay those of the page. */
const preambleOf = ({ code, page }: Pick<Snippet, "code" | "page">): string =>
  excerpts.has(page)
    ? Object.entries(given)
        .filter(([name]) => new RegExp(`\\b${name}\\b`).test(code) && !declares(code, name))
        .map(([name, type]) => `declare const ${name}: ${type}; `)
        .join("")
    : ""

interface Snippet {
  readonly page: string
  readonly line: number
  readonly file: string
  readonly code: string
}

const snippetsOf = (page: string): ReadonlyArray<Snippet> => {
  const text = readFileSync(path.join(root, page), "utf8")
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => {
    const line = text.slice(0, match.index).split("\n").length
    const code = match[1] ?? ""
    const own = page.replaceAll(/[/.]/g, "-")
    // a snippet that begins with the name of its file is imported by others of its page
    const [, name] = /^\/\/ (\S+\.ts)\n/.exec(code) ?? []
    return { page, line, file: name === undefined ? `${own}-${line}.ts` : path.join(own, name), code }
  })
}

/** A page without its fences. */
const proseOf = (page: string): string =>
  readFileSync(path.join(root, page), "utf8").replaceAll(/^```[\s\S]*?^```$/gm, "")

const anchors = new Map<string, ReadonlySet<string>>()

/** The anchors that GitHub gives to a page's headings. Many links lead to one page, which is read once. */
const anchorsOf = (page: string): ReadonlySet<string> => {
  const known = anchors.get(page) ?? readAnchors(page)
  anchors.set(page, known)
  return known
}

const readAnchors = (page: string): ReadonlySet<string> => {
  const headings = [...proseOf(page).matchAll(/^#+ (.+)$/gm)].map((match) => match[1] ?? "")
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-")
    )
  )
}

const pages = [
  "README.md",
  "packages/cli/README.md",
  "packages/core/README.md",
  "packages/express/README.md",
  "packages/nest/README.md",
  "packages/postgres/README.md",
  "packages/redis/README.md",
  "packages/sandbox/README.md",
  ...globSync("docs/*.md", { cwd: root }).toSorted()
]
const snippets = pages.flatMap(snippetsOf)
// what a reader has to put in is declared there
const runsAlone = ({ code }: Snippet) => code.includes('from "node:test"') && !code.includes("declare const")
const runnable = snippets.filter((snippet) => snippet.code.includes("startSandbox(") || runsAlone(snippet))

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const snippet of snippets) {
    const { code, file, line } = snippet
    // imports are never added: a reader copies what is there
    const whole = `export {}; ${preambleOf(snippet)}\n${code}`
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    // behind as many lines as on the page, so that an error has the page's line
    writeFileSync(path.join(folder, file), "\n".repeat(line - 1) + whole)
  }
  writeFileSync(
    path.join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: path.join(root, "tsconfig.base.json"),
      compilerOptions: {
        rootDir: root,
        noEmit: true,
        experimentalDecorators: true,
        composite: false,
        declarationMap: false,
        sourceMap: false,
        incremental: false,
        noUnusedLocals: false,
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
        // against what is built, as a reader has it: the sources are checked with their packages
        customConditions: [],
        // as Next.js has it
        paths: { "@/lib/session": ["./docs-frameworks-md/src/session.ts"], "@/*": ["./docs-frameworks-md/*.ts"] }
      },
      include: ["**/*.ts"]
    })
  )
})

describe("the snippets of the documentation", () => {
  test("there are some on the front page and in the guides", () => {
    assert.isAbove(snippets.length, 10)
    assert.include(
      runnable.map(({ page }) => page),
      "README.md"
    )
  })

  test("all of them compile", async () => {
    const tsc = path.join(root, "node_modules/.bin/tsc")
    const said = await run(tsc, ["-p", folder, "--pretty", "false"], { cwd: folder }).then(
      () => "",
      (failed: { readonly stdout: string }) => failed.stdout
    )
    assert.strictEqual(said, "")
  })

  test("those of the guides import nothing that their page does not install", () => {
    // what `nest new` brings is there
    const there = new Set(["@nestjs/common", "@nestjs/core", "@nestjs/testing"])
    const guides = [
      "README",
      ...["cli", "core", "express", "nest", "postgres", "redis", "sandbox"].map((name) => `packages/${name}/README`)
    ]
    const named = [
      "effect",
      "express",
      "frameworks",
      "ky",
      "moving",
      "nestjs",
      "paging",
      "scaling",
      "serverless",
      "telemetry",
      "testing"
    ]
    for (const page of [...guides, ...named.map((name) => `docs/${name}`)].map((name) => `${name}.md`)) {
      const text = readFileSync(path.join(root, page), "utf8")
      const installed = new Set(
        [...text.matchAll(/^npm install (.+?)(?: +#.*)?$/gm)].flatMap(([, names = ""]) => names.split(" "))
      )
      const imported = snippets
        .filter((snippet) => snippet.page === page)
        .flatMap(({ code }) => [...code.matchAll(/from "((?:@[^/"]+\/)?[^@./"][^/"]*)/g)].map(([, name = ""]) => name))
        .filter((name) => !name.startsWith("node:") && !there.has(name) && !installed.has(name))
      assert.deepStrictEqual([...new Set(imported)], [], page)
    }
  })

  test("those that write nothing ask Business Cloud for no more than to read", () => {
    const asking = snippets.filter(({ code }) => code.includes("businessCloud({"))
    assert.isAbove(asking.length, 10)
    const writes = /method: "(?:POST|PUT|PATCH|DELETE)"|\.(?:post|put|patch|delete)\(/
    const tooMuch = asking.filter(({ code }) => !writes.test(code) && !code.includes('scope: "readonly"'))
    assert.deepStrictEqual(
      tooMuch.map(({ line, page }) => `${page}, line ${line}`),
      []
    )
  })

  test("those of a web application keep its grants, and take the tenant from who is signed in", () => {
    const web = snippets.filter(
      ({ code }) => /from "@sage-auth\/(?:express|nest)"/.test(code) && code.includes("businessCloud({")
    )
    const pagesOfThem = new Set(web.map(({ page }) => page))
    for (const page of ["README.md", "docs/express.md", "docs/nestjs.md", "packages/express/README.md"]) {
      assert.isTrue(pagesOfThem.has(page), page)
    }
    for (const { code, line, page } of web) {
      const at = `${page}, line ${line}`
      const resolver = /\btenant: (\(req.+)/.exec(code)?.[1] ?? ""
      assert.match(resolver, /req\.session\?\.\["companyId"\]|request\.user\?\.companyId/, at)
      // connections that a test replaces by the sandbox's have nothing to keep
      if (code.includes('clientSecret: ""')) continue
      assert.match(code, /\bstore: "[^"]*"/, at)
      assert.match(code, /\bkeys: \[/, at)
    }
    for (const { code, line, page } of snippets.filter(({ code }) => code.includes("req.session"))) {
      assert.match(code, /\/\/ .*from a session that this application signs: a header/, `${page}, line ${line}`)
    }
  })

  // one process for all pages: most of its time is the loading of the library
  test("those that can run come to their end, one after the other, and so does their process", async () => {
    const program = path.join(folder, "all.mjs")
    const programs = runnable.map(({ file, line, page }) => [file, `${page}, line ${line}`])
    writeFileSync(
      program,
      `for (const [file, title] of ${JSON.stringify(programs)}) {
        await import("./" + file).then(() => console.log("ran " + title), (error) => console.error(title, error))
      }`
    )
    const args = ["--disable-warning=ExperimentalWarning", program]
    const env = { ...process.env, NODE_COMPILE_CACHE: path.join(tmpdir(), "sage-auth-compiled") }
    const running = run(process.execPath, args, { env })
    onTestFinished(() => void running.child.kill())
    const { stderr, stdout } = await running
    assert.strictEqual(stderr, "")
    assert.deepStrictEqual(
      [...stdout.matchAll(/^ran (.+)$/gm)].map(([, title]) => title),
      programs.map(([, title]) => title)
    )
  })
})

describe("the links of the documentation", () => {
  const written = ["*.md", "docs/**/*.md", "{apps,packages}/*/README.md", "benchmarks/*.md"]
  for (const page of globSync(written, { cwd: root }).toSorted()) {
    test(`${page} links to files and headings that exist`, () => {
      const missing: Array<string> = []
      for (const [, link = ""] of proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue
        const [file = "", anchor] = link.split("#")
        const target = file === "" ? page : path.normalize(path.join(path.dirname(page), file))
        const found = existsSync(path.join(root, target)) && (anchor === undefined || anchorsOf(target).has(anchor))
        if (!found) missing.push(link)
      }
      assert.deepStrictEqual(missing, [])
    })
  }
})
