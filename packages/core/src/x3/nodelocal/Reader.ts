import type {
  ArrayExpression,
  AssignmentExpression,
  BinaryExpression,
  CallExpression,
  Expression,
  LogicalExpression,
  MemberExpression,
  Node,
  ObjectExpression,
  Pattern,
  Program,
  Property,
  SpreadElement,
  Super,
  UnaryExpression,
  VariableDeclaration
} from "acorn"
import type { List, Member, Place, Section, Unknown, Value } from "./Value.ts"

/** No file that a human wrote needs more; one that doubles a list a hundred times does. */
const steps = 500_000
const deepest = 200
const longestText = 10_000

const computed = "a computed value"
const tooMuch = "nested or repeated too often"
const byCode = "set by code that may or may not run"

const section = (place: Place): Section => ({
  kind: "object",
  place,
  members: new Map(),
  gap: undefined,
  touched: undefined
})

const unknown = (place: Place, what: string): Unknown => ({ kind: "unknown", place, what })

const placeOf = (node: Node): Place => ({ line: node.loc?.start.line ?? 1, column: (node.loc?.start.column ?? 0) + 1 })

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string"

/** A node and all below it, without recursion: depth is the file's choice. */
function* nodesOf(root: Node): Generator<Node> {
  const waiting = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node
    for (const child of Object.values(node)) {
      if (isNode(child)) waiting.push(child)
      else if (Array.isArray(child)) for (const one of child) if (isNode(one)) waiting.push(one)
    }
  }
}

/** `console.log(config)` changes nothing. */
const isHarmless = (callee: CallExpression["callee"]): boolean =>
  callee.type === "MemberExpression" && callee.object.type === "Identifier" && callee.object.name === "console"

const isEnvironment = (node: MemberExpression): boolean => {
  const { object } = node
  return (
    object.type === "MemberExpression" &&
    object.object.type === "Identifier" &&
    object.object.name === "process" &&
    object.property.type === "Identifier" &&
    object.property.name === "env"
  )
}

/** What a file exports, and how. */
export interface Exported {
  /** `config` of what is exported; undefined where there is none */
  readonly config: Value | undefined
  /** of the exports as a whole */
  readonly exports: Value
  /** an ES module's `export` */
  readonly esModule: Place | undefined
}

/**
 * Reads a file as data: follows its statements from top to bottom with literals, variables, members and spreads, and
 * takes for unknown whatever a function, a condition, the environment or another file decides. Nothing is run.
 */
class Reader {
  readonly #variables = new Map<string, Value>()
  /** set in code that may or may not run, and when it does */
  readonly #unsteady = new Set<string>()
  /** done once where the code stands, and once more at the end: a function runs when somebody calls it */
  readonly #doubts: Array<() => void> = []
  readonly #module: Section
  readonly #named = new Map<string, Value>()
  readonly #namedLater: Array<readonly [exported: string, local: string, place: Place]> = []
  #esModule: Place | undefined
  #left = steps
  #depth = 0

  constructor() {
    const start = { line: 1, column: 1 }
    const exports = section(start)
    this.#module = section(start)
    this.#module.members.set("exports", { place: start, value: exports, replaces: undefined })
    this.#variables.set("module", this.#module).set("exports", exports)
  }

  read(program: Program): Exported {
    // functions are there before the first statement
    for (const node of program.body) if (node.type === "FunctionDeclaration") this.#statement(node)
    for (const node of program.body) {
      if (node.type === "ReturnStatement" || node.type === "ThrowStatement") break
      if (node.type !== "FunctionDeclaration") this.#statement(node)
    }
    this.#runDoubts()
    const exports = this.#module.members.get("exports")?.value ?? this.#module
    for (const [exported, local, place] of this.#namedLater) this.#named.set(exported, this.#variable(local, place))
    const config = this.#configOf(exports)
    // what came after the last step is not in it
    const cut = config !== undefined && this.#left < 0
    return { config: cut ? unknown(config.place, tooMuch) : config, exports, esModule: this.#esModule }
  }

  #configOf(exports: Value): Value | undefined {
    const inCommonJs = this.#member(exports, "config")
    if (inCommonJs !== undefined && inCommonJs.kind !== "nothing") return inCommonJs
    const named = this.#named.get("config")
    if (named !== undefined) return named
    const byDefault = this.#named.get("default")
    return byDefault === undefined ? undefined : this.#member(byDefault, "config")
  }

  #statement(node: Program["body"][number]): void {
    switch (node.type) {
      case "ExpressionStatement":
        this.#value(node.expression)
        return
      case "VariableDeclaration":
        return this.#declare(node)
      case "ExportNamedDeclaration":
        this.#esModule ??= placeOf(node)
        if (node.declaration?.type === "VariableDeclaration") {
          this.#declare(node.declaration)
          for (const { id } of node.declaration.declarations) {
            if (id.type === "Identifier") this.#namedLater.push([id.name, id.name, placeOf(id)])
          }
        } else if (node.declaration != null) this.#doubt(node.declaration)
        for (const { exported, local } of node.specifiers) {
          const name = exported.type === "Identifier" ? exported.name : String(exported.value)
          const of = node.source == null && local.type === "Identifier" ? local.name : ""
          this.#namedLater.push([name, of, placeOf(exported)])
        }
        return
      case "ExportDefaultDeclaration": {
        this.#esModule ??= placeOf(node)
        const { declaration } = node
        if (declaration.type === "FunctionDeclaration" || declaration.type === "ClassDeclaration") {
          this.#doubt(declaration)
          this.#named.set("default", unknown(placeOf(declaration), "a function"))
        } else this.#named.set("default", this.#value(declaration))
        return
      }
      case "ImportDeclaration":
        this.#esModule ??= placeOf(node)
        for (const { local } of node.specifiers) {
          this.#variables.set(local.name, unknown(placeOf(local), "what another file says"))
        }
        return
      case "FunctionDeclaration":
      case "ClassDeclaration":
        this.#variables.set(node.id.name, unknown(placeOf(node), "a function"))
        return this.#doubt(node)
      default:
        return this.#doubt(node)
    }
  }

  #declare(node: VariableDeclaration): void {
    for (const { id, init } of node.declarations) {
      const value = init == null ? undefined : this.#value(init)
      if (id.type !== "Identifier") this.#blur(id)
      // a var without a value leaves the one that it has
      else if (value !== undefined) this.#variables.set(id.name, value)
      else if (!this.#variables.has(id.name)) {
        this.#variables.set(id.name, { kind: "nothing", place: placeOf(id) })
      }
    }
  }

  #variable(name: string, place: Place): Value {
    if (this.#unsteady.has(name)) return unknown(place, byCode)
    if (name === "undefined") return { kind: "nothing", place }
    return this.#variables.get(name) ?? unknown(place, "a name that this file does not define")
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
    if (--this.#left < 0 || this.#depth >= deepest) {
      this.#doubt(node)
      return unknown(placeOf(node), tooMuch)
    }
    this.#depth++
    const value = this.#read(node)
    this.#depth--
    return value
  }

  #read(node: Expression | Super | SpreadElement): Value {
    const place = placeOf(node)
    switch (node.type) {
      case "Literal": {
        const { value } = node
        if (typeof value === "string") return { kind: "text", place, text: value }
        if (typeof value === "number") return { kind: "number", place, number: value }
        if (typeof value === "boolean") return { kind: "boolean", place, boolean: value }
        return node.raw === "null" ? { kind: "nothing", place } : unknown(place, "a regular expression or big number")
      }
      case "TemplateLiteral": {
        let text = ""
        for (const [index, quasi] of node.quasis.entries()) {
          text += quasi.value.cooked ?? ""
          const expression = node.expressions[index]
          const value = expression === undefined ? undefined : this.#value(expression)
          if (value === undefined) continue
          if (value.kind !== "text" && value.kind !== "number") return unknown(place, computed)
          text += value.kind === "text" ? value.text : String(value.number)
          if (text.length > longestText) return unknown(place, computed)
        }
        return { kind: "text", place, text }
      }
      case "Identifier":
        return this.#variable(node.name, place)
      case "ThisExpression":
        return this.#module.members.get("exports")?.value ?? unknown(place, computed)
      case "ArrayExpression":
        return this.#list(node, place)
      case "ObjectExpression":
        return this.#object(node, place)
      case "MemberExpression": {
        const of = this.#value(node.object)
        if (isEnvironment(node)) return unknown(place, "a variable of the environment")
        const key = this.#keyOf(node)
        if (key === undefined) return unknown(place, computed)
        if (of.kind !== "object") return unknown(place, of.kind === "unknown" ? of.what : computed)
        return this.#member(of, key) ?? { kind: "nothing", place }
      }
      case "ChainExpression":
        return this.#value(node.expression)
      case "SequenceExpression":
        return node.expressions.map((one) => this.#value(one)).at(-1) ?? unknown(place, computed)
      case "AssignmentExpression":
        return this.#assign(node, place)
      case "UnaryExpression":
        return this.#unary(node, place)
      case "BinaryExpression":
        return this.#binary(node, place)
      case "CallExpression":
        return this.#call(node, place)
      case "NewExpression":
        for (const argument of node.arguments) this.#touch(this.#value(argument), place)
        return unknown(place, "the result of a function")
      case "SpreadElement":
        return this.#value(node.argument)
      case "ConditionalExpression":
        this.#value(node.test)
        return this.#choice([node.consequent, node.alternate], place)
      case "LogicalExpression":
        return this.#logical(node, place)
      case "FunctionExpression":
      case "ArrowFunctionExpression":
      case "ClassExpression":
        this.#doubt(node)
        return unknown(place, "a function")
      case "TaggedTemplateExpression":
        this.#doubt(node)
        return unknown(place, "the result of a function")
      default:
        this.#doubt(node)
        return unknown(place, computed)
    }
  }

  #list(node: ArrayExpression, place: Place): List {
    const list: List = { kind: "list", place, items: [], gap: undefined, touched: undefined }
    for (const element of node.elements) {
      if (element === null) {
        list.items.push({ kind: "nothing", place })
        continue
      }
      const value = this.#value(element)
      if (element.type !== "SpreadElement") list.items.push(value)
      else if (value.kind === "list" && value.touched === undefined && this.#afford(value.items.length)) {
        for (const item of value.items) list.items.push(item)
        list.gap ??= value.gap
      } else list.gap ??= placeOf(element)
    }
    return list
  }

  #object(node: ObjectExpression, place: Place): Section {
    const object = section(place)
    // what comes from a spread is there to be replaced
    const written = new Set<string>()
    for (const property of node.properties) {
      if (property.type === "SpreadElement") this.#spread(object, property)
      else this.#property(object, property, written)
    }
    return object
  }

  #property(object: Section, node: Property, written: Set<string>): void {
    const place = placeOf(node.key)
    const value =
      node.kind === "init" ? this.#value(node.value) : (this.#doubt(node.value), unknown(place, "a function"))
    const key = this.#nameOf(node)
    // sets the prototype, and no member
    const inherits = key === "__proto__" && !node.shorthand && !node.computed
    if (key === undefined || inherits) return this.#leaveOpen(object, place)
    object.members.set(key, { place, value, replaces: written.has(key) ? "twice" : undefined })
    written.add(key)
  }

  #spread(object: Section, node: SpreadElement): void {
    const value = this.#value(node.argument)
    if (value.kind === "nothing") return
    const readable = value.kind === "object" && value.touched === undefined && value.gap === undefined
    if (!readable || !this.#afford(value.members.size)) return this.#leaveOpen(object, placeOf(node))
    for (const [key, member] of value.members) object.members.set(key, { ...member, replaces: undefined })
  }

  /** Members that cannot be read come in: those that stand before them may be replaced. */
  #leaveOpen(object: Section, place: Place): void {
    object.gap ??= place
    if (object.members.size > 0) object.touched ??= place
  }

  #afford(count: number): boolean {
    this.#left -= count
    return this.#left >= 0
  }

  #nameOf(node: Property): string | undefined {
    if (!node.computed && node.key.type === "Identifier") return node.key.name
    return this.#textOf(this.#value(node.key))
  }

  #keyOf(node: MemberExpression): string | undefined {
    if (!node.computed) return node.property.type === "Identifier" ? node.property.name : undefined
    return node.property.type === "PrivateIdentifier" ? undefined : this.#textOf(this.#value(node.property))
  }

  /** Both ways are left open, and what can be reached through either. */
  #choice(ways: ReadonlyArray<Expression>, place: Place): Value {
    for (const way of ways) {
      this.#doubt(way)
      this.#touchFound(way, place)
    }
    return unknown(place, "a choice between values")
  }

  #logical(node: LogicalExpression, place: Place): Value {
    const left = this.#value(node.left)
    if (left.kind === "unknown") {
      this.#touchFound(node.left, place)
      return this.#choice([node.right], place)
    }
    const takesRight = node.operator === "??" ? left.kind === "nothing" : isTruthy(left) === (node.operator === "&&")
    return takesRight ? this.#value(node.right) : left
  }

  #textOf(value: Value): string | undefined {
    if (value.kind === "text") return value.text
    return value.kind === "number" ? String(value.number) : undefined
  }

  #assign(node: AssignmentExpression, place: Place): Value {
    const right = this.#value(node.right)
    const value = node.operator === "=" ? right : unknown(place, computed)
    if (node.operator !== "=" || (node.left.type !== "Identifier" && node.left.type !== "MemberExpression")) {
      this.#blur(node.left)
    } else this.#set(node.left, value)
    return value
  }

  #set(target: Pattern, value: Value): void {
    if (target.type === "Identifier") {
      this.#variables.set(target.name, value)
      return
    }
    if (target.type !== "MemberExpression") return
    const of = this.#value(target.object)
    const key = this.#keyOf(target)
    if (of.kind === "list") of.touched ??= placeOf(target)
    else if (of.kind === "unknown") this.#touchFound(target.object, placeOf(target))
    if (of.kind !== "object") return
    if (key === undefined) {
      of.touched ??= placeOf(target)
      return
    }
    const replaces = of.members.has(key) ? "assigned" : undefined
    of.members.set(key, { place: placeOf(target.property), value, replaces } satisfies Member)
  }

  #unary(node: UnaryExpression, place: Place): Value {
    if (node.operator === "delete") {
      const { argument } = node
      const of = argument.type === "MemberExpression" ? this.#value(argument.object) : undefined
      const key = argument.type === "MemberExpression" ? this.#keyOf(argument) : undefined
      if (of?.kind === "object" && key !== undefined) of.members.delete(key)
      else if (of !== undefined) this.#touch(of, place)
      return { kind: "boolean", place, boolean: true }
    }
    const value = this.#value(node.argument)
    if (node.operator === "void") return { kind: "nothing", place }
    if (node.operator === "-" && value.kind === "number") return { kind: "number", place, number: -value.number }
    if (node.operator === "+" && value.kind === "number") return { ...value, place }
    if (node.operator === "!" && value.kind === "boolean") return { kind: "boolean", place, boolean: !value.boolean }
    if (node.operator === "!" && value.kind === "number") return { kind: "boolean", place, boolean: value.number === 0 }
    return unknown(place, computed)
  }

  #binary(node: BinaryExpression, place: Place): Value {
    const left = node.left.type === "PrivateIdentifier" ? unknown(place, computed) : this.#value(node.left)
    const right = this.#value(node.right)
    if (left.kind === "number" && right.kind === "number") {
      const number = arithmetic(node.operator, left.number, right.number)
      if (number !== undefined) return { kind: "number", place, number }
    }
    if (node.operator === "+" && left.kind === "text" && right.kind === "text") {
      const text = left.text + right.text
      if (text.length <= longestText) return { kind: "text", place: left.place, text }
    }
    return unknown(place, computed)
  }

  #call(node: CallExpression, place: Place): Value {
    const { callee } = node
    const of = callee.type === "MemberExpression" ? this.#value(callee.object) : undefined
    const name = callee.type === "MemberExpression" ? this.#keyOf(callee) : undefined
    if (callee.type !== "MemberExpression") this.#value(callee)
    const given = node.arguments.map((argument) => this.#value(argument))
    if (of?.kind === "list" && name === "push" && node.arguments.every(({ type }) => type !== "SpreadElement")) {
      for (const item of given) of.items.push(item)
      return unknown(place, computed)
    }
    if (callee.type === "Identifier" && callee.name === "require") return unknown(place, "what another file says")
    if (isHarmless(callee)) return unknown(place, computed)
    for (const value of given) this.#touch(value, place)
    if (of !== undefined) this.#touch(of, place)
    for (const handed of callee.type === "MemberExpression" ? [callee.object, ...node.arguments] : node.arguments) {
      this.#touchFound(handed, place)
    }
    this.#runDoubts()
    return unknown(place, "the result of a function")
  }

  /** Handed to code that may change it, and everything in it. */
  #touch(value: Value, place: Place): void {
    const waiting = [value]
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      if ((one.kind !== "list" && one.kind !== "object") || one.touched !== undefined) continue
      one.touched = place
      if (one.kind === "list") for (const item of one.items) waiting.push(item)
      else for (const { value } of one.members.values()) waiting.push(value)
    }
  }

  /** Code that may or may not run, or later: all that it sets is unknown, and all that it hands over. */
  #doubt(node: Node): void {
    for (const inner of nodesOf(node)) {
      if (inner.type === "AssignmentExpression") this.#blur((inner as AssignmentExpression).left)
      else if (inner.type === "UpdateExpression") this.#blur((inner as Node & { argument: Node }).argument)
      else if (inner.type === "UnaryExpression") {
        const { argument, operator } = inner as UnaryExpression
        if (operator === "delete") this.#blur(argument)
      } else if (inner.type === "ForInStatement" || inner.type === "ForOfStatement") {
        this.#blur((inner as Node & { left: Node }).left)
      } else if (inner.type === "CallExpression" || inner.type === "NewExpression") {
        const { arguments: given, callee } = inner as CallExpression
        if (isHarmless(callee)) continue
        const handed = callee.type === "MemberExpression" ? [callee.object, ...given] : given
        const place = placeOf(inner)
        for (const one of handed) this.#inDoubt(() => this.#touchFound(one, place))
      }
    }
  }

  /** Any call may be of any function. */
  #runDoubts(): void {
    if (this.#afford(this.#doubts.length)) for (const doubt of this.#doubts) doubt()
  }

  #inDoubt(doubt: () => void): void {
    doubt()
    this.#doubts.push(doubt)
  }

  #touchFound(node: Node, place: Place): void {
    const found = this.#find(node)
    if (found !== undefined) this.#touch(found, place)
  }

  /** Names and members that a pattern or target sets are unknown from here on. */
  #blur(target: Node): void {
    for (const inner of nodesOf(target)) {
      if (inner.type === "Identifier" && (inner === target || target.type !== "MemberExpression")) {
        this.#unsteady.add((inner as Node & { name: string }).name)
      }
      if (inner.type === "MemberExpression") this.#inDoubt(() => this.#blurMember(inner as MemberExpression))
      if (inner === target && inner.type === "MemberExpression") return
    }
  }

  #blurMember(target: MemberExpression): void {
    const of = this.#find(target.object)
    const place = placeOf(target)
    if (of?.kind === "list") of.touched ??= place
    if (of?.kind !== "object") return
    const key = target.computed ? undefined : (target.property as Node & { name?: string }).name
    if (key === undefined) of.touched ??= place
    else of.members.set(key, { place, value: unknown(place, byCode), replaces: undefined })
  }

  /** What a chain of names leads to, without reading anything new. */
  #find(node: Node): List | Section | undefined {
    const keys: Array<string | undefined> = []
    let root = node
    while (root.type === "MemberExpression" || root.type === "ChainExpression" || root.type === "SpreadElement") {
      if (root.type === "MemberExpression") {
        const { computed, object, property } = root as MemberExpression
        keys.push(computed ? undefined : (property as Node & { name?: string }).name)
        root = object
      } else
        root = (root as Node & { expression?: Node; argument?: Node }).expression ?? (root as SpreadElement).argument
    }
    let found: Value | undefined
    if (root.type === "Identifier") found = this.#variables.get((root as Node & { name: string }).name)
    if (root.type === "ThisExpression") found = this.#module.members.get("exports")?.value
    for (const key of keys.toReversed()) {
      if (found?.kind !== "object") break
      // a computed key may be any of them: the whole is meant
      if (key === undefined) break
      found = found.members.get(key)?.value
    }
    return found?.kind === "list" || found?.kind === "object" ? found : undefined
  }
}

const arithmetic = (operator: string, left: number, right: number): number | undefined => {
  switch (operator) {
    case "+":
      return left + right
    case "-":
      return left - right
    case "*":
      return left * right
    case "/":
      return left / right
    default:
      return undefined
  }
}

const isTruthy = (value: Exclude<Value, Unknown>): boolean => {
  switch (value.kind) {
    case "text":
      return value.text !== ""
    case "number":
      return value.number !== 0 && !Number.isNaN(value.number)
    case "boolean":
      return value.boolean
    case "nothing":
      return false
    default:
      return true
  }
}

/** What a file exports as `config`, as far as that can be known without running it. */
export const readExports = (program: Program): Exported => new Reader().read(program)
