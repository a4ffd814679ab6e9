import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { fileURLToPath } from "node:url"
import { parseAst } from "rolldown/parseAst"
import { assert, describe, it } from "vitest"

/** Walks the sources: who imports whom, types included, and who takes time, chance or a runtime of their own. */

const src = fileURLToPath(new URL("../src/", import.meta.url))

const surfaces = [
  "business-cloud",
  "intacct-rest",
  "intacct-xml",
  "x3/gateway",
  "x3/graphql",
  "x3/web-services"
] as const

/** Rooms that stand below the surfaces. What lies in `src` itself, and the entries `effect` and `ky`, stand above. */
const concerns = [
  "advice",
  "application",
  "calls",
  "config",
  "credential",
  "errors",
  "grant",
  "oauth2",
  "paging",
  "schema",
  "telemetry",
  "testing",
  "traffic",
  "transport",
  "web",
  "xml"
]

/** The shells: where an effect becomes a promise, or an application begins to run. */
const shells = new Set([
  "application/makeApplication.ts",
  "application/promise.ts",
  "engine.ts",
  "testing/grantStoreSuite.ts"
])

/** Rooms that may import modules of Node's own: what is in them is loaded by who asks for it, and by no first call. */
const importsNode = ["advice/", "grant/sqlite/", "testing/"]

/** Who has the machine's own time, and why. */
const ownTime: Readonly<Record<string, string>> = {
  "application/clock.ts": "it is the application's clock, made of the machine's",
  "inspect.ts": "whether a certificate can be read is what TLS says of it, at the machine's own time",
  "testing/coordinationSuite.ts": "it waits for what another process answers",
  "web/health.ts": "it stands outside of the application, whose clock it takes where there is one",
  "x3/web-services/options.ts":
    "whether a certificate is valid is seen by TLS at the machine's own time, and at start-up"
}

/** The maps and sets of objects that live as long as an application, those of whole files and in closures too, and what keeps each of them from growing for ever. */
const bounded: Readonly<Record<string, string>> = {
  "application/BoundedMap.ts #entries": "by the capacity",
  "calls/request.ts bases": "by a limit of its own",
  "credential/CredentialCache.ts #slots": "by the capacity",
  "credential/CredentialCache.ts #contexts": "one for each slot of a context",
  "credential/CredentialRejections.ts #rejections": "by the capacity, and what is held back for 15 minutes",
  "grant/Consents.ts #consents": "only while a consent waits for the store",
  "grant/memory.ts records": "by their lifetime: each new one removes those that have ended",
  "grant/memory.ts rows": "they are the only record of the grants",
  "grant/UnwrittenPairs.ts #unwritten": "only while a pair waits for the store",
  "grant/storeSupport.ts #waited": "only while somebody waits",
  "telemetry/instrumentation.ts calls": "by the surfaces, and by the outcomes that this library and HTTP have",
  "telemetry/openTelemetry.ts attributes": "by the names that this library gives: it is one span's",
  "openApplication.ts opened": "one for each connection",
  "traffic/Pool.ts pools": "only while a permit is held or waited for",
  "traffic/Meter.ts #counts": "by the capacity where a store keeps them, else by the month: they are the only record",
  "web/health.ts #suspects": "by a limit of its own",
  "web/health.ts #endings": "one for each connection",
  "web/health.ts #budgets": "by a limit of its own",
  "web/health.ts #companies": "of the tenants that the options name",
  "x3/gateway/RootDocuments.ts #asking": "only while a server is asked",
  "x3/nodelocal/Reader.ts #variables": "it lives as long as one text is read",
  "x3/web-services/Credentials.ts #advised": "there are as many as there are advices"
}

/** Files that hand out what other files define, or are found under a name of their own: they may have few lines. */
const entries = new Set([
  "X3GraphQL.ts",
  "advice/Advice.ts",
  "effect/index.ts",
  "effect/testing.ts",
  "ky/index.ts",
  "lateFiles.ts",
  "publicTypes.ts",
  "shared.ts",
  "testing/index.ts",
  "web/index.ts"
])

/** A file with fewer lines than this is part of another one, unless it says why not. */
const fewLines = 60

interface Node {
  readonly type: string
  readonly [member: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"

/** A node and all below it. A list, because a generator inside generators takes seven times as long. */
const nodesOf = (value: unknown, found: Array<Node> = []): ReadonlyArray<Node> => {
  if (Array.isArray(value)) {
    for (const each of value) nodesOf(each, found)
  } else if (isNode(value)) {
    found.push(value)
    for (const member of Object.values(value)) nodesOf(member, found)
  }
  return found
}

const named = (value: unknown): string | undefined =>
  isNode(value) && value.type === "Identifier" ? String(value["name"]) : undefined

interface Importing {
  readonly file: string
  /** files of the same folder of sources */
  readonly imports: ReadonlySet<string>
}

interface Source extends Importing {
  /** modules of Node's own that an import loads */
  readonly node: ReadonlySet<string>
  /** `Date.now`, `setTimeout` and the like, as they are written */
  readonly uses: ReadonlySet<string>
  /** the members of classes that are maps and sets */
  readonly maps: ReadonlySet<string>
  /** the names that it defines for others */
  readonly names: ReadonlySet<string>
  /** the files whose names it reads behind the name of their module, as in `Transport.make` */
  readonly namespaces: ReadonlySet<string>
  readonly code: string
}

const importing = new Set([
  "ExportAllDeclaration",
  "ExportNamedDeclaration",
  "ImportDeclaration",
  "ImportExpression",
  "TSImportType"
])

/** Where an import leads, as it is written. */
const importedBy = (node: Node): string | undefined => {
  const from = node["source"]
  return importing.has(node.type) && isNode(from) && typeof from["value"] === "string" ? from["value"] : undefined
}

const fileOf = (file: string, imported: string): string => normalize(join(dirname(file), imported))

const isMap = (value: unknown): boolean =>
  isNode(value) && value.type === "NewExpression" && ["Map", "Set"].includes(named(value["callee"]) ?? "")

const memberOf = (key: Node): string | undefined =>
  key.type === "PrivateIdentifier" ? `#${String(key["name"])}` : named(key)

/** The maps and sets of a file itself that begin empty: they live as long as the process. */
function* filledLater(body: ReadonlyArray<Node>): Generator<string | undefined> {
  for (const statement of body) {
    const declaration = (statement["declaration"] ?? statement) as Node
    for (const { id, init } of (declaration["declarations"] ?? []) as ReadonlyArray<Node>) {
      if (isMap(init) && ((init as Node)["arguments"] as ReadonlyArray<unknown>).length === 0) yield named(id)
    }
  }
}

const functions = new Set(["ArrowFunctionExpression", "FunctionDeclaration", "FunctionExpression"])

/**
 * The maps and sets of a function that begin empty and that members of an object use which the function makes: they live
 * as long as that object.
 */
function* keptInClosures(root: unknown): Generator<string> {
  for (const node of nodesOf(root)) {
    if (!functions.has(node.type)) continue
    const { body } = node
    const statements = isNode(body) && Array.isArray(body["body"]) ? (body["body"] as ReadonlyArray<Node>) : []
    const members = nodesOf(statements).flatMap(({ type, value }) =>
      type === "Property" && isNode(value) && functions.has(value.type) ? [value] : []
    )
    const used = new Set(members.flatMap((member) => nodesOf(member).map(named)))
    for (const name of filledLater(statements)) if (name !== undefined && used.has(name)) yield name
  }
}

/** The names that a file defines and exports; what it hands on from another file is that file's. */
function* definedFor(body: ReadonlyArray<Node>): Generator<string> {
  for (const { declaration, type } of body) {
    if (type !== "ExportNamedDeclaration" || !isNode(declaration)) continue
    const declared = (declaration["declarations"] ?? [declaration]) as ReadonlyArray<Node>
    for (const { id } of declared) yield named(id) ?? ""
  }
}

/** `import * as A`, or `export * as A`. */
const takesNamespace = ({ exported, specifiers, type }: Node): boolean =>
  type === "ExportAllDeclaration"
    ? isNode(exported)
    : Array.isArray(specifiers) && specifiers.some((each: Node) => each.type === "ImportNamespaceSpecifier")

const read = (file: string, code: string): Source => {
  const imports = new Set<string>()
  const node = new Set<string>()
  const uses = new Set<string>()
  const maps = new Set<string>()
  const { body } = parseAst(code, { lang: "ts" })
  const names = new Set(definedFor(body as unknown as ReadonlyArray<Node>))
  const namespaces = new Set<string>()
  for (const name of filledLater(body as unknown as ReadonlyArray<Node>)) maps.add(`${file} ${name}`)
  for (const name of keptInClosures(body)) maps.add(`${file} ${name}`)
  for (const each of nodesOf(body)) {
    const imported = importedBy(each)
    if (imported?.startsWith(".")) imports.add(fileOf(file, imported))
    if (imported?.startsWith(".") && takesNamespace(each)) namespaces.add(fileOf(file, imported))
    if (imported?.startsWith("node:") && each.type !== "TSImportType" && each["importKind"] !== "type") {
      node.add(imported)
    }
    const { key, value } = each
    if (each.type === "PropertyDefinition" && isNode(key) && isMap(value)) maps.add(`${file} ${memberOf(key)}`)
    const { left, right } = each
    if (each.type === "AssignmentExpression" && isNode(left) && isNode(left["property"]) && isMap(right)) {
      maps.add(`${file} ${memberOf(left["property"])}`)
    }
    if (each.type === "MemberExpression") uses.add(`${named(each["object"])}.${named(each["property"])}`)
    if (each.type === "CallExpression") uses.add(`${named(each["callee"])}()`)
    if (each.type === "NewExpression" && named(each["callee"]) === "Date" && (each["arguments"] as []).length === 0) {
      uses.add("new Date()")
    }
  }
  return { code, file, imports, maps, names, namespaces, node, uses }
}

/** What `reader` finds in the files of a folder. */
const readIn = <A>(folder: string, reader: (file: string, code: string) => A): ReadonlyArray<A> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => reader(file, readFileSync(join(folder, file), "utf8")))

const sources = readIn(src, read)

/** What an import of a file of this workspace looks like, as the formatter writes it: of types, and late, as well. */
const relativeImport = /\b(?:from|import)[ (]\s*"(\.[^"]+)"/g

/** The imports of a file alone. A parser takes fifty times as long, and finds the same. */
const readImports = (file: string, code: string): Importing => ({
  file,
  imports: new Set(Array.from(code.matchAll(relativeImport), ([, imported = ""]) => fileOf(file, imported)))
})

const root = fileURLToPath(new URL("../../../", import.meta.url))

/** The folders of sources and tests of every package and application. */
const folders = ["packages", "apps"]
  .flatMap((kind) => readdirSync(join(root, kind)).map((name) => `${kind}/${name}`))
  .concat("benchmarks", "tests")
  .flatMap((name) => [`${name}/src`, `${name}/test`])
  // those of the core are read for its other rules already
  .filter((folder) => folder !== "packages/core/src" && existsSync(join(root, folder)))

const roomOf = (rooms: ReadonlyArray<string>, file: string) => rooms.find((room) => file.startsWith(`${room}/`))

const concernImportsSurface = ({ file, imports }: Source): ReadonlyArray<string> =>
  roomOf(concerns, file) === undefined
    ? []
    : Array.from(imports)
        .filter((imported) => roomOf([...surfaces, "x3"], imported) !== undefined)
        .map((imported) => `${file} → ${imported}`)

const surfaceImportsSurface = ({ file, imports }: Source): ReadonlyArray<string> => {
  const room = roomOf(surfaces, file)
  return room === undefined
    ? []
    : Array.from(imports)
        .filter((imported) => {
          const other = roomOf(surfaces, imported)
          return other !== undefined && other !== room
        })
        .map((imported) => `${file} → ${imported}`)
}

/** Files that import each other, in a circle (Tarjan's strongly connected components). */
const circlesOf = (all: ReadonlyArray<Importing>): ReadonlyArray<string> => {
  const graph = new Map(all.map(({ file, imports }) => [file, imports]))
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: Array<string> = []
  const circles: Array<string> = []
  const visit = (file: string): number => {
    const at = index.size
    index.set(file, at)
    low.set(file, at)
    stack.push(file)
    for (const imported of graph.get(file) ?? []) {
      if (!graph.has(imported)) continue
      const reached = index.has(imported)
        ? stack.includes(imported)
          ? (index.get(imported) as number)
          : Number.POSITIVE_INFINITY
        : visit(imported)
      low.set(file, Math.min(low.get(file) as number, reached))
    }
    if (low.get(file) === at) {
      const circle = stack.splice(stack.indexOf(file))
      if (circle.length > 1) circles.push(circle.join(" ↔ "))
    }
    return low.get(file) as number
  }
  for (const file of graph.keys()) if (!index.has(file)) visit(file)
  return circles
}

const runs = ({ file, uses }: Source): ReadonlyArray<string> =>
  shells.has(file)
    ? []
    : Array.from(uses)
        .filter((use) => use.startsWith("Effect.run"))
        .map((use) => `${file}: ${use}`)

const timeAndChance = new Set([
  "Date.now",
  "Math.random",
  "new Date()",
  "performance.now",
  "setInterval()",
  "setTimeout()"
])

const takesTimeOrChance = ({ file, uses }: Source): ReadonlyArray<string> =>
  Object.hasOwn(ownTime, file)
    ? []
    : Array.from(uses)
        .filter((use) => timeAndChance.has(use))
        .map((use) => `${file}: ${use}`)

const loadsNode = ({ file, node }: Source): ReadonlyArray<string> =>
  importsNode.some((room) => file.startsWith(room)) ? [] : Array.from(node, (name) => `${file}: ${name}`)

/** A small file that does not begin with the reason why it is one. */
const smallWithoutReason = ({ code, file }: Source): ReadonlyArray<string> =>
  entries.has(file) || code.split("\n").length > fewLines || /^\/(?:\/|\*\*)[^;{]*? file of its own/.test(code)
    ? []
    : [file]

/**
 * Names that two files give to two things. Surfaces never import each other, so each of them may name its own part as the
 * others do. What is read behind the name of its module, as in `Transport.make`, is told from others by that.
 */
const namesForTwo = (all: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const givenBy = new Map<string, Array<string>>()
  const behindModules = new Set(all.flatMap(({ namespaces }) => [...namespaces]))
  for (const { file, names } of all) {
    // these have the names of what they stand for: files that are loaded late, and modules of Effect's
    if (behindModules.has(file) || file === "lateFiles.ts" || file.startsWith("config/own")) continue
    for (const name of names) givenBy.set(name, [...(givenBy.get(name) ?? []), file])
  }
  return Array.from(givenBy)
    .filter(([, files]) => files.length > 1 && files.some((file) => roomOf(surfaces, file) === undefined))
    .map(([name, files]) => `${name}: ${files.join(", ")}`)
}

describe("the sources", () => {
  it("are seen by this walk", () => {
    const files = sources.map(({ file }) => file)
    for (const file of [...shells, ...Object.keys(ownTime), ...entries]) assert.include(files, file)
    for (const room of [...surfaces, ...concerns]) {
      assert.isTrue(
        files.some((file) => file.startsWith(`${room}/`)),
        `there is no room ${room}: the rules on it hold nothing`
      )
    }
  })

  it("of a concern import no surface", () => {
    assert.deepStrictEqual(sources.flatMap(concernImportsSurface), [])
  })

  it("of a surface import no other surface", () => {
    assert.deepStrictEqual(sources.flatMap(surfaceImportsSurface), [])
  })

  it("import each other in no circle", () => {
    assert.deepStrictEqual(circlesOf(sources), [])
  })

  it("are files of a size that pays, or say why they are small", () => {
    assert.deepStrictEqual(sources.flatMap(smallWithoutReason), [])
  })

  it("give no name to two things", () => {
    assert.deepStrictEqual(namesForTwo(sources), [])
  })

  it("run effects in the shells alone", () => {
    assert.deepStrictEqual(sources.flatMap(runs), [])
  })

  it("keep nothing of a tenant in a map that grows for ever: it hangs on the tenant's slot, or says what bounds it", () => {
    assert.sameMembers(
      sources.flatMap(({ maps }) => [...maps]),
      Object.keys(bounded)
    )
  })

  it("ask for modules of Node's own where they use them: an import of one runs its getters, which a first call waits for", () => {
    assert.deepStrictEqual(sources.flatMap(loadsNode), [])
  })

  it("take time and chance from the application alone", () => {
    assert.deepStrictEqual(sources.flatMap(takesTimeOrChance), [])
  })
})

describe("the sources and tests of every package", () => {
  it("are seen by this walk", () => {
    for (const name of ["apps/hub", "packages/cli", "packages/nest", "packages/postgres", "packages/sandbox"]) {
      assert.includeMembers(folders, [`${name}/src`, `${name}/test`])
    }
  })

  it.each(folders)("import each other in no circle: %s", (folder) => {
    assert.deepStrictEqual(circlesOf(readIn(join(root, folder), readImports)), [])
  })
})

describe("the walk", () => {
  it("finds the maps of classes", () => {
    const found = read("a.ts", "class A { readonly #b = new Map(); c = new Set<string>(); d = new WeakMap(); e = 1 }")
    assert.deepStrictEqual([...found.maps], ["a.ts #b", "a.ts c"])
    const later = read("a.ts", "class A { #b: Map<string, string>; constructor() { this.#b = new Map() } }")
    assert.deepStrictEqual([...later.maps], ["a.ts #b"])
  })

  it("finds the maps of a file that are filled later", () => {
    const code =
      'const b = new Map()\nexport const c = new Set<string>(), d = new Set(["e"])\nconst f = () => new Map()'
    assert.deepStrictEqual([...read("a.ts", code).maps], ["a.ts b", "a.ts c"])
  })

  it("finds the maps of a function that the members of what it makes use", () => {
    const code =
      "const a = () => { const b = new Map(); return { c: () => b.size } }\nconst d = () => { const e = new Set(); return e.size }"
    assert.deepStrictEqual([...read("a.ts", code).maps], ["a.ts b"])
  })

  it("finds small files without a reason, and names for two things", () => {
    const small = [
      read("grant/a.ts", "// A file of its own: it is loaded late.\n\nexport const one = 1"),
      read("grant/b.ts", "/** Counts. */\nexport const one = 1"),
      read("x3/graphql/c.ts", "export const judge = 1, two = 2" + "\n".repeat(60)),
      read("x3/gateway/d.ts", "export interface judge {}\nexport type two = 2" + "\n".repeat(60)),
      read(
        "xml/e.ts",
        'import * as F from "./f.ts"\nexport { one } from "../grant/b.ts"\nexport class two {}' + "\n".repeat(60)
      ),
      read("xml/f.ts", "export const one = 1" + "\n".repeat(60))
    ]
    assert.deepStrictEqual(small.flatMap(smallWithoutReason), ["grant/b.ts"])
    assert.deepStrictEqual(namesForTwo(small), [
      "one: grant/a.ts, grant/b.ts",
      "two: x3/graphql/c.ts, x3/gateway/d.ts, xml/e.ts"
    ])
  })

  it("finds what breaks a rule", () => {
    const broken = [
      read("errors/a.ts", 'import type { A } from "../x3/auth.ts"\nimport { b } from "../grant/b.ts"\nDate.now()'),
      read(
        "grant/b.ts",
        'import { c } from "node:fs"\nimport type { D } from "node:tls"\nexport type A = import("../errors/a.ts").A\nEffect.runSync(Effect.void)\nnew Date()'
      ),
      read("x3/graphql/c.ts", 'export * from "../gateway/d.ts"\nconst e = await import("../../business-cloud/e.ts")')
    ]
    assert.deepStrictEqual(broken.flatMap(concernImportsSurface), ["errors/a.ts → x3/auth.ts"])
    assert.deepStrictEqual(broken.flatMap(surfaceImportsSurface), [
      "x3/graphql/c.ts → x3/gateway/d.ts",
      "x3/graphql/c.ts → business-cloud/e.ts"
    ])
    assert.deepStrictEqual(circlesOf(broken), ["errors/a.ts ↔ grant/b.ts"])
    assert.deepStrictEqual(broken.flatMap(runs), ["grant/b.ts: Effect.runSync"])
    assert.deepStrictEqual(broken.flatMap(loadsNode), ["grant/b.ts: node:fs"])
    assert.deepStrictEqual(broken.flatMap(takesTimeOrChance), ["errors/a.ts: Date.now", "grant/b.ts: new Date()"])
  })
})
