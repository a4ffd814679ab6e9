import type {
  ArrayExpression,
  AssignmentExpression,
  BinaryExpression,
  Expression,
  MemberExpression,
  Node,
  ObjectExpression,
  Program,
  SpreadElement,
  Super,
  TemplateLiteral,
  VariableDeclaration
} from "acorn"

/** A value of `session.auth`. */
export type AuthMethod = "basic" | "oauth2" | "bearer" | "saml2" | "certificate" | "sage-id" | "ldap"

/**
 * What `session.auth` may list. All but `ldap` are on Sage's page; `ldap` is in the template that the server is shipped
 * with.
 *
 * Source: online-help.sagex3.com, V11, Configuration file.
 */
export const authMethods: ReadonlyArray<AuthMethod> = [
  "basic",
  "oauth2",
  "bearer",
  "saml2",
  "certificate",
  "sage-id",
  "ldap"
]

export const isAuthMethod = (text: string): text is AuthMethod => (authMethods as ReadonlyArray<string>).includes(text)

/** Where something stands: lines and columns count from 1, columns in UTF-16 units as editors count them. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** A member of an object, as it was last set. */
export interface Member {
  /** of its name */
  readonly place: Position
  readonly value: Value
  /** that it replaces: written twice in one object, or set again by a statement */
  readonly replaces: "twice" | "assigned" | undefined
}

/** What is known without running anything. Lists and objects are shared by all who name them, as in JavaScript. */
export type Value =
  | { readonly kind: "text"; readonly place: Position; readonly text: string }
  | { readonly kind: "number"; readonly place: Position; readonly number: number }
  | { readonly kind: "boolean"; readonly place: Position; readonly boolean: boolean }
  /** null or undefined */
  | { readonly kind: "nothing"; readonly place: Position }
  | List
  | Section
  /** known only to who runs the file; `what` says what it is */
  | { readonly kind: "unknown"; readonly place: Position; readonly what: string }

export interface List {
  readonly kind: "list"
  readonly place: Position
  readonly items: Array<Value>
  /** where further items come from that cannot be read */
  gap: Position | undefined
  /** where code that cannot be read may have changed it */
  touched: Position | undefined
}

export interface Section {
  readonly kind: "object"
  readonly place: Position
  readonly members: Map<string, Member>
  /** where further members come from that cannot be read */
  gap: Position | undefined
  /** where code that cannot be read may have changed it */
  touched: Position | undefined
}

export type UnknownValue = Extract<Value, { readonly kind: "unknown" }>

const placeOf = (node: Node): Position => ({
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

const isBefore = (a: Position, b: Position): boolean => a.line < b.line || (a.line === b.line && a.column < b.column)

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

/**
 * Every name that code which is not followed has in it, and where that code stands: it may change what they stand for.
 */
const mentionedIn = (program: Program): ReadonlyMap<string, Position> => {
  const mentioned = new Map<string, Position>()
  // without recursion: depth is the file's choice
  const waiting: Array<readonly [node: Node & Parts, code: Position | undefined]> = [[program, undefined]]
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

/** No file that a human wrote needs more; one that doubles a list a hundred times does. */
const steps = 500_000
const deepest = 200
const longestText = 10_000

const computed = "a computed value"
const tooMuch = "nested or repeated too often"
const byCode = "set by code that may or may not run"
const elsewhere = "what another file says"

const section = (place: Position): Section => ({
  kind: "object",
  place,
  members: new Map(),
  gap: undefined,
  touched: undefined
})

const unknown = (place: Position, what: string): UnknownValue => ({ kind: "unknown", place, what })

/** What is not followed, in words that follow "it is". */
const whatOf = (node: Node): string => {
  switch (node.type) {
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "ClassExpression":
      return "a function"
    case "ConditionalExpression":
    case "LogicalExpression":
      return "a choice between values"
    case "CallExpression": {
      const { callee } = node as Node & { readonly callee: Node & { readonly name?: string } }
      return callee.name === "require" ? elsewhere : "the result of a function"
    }
    case "NewExpression":
    case "TaggedTemplateExpression":
      return "the result of a function"
    default:
      return computed
  }
}

const textOf = (value: Value): string | undefined => {
  if (value.kind === "text") return value.text
  return value.kind === "number" ? String(value.number) : undefined
}

const isEnvironment = ({ object }: MemberExpression): boolean =>
  object.type === "MemberExpression" &&
  object.object.type === "Identifier" &&
  object.object.name === "process" &&
  object.property.type === "Identifier" &&
  object.property.name === "env"

/** What a file exports, and how. */
export interface Exported {
  /** `config` of what is exported; undefined where there is none */
  readonly config: Value | undefined
  /** of the exports as a whole */
  readonly exports: Value
  /** an ES module's `import` or `export` */
  readonly esModule: Position | undefined
}

/**
 * Reads a file as data, from top to bottom: literals, constants, members, spreads, text that is put together, and
 * assignments. Nothing else is followed and nothing is run: see docs/adr/0005. Whatever other code names may be changed
 * by it at any time, so it is unknown.
 */
class Reader {
  readonly #variables = new Map<string, Value>()
  readonly #mentioned: ReadonlyMap<string, Position>
  readonly #module: Section
  #esModule: Position | undefined
  #left = steps
  #depth = 0

  constructor(program: Program) {
    this.#mentioned = mentionedIn(program)
    const start = { line: 1, column: 1 }
    const exports = section(start)
    this.#module = section(start)
    this.#module.members.set("exports", { place: start, value: exports, replaces: undefined })
    this.#hold("module", this.#module)
    this.#hold("exports", exports)
  }

  read(program: Program): Exported {
    for (const node of program.body) {
      if (node.type === "ReturnStatement" || node.type === "ThrowStatement") break
      this.#statement(node)
    }
    const exports = this.#module.members.get("exports")?.value ?? this.#module
    const config = this.#member(exports, "config")
    if (config === undefined || config.kind === "nothing")
      return { config: undefined, exports, esModule: this.#esModule }
    // what came after the last step is not in it
    return { config: this.#left < 0 ? unknown(config.place, tooMuch) : config, exports, esModule: this.#esModule }
  }

  #statement(node: Program["body"][number]): void {
    if (node.type === "ExpressionStatement") this.#value(node.expression)
    else if (node.type === "VariableDeclaration") this.#declare(node)
    else if (/^(?:Import|Export)/.test(node.type)) this.#esModule ??= placeOf(node)
  }

  #declare(node: VariableDeclaration): void {
    for (const { id, init } of node.declarations) {
      const value = init == null ? undefined : this.#value(init)
      if (id.type !== "Identifier") continue
      // a var without a value leaves the one that it has
      if (value !== undefined) this.#hold(id.name, value)
      else if (!this.#variables.has(id.name)) this.#hold(id.name, { kind: "nothing", place: placeOf(id) })
    }
  }

  #hold(name: string, value: Value): void {
    this.#variables.set(name, value)
    const place = this.#mentioned.get(name)
    if (place !== undefined) this.#touch(value, place)
  }

  /** Within reach of code that is not followed, with everything in it. */
  #touch(value: Value, place: Position): void {
    const waiting = [value]
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      if ((one.kind !== "list" && one.kind !== "object") || one.touched !== undefined) continue
      one.touched = place
      if (one.kind === "list") for (const item of one.items) waiting.push(item)
      else for (const { value } of one.members.values()) waiting.push(value)
    }
  }

  #variable(name: string, place: Position): Value {
    const found = this.#variables.get(name)
    // where assignments to exports go is known, even if other code writes there too
    if (name === "module" || name === "exports") return found ?? unknown(place, computed)
    if (this.#mentioned.has(name)) return unknown(place, byCode)
    if (name === "undefined") return { kind: "nothing", place }
    return found ?? unknown(place, "a name that this file does not define")
  }

  /** Undefined where it surely has none of that name. */
  #member(of: Value, key: string): Value | undefined {
    if (of.kind === "unknown") return of
    if (of.kind !== "object") return undefined
    if (of.touched !== undefined) return unknown(of.touched, byCode)
    const found = of.members.get(key)?.value
    if (found !== undefined) return found
    return of.gap === undefined ? undefined : unknown(of.gap, computed)
  }

  #value(node: Expression | Super | SpreadElement): Value {
    if (!this.#afford(1) || this.#depth >= deepest) return unknown(placeOf(node), tooMuch)
    this.#depth++
    const value = this.#read(node, placeOf(node))
    this.#depth--
    return value
  }

  #read(node: Expression | Super | SpreadElement, place: Position): Value {
    switch (node.type) {
      case "Literal": {
        const { value } = node
        if (typeof value === "string") return { kind: "text", place, text: value }
        if (typeof value === "number") return { kind: "number", place, number: value }
        if (typeof value === "boolean") return { kind: "boolean", place, boolean: value }
        return node.raw === "null" ? { kind: "nothing", place } : unknown(place, "a regular expression or big number")
      }
      case "Identifier":
        return this.#variable(node.name, place)
      case "ArrayExpression":
        return this.#list(node, place)
      case "ObjectExpression":
        return this.#object(node, place)
      case "MemberExpression": {
        if (isEnvironment(node)) return unknown(place, "a variable of the environment")
        const of = this.#value(node.object)
        const key = this.#keyOf(node)
        if (of.kind !== "object" || key === undefined) return unknown(place, of.kind === "unknown" ? of.what : computed)
        return this.#member(of, key) ?? { kind: "nothing", place }
      }
      case "AssignmentExpression":
        return this.#assign(node, place)
      case "TemplateLiteral":
      case "BinaryExpression":
        return this.#joined(node, place)
      case "UnaryExpression": {
        const value = node.operator === "-" ? this.#value(node.argument) : undefined
        return value?.kind === "number" ? { kind: "number", place, number: -value.number } : unknown(place, computed)
      }
      default:
        return unknown(place, whatOf(node))
    }
  }

  #list(node: ArrayExpression, place: Position): List {
    const list: List = { kind: "list", place, items: [], gap: undefined, touched: undefined }
    for (const element of node.elements) {
      if (element?.type === "SpreadElement") {
        const value = this.#value(element.argument)
        if (value.kind === "list" && value.touched === undefined && this.#afford(value.items.length)) {
          for (const item of value.items) list.items.push(item)
          list.gap ??= value.gap
        } else list.gap ??= placeOf(element)
      } else list.items.push(element === null ? { kind: "nothing", place } : this.#value(element))
    }
    return list
  }

  #object(node: ObjectExpression, place: Position): Section {
    const object = section(place)
    // what comes from a spread is there to be replaced
    const written = new Set<string>()
    for (const property of node.properties) {
      if (property.type === "SpreadElement") {
        this.#spread(object, this.#value(property.argument), placeOf(property))
        continue
      }
      const place = placeOf(property.key)
      const value = property.kind === "init" ? this.#value(property.value) : unknown(place, "a function")
      const named = !property.computed && property.key.type === "Identifier"
      const key = named ? (property.key as { readonly name: string }).name : textOf(this.#value(property.key))
      // sets the prototype, and no member
      const inherits = key === "__proto__" && !property.shorthand && !property.computed
      if (key === undefined || inherits) {
        this.#leaveOpen(object, place)
        continue
      }
      object.members.set(key, { place, value, replaces: written.has(key) ? "twice" : undefined })
      written.add(key)
    }
    return object
  }

  #spread(object: Section, value: Value, place: Position): void {
    if (value.kind === "nothing") return
    const readable = value.kind === "object" && value.touched === undefined && value.gap === undefined
    if (!readable || !this.#afford(value.members.size)) return this.#leaveOpen(object, place)
    for (const [key, member] of value.members) object.members.set(key, { ...member, replaces: undefined })
  }

  /** Members that cannot be read come in: those that stand before them may be replaced. */
  #leaveOpen(object: Section, place: Position): void {
    object.gap ??= place
    if (object.members.size > 0) object.touched ??= place
  }

  #afford(count: number): boolean {
    this.#left -= count
    return this.#left >= 0
  }

  #keyOf({ property }: MemberExpression): string | undefined {
    if (property.type === "Identifier") return property.name
    return property.type === "Literal" ? String(property.value) : undefined
  }

  /** Texts and numbers, one behind the other; numbers alone are added or multiplied. */
  #joined(node: TemplateLiteral | BinaryExpression, place: Position): Value {
    const template = node.type === "TemplateLiteral"
    if (!template && (!/^[+*]$/.test(node.operator) || node.left.type === "PrivateIdentifier")) {
      return unknown(place, computed)
    }
    const values = template ? node.expressions.map((one) => this.#value(one)) : []
    if (!template) values.push(this.#value(node.left as Expression), this.#value(node.right))
    const [left, right] = values
    if (!template && left?.kind === "number" && right?.kind === "number") {
      const number = node.operator === "*" ? left.number * right.number : left.number + right.number
      return { kind: "number", place, number }
    }
    if (!template && node.operator === "*") return unknown(place, computed)
    const parts = values.map(textOf)
    if (parts.includes(undefined)) return unknown(place, computed)
    const text = template
      ? node.quasis.map(({ value }, index) => (value.cooked ?? "") + (parts[index] ?? "")).join("")
      : parts.join("")
    return text.length > longestText ? unknown(place, computed) : { kind: "text", place, text }
  }

  #rootOf(node: MemberExpression): Value | undefined {
    let root: Expression | Super = node
    while (root.type === "MemberExpression") root = root.object
    return root.type === "Identifier" ? this.#variables.get(root.name) : undefined
  }

  #assign({ left, operator, right }: AssignmentExpression, place: Position): Value {
    const value = this.#value(right)
    if (operator !== "=") return unknown(place, computed)
    if (left.type === "Identifier") this.#hold(left.name, value)
    if (left.type !== "MemberExpression") return value
    const of = this.#value(left.object)
    const key = this.#keyOf(left)
    if (of.kind === "list") of.touched ??= placeOf(left)
    if (of.kind !== "object" || key === undefined) {
      // what is changed is somewhere in what the first name stands for
      for (const reached of [value, this.#rootOf(left)]) if (reached !== undefined) this.#touch(reached, placeOf(left))
    } else {
      // what is put where other code can reach is within its reach
      if (of.touched !== undefined) this.#touch(value, of.touched)
      const replaces = of.members.has(key) ? "assigned" : undefined
      of.members.set(key, { place: placeOf(left.property), value, replaces })
    }
    return value
  }
}

/** What a file exports as `config`, as far as that can be known without running it. */
export const readExports = (program: Program): Exported => new Reader(program).read(program)
