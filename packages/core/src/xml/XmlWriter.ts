/**
 * Writes XML text: no value can break out of its element, and what XML 1.0 cannot carry is refused by name.
 *
 * **Details**
 *
 * Empty elements are written as `<a />`. Text escapes `&`, `<`, `>` and the carriage return, which a reader would
 * otherwise turn into a line feed. Attributes escape both quotes, tab and line feed as well.
 *
 * @see https://www.w3.org/TR/xml/#charsets Extensible Markup Language (XML) 1.0, section 2.2
 */
import * as Result from "../config/Result.ts"
import { isXmlName } from "./XmlText.ts"
import { escapeAttribute, escapeText } from "./escape.ts"

/**
 * A value that cannot be written. `message` names the place and the remedy, never the value.
 *
 * @category errors
 */
export interface XmlRefusal {
  readonly _tag: "XmlRefusal"
  /** The option or property at fault, such as `login.userId` or `functions[0].create.VENDOR.NAME`. */
  readonly path: string
  readonly message: string
}

/**
 * @category errors
 */
export const refuse = (path: string, problem: string): XmlRefusal => ({
  _tag: "XmlRefusal",
  path,
  message: `${path} ${problem}`
})

/** How many elements deep `writeObject` goes. */
const maxDepth = 100

/** Letters, digits, signs and line feeds that stand for themselves: nearly every value. */
const plain = /^[\t\n !-%'-;=?-~]*$/

const outsideXml = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u

/**
 * Says why a text cannot be carried by XML 1.0, and what to do; `undefined` when it can.
 */
export const uncarriable = (value: string): string | undefined => {
  if (plain.test(value)) return undefined
  const found = outsideXml.exec(value)
  if (found === null) return undefined
  const code = found[0].charCodeAt(0)
  const kind = code < 0x20 ? "a control character" : code <= 0xdfff ? "half of a surrogate pair" : "a noncharacter"
  const point = code.toString(16).toUpperCase().padStart(4, "0")
  return `contains ${kind} (U+${point}), which XML 1.0 cannot carry: remove it`
}

/**
 * Character data, escaped, or the refusal of a value that XML cannot carry.
 */
export const characterData = (value: string, path: string): Result.Result<string, XmlRefusal> => {
  const problem = uncarriable(value)
  return problem === undefined ? Result.succeed(escapeText(value)) : Result.fail(refuse(path, problem))
}

/**
 * An element around content that is XML already. `attributes` is what follows the name, such as ` a="1"`.
 *
 * @throws TypeError when `name` is not an XML name: names given here come from the program, not from data.
 */
export const element = (name: string, content: string, attributes = ""): string => {
  if (!isXmlName(name)) throw new TypeError(`${JSON.stringify(name)} is not an XML name`)
  return content === "" ? `<${name}${attributes} />` : `<${name}${attributes}>${content}</${name}>`
}

/**
 * Writes the children, attributes and text of one element from a plain object.
 *
 * **Details**
 *
 * - A key is an element; an array repeats it; `@name` is an attribute and `#text` is text, in the order of the keys.
 * - `null` and `""` make an empty element, `undefined` is left out.
 * - Strings, finite numbers, bigints and booleans are written as text.
 * - Everything else is refused by the name of its path: `Date` and other instances of classes, functions, symbols,
 *   `NaN`, cycles, more than 100 levels, a key that is not an XML name, a character that XML cannot carry.
 *
 * Returns `attributes` (with a leading space, or empty) for the element around it, and its `content`.
 */
export const writeObject = (
  value: unknown,
  path: string
): Result.Result<{ readonly attributes: string; readonly content: string }, XmlRefusal> => {
  const writer = new ObjectWriter(path)
  const written = writer.inside(value)
  return writer.refusal === undefined ? Result.succeed(written) : Result.fail(writer.refusal)
}

class ObjectWriter {
  refusal: XmlRefusal | undefined
  readonly #root: string
  /** where it is below the root: keys, and places in arrays */
  readonly #path: Array<string | number> = []
  readonly #ancestors: Array<object> = []

  constructor(root: string) {
    this.#root = root
  }

  inside(value: unknown): { attributes: string; content: string } {
    const written = { attributes: "", content: "" }
    if (value === null || value === undefined) return written
    if (typeof value !== "object") {
      written.content = this.#text(value)
      return written
    }
    if (!isPlain(value)) {
      this.#refuse(`is ${described(value)}: give a plain object, a string, a number, a boolean or null`)
      return written
    }
    const problem = this.#tooFar(value)
    if (problem !== undefined) {
      this.#refuse(problem)
      return written
    }
    this.#ancestors.push(value)
    for (const key of Object.keys(value)) {
      if (this.refusal !== undefined) break
      const property = value[key]
      if (property === undefined) continue
      this.#path.push(key)
      if (key === "#text") {
        written.content += this.#text(property)
      } else if (key.startsWith("@")) {
        const name = key.slice(1)
        written.attributes += this.#named(name) ? ` ${name}="${this.#attribute(property)}"` : ""
      } else if (this.#named(key)) {
        written.content += this.#elements(key, property)
      }
      this.#path.pop()
    }
    this.#ancestors.pop()
    return written
  }

  #elements(name: string, value: unknown): string {
    if (!Array.isArray(value)) return this.#element(name, value)
    let written = ""
    for (const [index, item] of value.entries()) {
      if (this.refusal !== undefined) break
      this.#path.push(index)
      if (Array.isArray(item)) this.#refuse("is an array inside an array: give it an element of its own")
      else if (item !== undefined) written += this.#element(name, item)
      this.#path.pop()
    }
    return written
  }

  #element(name: string, value: unknown): string {
    // a text, as nearly every element has
    if (typeof value === "string" && value !== "" && plain.test(value)) return `<${name}>${value}</${name}>`
    const { attributes, content } = this.inside(value)
    return content === "" ? `<${name}${attributes} />` : `<${name}${attributes}>${content}</${name}>`
  }

  #text(value: unknown): string {
    return value === null ? "" : escapeText(this.#scalar(value))
  }

  #attribute(value: unknown): string {
    return value === null ? "" : escapeAttribute(this.#scalar(value))
  }

  #scalar(value: unknown): string {
    switch (typeof value) {
      case "string": {
        const problem = uncarriable(value)
        if (problem === undefined) return value
        return this.#refuse(problem)
      }
      case "number":
        return Number.isFinite(value) ? String(value) : this.#refuse("is not a finite number: give a number or null")
      case "bigint":
      case "boolean":
        return String(value)
      default:
        return this.#refuse(`is ${described(value)}: give a string, a number, a boolean or null`)
    }
  }

  #tooFar(value: object): string | undefined {
    if (this.#ancestors.includes(value)) return "contains itself"
    return this.#ancestors.length >= maxDepth ? `is more than ${maxDepth} levels deep` : undefined
  }

  #named(name: string): boolean {
    if (isXmlName(name)) return true
    this.#refuse("is not a name that XML allows for an element or attribute")
    return false
  }

  #refuse(problem: string): "" {
    this.refusal ??= refuse(this.#root + this.#path.map(step).join(""), problem)
    return ""
  }
}

/** A step of a path, in words. */
const step = (key: string | number): string => {
  if (typeof key === "number") return `[${key}]`
  if (key === "#text") return ".#text"
  return key.startsWith("@") ? `.@${shown(key.slice(1))}` : `.${shown(key)}`
}

const isPlain = (value: object): value is Readonly<Record<string, unknown>> => {
  const prototype: unknown = Object.getPrototypeOf(value)
  // The prototype of another realm's plain objects is not ours, but it ends the chain as ours does.
  return prototype === null || (!Array.isArray(value) && Object.getPrototypeOf(prototype) === null)
}

const described = (value: unknown): string => {
  if (Array.isArray(value)) return "an array"
  if (typeof value !== "object") return typeof value === "undefined" ? "undefined" : `a ${typeof value}`
  if (value !== null && isPlain(value)) return "an object"
  const name: unknown = value?.constructor?.name
  return typeof name === "string" && isXmlName(name) ? `an instance of ${name}` : "not a plain object"
}

const shown = (key: string): string => (isXmlName(key) && key.length <= 64 ? key : JSON.stringify(key.slice(0, 64)))
