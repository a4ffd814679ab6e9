import type { XmlElement } from "./xml.ts"

/** What may stand in an element. */
export type Shape =
  | { readonly kind: "anything" }
  /** Text alone; `accepts` says whether the text will do, and `type` what it is then. */
  | {
      readonly kind: "text"
      readonly type?: string
      readonly accepts?: (text: string) => boolean
      readonly attributes?: Readonly<Record<string, AttributeRule>>
    }
  | {
      readonly kind: "elements"
      readonly attributes: Readonly<Record<string, AttributeRule>>
      readonly children: Readonly<Record<string, ChildRule>>
      /** Whether children of every other name may stand there, too. */
      readonly open?: boolean | undefined
      /** How many children of any name there are at least; `"one"`: exactly one. */
      readonly total?: number | "one" | undefined
      /** Names of which one child may stand there, and not two. */
      readonly either?: ReadonlyArray<string> | undefined
    }

/** What an attribute may be. */
export interface AttributeRule {
  readonly required?: boolean | undefined
  readonly type?: string | undefined
  readonly accepts?: ((text: string) => boolean) | undefined
}

/** How often a child may stand there. */
export interface ChildRule {
  readonly shape: Shape | (() => Shape)
  readonly least: number
  readonly most: number
}

/** Anything at all. */
export const anything: Shape = { kind: "anything" }

/** Any text. */
export const text: Shape & { readonly kind: "text" } = { kind: "text" }

const isBoolean = (value: string): boolean => ["true", "false", "1", "0"].includes(value.trim())

/** `true` or `false`. */
export const truth: Shape = { kind: "text", type: "xs:boolean", accepts: isBoolean }

/** A whole number within limits. */
export const whole = (least: number, most: number): Shape & { readonly kind: "text" } => ({
  kind: "text",
  type: "xs:integer",
  accepts: (value) => isWhole(value, least, most)
})

const isWhole = (value: string, least: number, most: number): boolean =>
  /^\s*[+-]?\d{1,15}\s*$/.test(value) && Number(value) >= least && Number(value) <= most

/** One of some words. */
export const oneOf = (...words: ReadonlyArray<string>): Shape & { readonly kind: "text" } => ({
  kind: "text",
  type: `the set {${words.map((word) => `'${word}'`).join(", ")}}`,
  accepts: (value) => words.includes(value.trim())
})

/** An attribute with a value of that shape, without spaces around it: what reads it need not take them off. */
export const attribute = (shape: Shape, required = false): AttributeRule => {
  if (shape.kind !== "text") return { required }
  const { accepts, type } = shape
  return { required, type, accepts: (value) => value === value.trim() && accepts?.(value) !== false }
}

/** A child that may stand once. */
export const optional = (shape: ChildRule["shape"]): ChildRule => ({ shape, least: 0, most: 1 })

/** A child that has to stand once. */
export const once = (shape: ChildRule["shape"]): ChildRule => ({ shape, least: 1, most: 1 })

/** A child that may be repeated. */
export const many = (shape: ChildRule["shape"], least = 0, most = Number.POSITIVE_INFINITY): ChildRule => ({
  shape,
  least,
  most
})

/** Elements of these names, in any order. */
export const elements = (
  children: Readonly<Record<string, ChildRule>>,
  attributes: Readonly<Record<string, AttributeRule>> = {},
  total?: number | "one"
): Shape => ({ kind: "elements", children, attributes, total })

/** Elements of any name, one at least. */
export const anyElements: Shape = { kind: "elements", attributes: {}, children: {}, open: true, total: 1 }

/** Says what the schema has against an element. `number` is libxml2's. */
export type Refuse = (at: XmlElement, message: string, number?: number) => void

const deepest = 60

/** Tells `refuse` everything about an element that is not of its shape. */
export const checkShape = (element: XmlElement, shape: Shape, refuse: Refuse, depth = 0): void => {
  if (depth > deepest) {
    refuse(element, "This element is nested too deep.")
    return
  }
  if (shape.kind === "anything") return
  const allowed = shape.attributes ?? {}
  for (const [name, value] of element.attributes) {
    const rule = Object.hasOwn(allowed, name) ? allowed[name] : undefined
    if (rule === undefined) refuse(element, `The attribute '${name}' is not allowed.`, 1866)
    else if (rule.accepts !== undefined && !rule.accepts(value)) refuseValue(element, rule.type, refuse, name)
  }
  for (const [name, rule] of Object.entries(allowed)) {
    if (rule.required === true && !element.attributes.has(name)) {
      refuse(element, `The attribute '${name}' is required but missing.`, 1868)
    }
  }
  if (shape.kind === "text") {
    const [child] = element.children
    if (child !== undefined)
      refuse(child, "Element content is not allowed, because the type definition is simple.", 1825)
    else if (shape.accepts !== undefined && !shape.accepts(element.text)) refuseValue(element, shape.type, refuse)
    return
  }
  checkChildren(element, shape, refuse, depth)
}

const refuseValue = (element: XmlElement, type: string | undefined, refuse: Refuse, name?: string): void => {
  const of = name === undefined ? "The value" : `The value of the attribute '${name}'`
  refuse(
    element,
    type?.startsWith("the set") === true
      ? `${of} is not an element of ${type}.`
      : `${of} is not a valid value of the atomic type '${type ?? "xs:string"}'.`,
    1824
  )
}

const checkChildren = (
  element: XmlElement,
  shape: Shape & { readonly kind: "elements" },
  refuse: Refuse,
  depth: number
): void => {
  const { children, either = [], total, open } = shape
  let unexpected = element.text.trim() !== ""
  if (unexpected) {
    refuse(
      element,
      "Character content other than whitespace is not allowed because the content type is 'element-only'.",
      1841
    )
  }
  const seen = new Map<string, number>()
  const expected = (): string => {
    const names = Object.entries(children)
      .filter(([name, rule]) => (seen.get(name) ?? 0) < rule.most)
      .map(([name]) => name)
    if (names.length === 0) return ""
    return names.length === 1 ? ` Expected is ( ${names[0]} ).` : ` Expected is one of ( ${names.join(", ")} ).`
  }
  for (const [index, child] of element.children.entries()) {
    const rule = Object.hasOwn(children, child.name) ? children[child.name] : undefined
    const count = (seen.get(child.name) ?? 0) + 1
    if (rule === undefined && open === true) continue
    const second = either.includes(child.name) && either.some((name) => seen.has(name))
    if (rule === undefined || count > rule.most || second || (total === "one" && index > 0)) {
      refuse(child, `This element is not expected.${total === "one" && index > 0 ? "" : expected()}`)
      unexpected = true
      continue
    }
    seen.set(child.name, count)
    checkShape(child, typeof rule.shape === "function" ? rule.shape() : rule.shape, refuse, depth + 1)
  }
  // What is missing may well be what stands there under a wrong name: one mistake, one message.
  if (unexpected) return
  const missing = Object.entries(children).find(([name, rule]) => (seen.get(name) ?? 0) < rule.least)
  if (missing !== undefined) {
    refuse(element, `Missing child element(s). Expected is ( ${missing[0]} ).`)
  } else if (element.children.length < (total === "one" ? 1 : (total ?? 0))) {
    refuse(element, `Missing child element(s).${expected()}`)
  }
}
