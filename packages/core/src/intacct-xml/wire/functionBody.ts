/**
 * What goes inside one `<function>` of a request: from an object or from XML that the caller wrote.
 */
import * as Result from "../../config/Result.ts"
import { isXmlName } from "../../xml/XmlName.ts"
import { XmlReader } from "../../xml/XmlReader.ts"
import { element, refuse, text, uncarriable, writeObject, type XmlRefusal } from "../../xml/XmlWriter.ts"

/**
 * One function as an object with a single key, its name, and optionally `@controlid`.
 *
 * ```ts
 * const vendors: XmlFunction = { readByQuery: { object: "VENDOR", fields: "*", query: "", pagesize: 100 } }
 * ```
 *
 * @category models
 */
export interface XmlFunction {
  /** the function by its name, with its arguments */
  readonly [name: string]: unknown
}

/**
 * @category models
 */
export interface FunctionBody {
  /** The name of the function, such as `readByQuery`. */
  readonly name: string
  /** The control id that the caller gave it, if any. */
  readonly controlId: string | undefined
  /** The function's element as XML. */
  readonly body: string
}

/**
 * Prepares one function.
 *
 * **Details**
 *
 * A string is either the function's own element, `<readByQuery>…</readByQuery>`, or a whole
 * `<function controlid="…">…</function>`. It must be well-formed with one root, and without a document type
 * declaration; what stands outside its root is dropped.
 *
 * @param path what to call the function in a refusal, such as `functions[0]`
 */
export const functionBody = (fn: XmlFunction | string, path = "function"): Result.Result<FunctionBody, XmlRefusal> =>
  typeof fn === "string" ? fromText(fn, path) : fromObject(fn, path)

const fromObject = (fn: XmlFunction, path: string): Result.Result<FunctionBody, XmlRefusal> => {
  if (typeof fn !== "object" || fn === null || Array.isArray(fn)) {
    return Result.fail(refuse(path, "is neither an object nor a string: give { <name of the function>: { … } } or XML"))
  }
  const names = Object.keys(fn).filter((key) => key !== "@controlid" && fn[key] !== undefined)
  const name = names[0]
  if (name === undefined || names.length > 1) {
    return Result.fail(
      refuse(path, `has ${names.length} elements: give one key, the name of the function, and at most @controlid`)
    )
  }
  if (!isXmlName(name)) return Result.fail(refuse(path, "has a key that is not the name of a function"))
  const controlId = fn["@controlid"]
  if (controlId !== undefined && typeof controlId !== "string") {
    return Result.fail(refuse(`${path}.@controlid`, "is not a string"))
  }
  const argument = fn[name]
  if (Array.isArray(argument)) {
    return Result.fail(refuse(`${path}.${name}`, "is an array: give each function an object of its own"))
  }
  return Result.map(writeObject(argument, `${path}.${name}`), ({ attributes, content }) => ({
    name,
    controlId,
    body: element(name, content, attributes)
  }))
}

const fromText = (xml: string, path: string): Result.Result<FunctionBody, XmlRefusal> => {
  const problem = uncarriable(xml)
  if (problem !== undefined) return Result.fail(refuse(path, problem))
  const reader = new XmlReader(xml)
  const root = readRoot(reader)
  if (typeof root === "string") return Result.fail(refuse(path, root))
  if (reader.error !== undefined) {
    const { kind, offset } = reader.error
    return Result.fail(refuse(path, `is not XML that can be sent (${kind} at offset ${offset})`))
  }
  const [start, end] = root.body
  return Result.succeed({ name: root.name, controlId: root.controlId, body: xml.slice(start, end) })
}

interface Root {
  name: string
  controlId: string | undefined
  body: readonly [start: number, end: number]
}

/** Reads the whole text; what is well-formed but no function is described, and a syntax error left to the reader. */
const readRoot = (reader: XmlReader): Root | string => {
  const root: Root = { name: "", controlId: undefined, body: [0, 0] }
  if (reader.next() !== "start") return root
  const wrapped = reader.name === "function"
  let level = 0
  let functions = 0
  let start = reader.start
  let wrong: string | undefined
  if (wrapped) {
    root.controlId = reader.attribute("controlid")
    if (reader.attributes().length > (root.controlId === undefined ? 0 : 1)) {
      wrong = "has a <function> with an attribute other than controlid"
    }
    level = -1
  } else {
    root.name = reader.name
  }
  for (let event = "start"; event !== "eof" && event !== "error"; event = reader.next()) {
    if (event === "start") {
      if (level === 0) {
        functions++
        root.name = reader.name
        start = reader.start
      }
      level++
    } else if (event === "end") {
      level--
      if (level === 0) root.body = [start, reader.end]
    } else if (wrapped && level === 0 && reader.text.trim() !== "") {
      wrong ??= "has text beside the element of its function"
    }
  }
  if (functions !== 1) wrong ??= `has a <function> with ${functions} elements: give exactly one`
  return reader.error === undefined && wrong !== undefined ? wrong : root
}

/**
 * `<getAPISession>`: a session for the context that the request is authenticated in, or for another one.
 *
 * It must travel alone: Intacct wants it isolated in one request.
 *
 * @param locationId an entity; `null` or `""` for the top level. Left out for the context of the request
 * @see https://developer.intacct.com/api/company-console/api-sessions/ API Sessions
 */
export const getAPISession = (locationId?: string | null): Result.Result<string, XmlRefusal> => {
  if (locationId === undefined) return Result.succeed(element("getAPISession", ""))
  return Result.map(text(locationId ?? "", "entityId"), (id) => element("getAPISession", element("locationid", id)))
}
