import type { Node, Program } from "acorn"
import type { Place } from "./Value.ts"

export const placeOf = (node: Node): Place => ({
  line: node.loc?.start.line ?? 1,
  column: (node.loc?.start.column ?? 0) + 1
})

/** What is looked at of a node, whatever it is. */
interface Parts {
  readonly arguments?: ReadonlyArray<Node>
  readonly callee?: Parts & Node
  readonly computed?: boolean
  readonly id?: Node
  readonly kind?: string
  readonly left?: Node
  readonly method?: boolean
  readonly name?: string
  readonly object?: Parts & Node
  readonly operator?: string
  readonly property?: Node
  readonly shorthand?: boolean
}

const isBefore = (a: Place, b: Place): boolean => a.line < b.line || (a.line === b.line && a.column < b.column)

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string"

const followed = new Set(
  `Program ExpressionStatement VariableDeclaration Literal Identifier TemplateLiteral TemplateElement ArrayExpression
  ObjectExpression SpreadElement ReturnStatement EmptyStatement`.split(/\s+/)
)

/** Whether the reader knows all that a node does, but for what is in it. */
const isFollowed = (node: Node & Parts): boolean => {
  switch (node.type) {
    case "VariableDeclarator":
      return node.id?.type === "Identifier"
    case "Property":
      return node.kind === "init" && node.method !== true
    case "MemberExpression":
      return (
        (node.object?.type === "Identifier" || node.object?.type === "MemberExpression") &&
        (node.computed !== true || node.property?.type === "Literal")
      )
    case "AssignmentExpression":
      return node.operator === "=" && (node.left?.type === "Identifier" || node.left?.type === "MemberExpression")
    case "BinaryExpression":
      return node.operator === "+" || node.operator === "*"
    case "UnaryExpression":
      return node.operator === "-"
    default:
      return followed.has(node.type)
  }
}

/** `console.log(config)` changes nothing. */
const isHarmless = ({ callee, type }: Node & Parts): boolean =>
  type === "CallExpression" && callee?.object?.name === "console"

/** Every name that code which is not followed has in it, and where that code stands: it may change what they stand for. */
export const mentionedIn = (program: Program): ReadonlyMap<string, Place> => {
  const mentioned = new Map<string, Place>()
  // without recursion: depth is the file's choice
  const waiting: Array<readonly [node: Node & Parts, code: Place | undefined]> = [[program, undefined]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, outer] = next
    if (isHarmless(node)) {
      for (const handed of node.arguments ?? []) waiting.push([handed, outer])
      continue
    }
    const code = outer ?? (isFollowed(node) ? undefined : placeOf(node))
    const name = node.type === "ThisExpression" ? "exports" : node.type === "Identifier" ? node.name : undefined
    if (code !== undefined && name !== undefined) {
      const before = mentioned.get(name)
      if (before === undefined || isBefore(code, before)) mentioned.set(name, code)
    }
    const named = node.computed !== true && node.shorthand !== true
    for (const [key, child] of Object.entries(node)) {
      // the name of a member is none of a variable
      if (named && (key === "property" || (key === "key" && node.type === "Property"))) continue
      if (isNode(child)) waiting.push([child, code])
      else if (Array.isArray(child)) for (const one of child) if (isNode(one)) waiting.push([one, code])
    }
  }
  return mentioned
}
