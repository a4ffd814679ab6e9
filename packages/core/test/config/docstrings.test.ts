import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseAst } from "rolldown/parseAst"
import { assert, describe, it } from "vitest"

const src = fileURLToPath(new URL("../../src/", import.meta.url))

/** Where the options of builders are declared. */
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) =>
  /(?:^|\/)options\.ts$|^x3\/auth\.ts$|^config\/Target\.ts$|^Settings\.ts$/.test(file)
)

/** What options become, which no user sees. */
const internal = /Configuration$|^Checked|^StandIns$|^AuthDefinition$|^Username$/

interface Node {
  readonly type: string
  readonly start: number
  readonly [member: string]: unknown
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string"

/** The members of a type, those of the types inside of it included. */
function* membersOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const each of value) yield* membersOf(each)
  } else if (isNode(value)) {
    if (value.type === "TSPropertySignature") yield value
    // what is written out inside of a member is explained there
    else for (const member of Object.values(value)) yield* membersOf(member)
  }
}

/** A member that says of an option that it is left out. */
const isLeftOut = ({ typeAnnotation }: Node): boolean =>
  ((typeAnnotation as Node)["typeAnnotation"] as Node).type === "TSUndefinedKeyword"

const bareIn = (file: string): ReadonlyArray<string> => {
  const code = readFileSync(join(src, file), "utf8")
  const { body } = parseAst(code, { lang: "ts" })
  return (body as unknown as ReadonlyArray<Node>).flatMap((statement) => {
    const declaration = (statement["declaration"] ?? statement) as Node
    if (!/^TS(?:Interface|TypeAlias)Declaration$/.test(declaration.type)) return []
    const name = String((declaration["id"] as Node)["name"])
    if (internal.test(name)) return []
    return [...membersOf(declaration)]
      .filter((member) => !isLeftOut(member) && !code.slice(0, member.start).trimEnd().endsWith("*/"))
      .map(({ key }) => `${file} ${name}.${String((key as Node)["name"] ?? (key as Node)["value"])}`)
  })
}

describe("the options of builders", () => {
  it("are declared in files that this test knows", () => {
    for (const file of [
      "business-cloud",
      "intacct-rest",
      "intacct-xml",
      "x3/gateway",
      "x3/graphql",
      "x3/web-services"
    ]) {
      assert.include(files, `${file}/options.ts`)
    }
  })

  it("have a docstring each, which an editor shows at the option", () => {
    assert.deepStrictEqual(files.flatMap(bareIn), [])
  })
})
