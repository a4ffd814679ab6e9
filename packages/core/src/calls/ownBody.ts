/** The methods of a response that read its body. */
export type Method = "arrayBuffer" | "blob" | "bytes" | "formData" | "json" | "text"

const methods: ReadonlyArray<Method> = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]

const members: ReadonlyArray<string> = [...methods, "body", "bodyUsed", "clone"]

/** What stands in for the body of a response. */
export interface OwnBody {
  readonly read: (method: Method) => Promise<unknown>
  readonly stream: () => Response["body"]
  readonly used: () => boolean
  readonly clone: () => Response
}

const ownBody = Symbol("@sage-auth/core/body")

type Owning = Response & { [ownBody]?: OwnBody }

const bodyOf = (response: Owning): OwnBody => response[ownBody] as OwnBody

/** by the prototype of the responses that they are for: a fetch may come with a class of its own */
const prototypes = new WeakMap<object, object>()

const prototypeOver = (own: object): object => {
  const known = prototypes.get(own)
  if (known !== undefined) return known
  const made: object = Object.create(own, {
    body: {
      configurable: true,
      get(this: Owning) {
        return bodyOf(this).stream()
      }
    },
    bodyUsed: {
      configurable: true,
      get(this: Owning) {
        return bodyOf(this).used()
      }
    },
    clone: {
      configurable: true,
      writable: true,
      value(this: Owning) {
        return bodyOf(this).clone()
      }
    }
  })
  for (const method of methods) {
    const value = function (this: Owning) {
      return bodyOf(this).read(method)
    }
    Object.defineProperty(made, method, { configurable: true, writable: true, value })
  }
  prototypes.set(own, made)
  return made
}

/**
 * Puts something else in the place of a response's body, and hands it what the response has itself. The response stays
 * what it is: of its class, with its own status, headers and URL. That costs a sixth of a second response around a second
 * stream. false: it cannot be done to this one.
 */
export const replaceBody = (response: Response, bodyOver: (own: OwnBody) => OwnBody): boolean => {
  const own = Object.getPrototypeOf(response) as Response
  if (ownBody in response || !Object.isExtensible(response) || members.some((name) => Object.hasOwn(response, name))) {
    return false
  }
  const body = bodyOver({
    read: (method) => Reflect.apply<Response, [], Promise<unknown>>(own[method], response, []),
    stream: () => Reflect.get<Response, "body">(own, "body", response),
    used: () => Reflect.get<Response, "bodyUsed">(own, "bodyUsed", response),
    clone: () => own.clone.call(response)
  })
  Object.setPrototypeOf(response, prototypeOver(own))
  Object.defineProperty(response, ownBody, { value: body })
  return true
}
