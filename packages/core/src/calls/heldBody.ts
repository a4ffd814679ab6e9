import * as Effect from "effect/Effect"
import type { Reason } from "../errors/Reason.ts"
import { failure, isSageAuthError, type Place, type SageAuthError } from "../errors/SageAuthError.ts"
import type { CatalogueId } from "../errors/catalogue.ts"
import type { KnownSecret } from "../errors/maskSecrets.ts"
import { raise } from "../errors/raise.ts"
import { errorOf, type ErrorRule, matchRule, parseBody, wordsOf } from "../oauth2/errorBody.ts"
import { retryAfter } from "../transport/Answer.ts"
import { saysItFits } from "../transport/Transport.ts"
import { type TransportFailure, unanswered } from "../transport/TransportFailure.ts"
import type { WholeAnswer } from "./CallRules.ts"

/** The failure of an answer whose body could not be read: `unreadable` if it is larger than is read. */
export const unreadBody = <Rs extends Reason>(
  lost: TransportFailure,
  unreadable: CatalogueId,
  place: Place
): SageAuthError<Rs> =>
  lost.problem === "too-large"
    ? failure<Rs>(unreadable, { ...place, message: "the answer is larger than the limit" })
    : unanswered<Rs>(lost, place, [], " while the answer was read")

/** The methods of a response that read its body. */
type Method = "arrayBuffer" | "blob" | "bytes" | "formData" | "json" | "text"

const methods: ReadonlyArray<Method> = ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]

const members: ReadonlyArray<string> = [...methods, "body", "bodyUsed", "clone"]

/** What stands in for the body of a response. */
interface OwnBody {
  read(method: Method): Promise<unknown>
  stream(): Response["body"]
  used(): boolean
  clone(): Response
}

/** Hands back what it is given, so that a class over it puts its private fields there. */
// oxlint-disable-next-line typescript/no-extraneous-class -- only a class has private fields of others put on what it returns
class Same {
  constructor(response: Response) {
    return response
  }
}

/** A response with another body, in a field that is seen by nothing else: a tenth of the time of a hidden property. */
class Owning extends Same {
  readonly #body: OwnBody

  constructor(response: Response, body: OwnBody) {
    super(response)
    this.#body = body
  }

  static is(response: Response): boolean {
    return #body in response
  }

  static bodyOf(response: Response): OwnBody {
    return (response as unknown as Owning).#body
  }
}

/** What a response has itself. */
class PlatformBody implements OwnBody {
  readonly #response: Response
  /** where its own methods are: those of its class */
  readonly #own: Response

  constructor(response: Response, own: Response) {
    this.#response = response
    this.#own = own
  }

  read(method: Method): Promise<unknown> {
    return Reflect.apply<Response, [], Promise<unknown>>(this.#own[method], this.#response, [])
  }

  stream(): Response["body"] {
    return Reflect.get<Response, "body">(this.#own, "body", this.#response)
  }

  used(): boolean {
    return Reflect.get<Response, "bodyUsed">(this.#own, "bodyUsed", this.#response)
  }

  clone(): Response {
    return this.#own.clone.call(this.#response)
  }
}

/** by the prototype of the responses that they are for: a fetch may come with a class of its own */
const prototypes = new WeakMap<object, object>()

const prototypeOver = (own: object): object => {
  const known = prototypes.get(own)
  if (known !== undefined) return known
  const made: object = Object.create(own, {
    body: {
      configurable: true,
      get(this: Response) {
        return Owning.bodyOf(this).stream()
      }
    },
    bodyUsed: {
      configurable: true,
      get(this: Response) {
        return Owning.bodyOf(this).used()
      }
    },
    clone: {
      configurable: true,
      writable: true,
      value(this: Response) {
        return Owning.bodyOf(this).clone()
      }
    }
  })
  for (const method of methods) {
    const value = function (this: Response) {
      return Owning.bodyOf(this).read(method)
    }
    Object.defineProperty(made, method, { configurable: true, writable: true, value })
  }
  prototypes.set(own, made)
  return made
}

/** Whether somebody has put a body of their own there already. The platform's responses have nothing of their own. */
const hasOwnMembers = (response: Response): boolean => {
  const own = Object.getOwnPropertyNames(response)
  return own.length > 0 && members.some((name) => own.includes(name))
}

/**
 * Puts something else in the place of a response's body, and hands it what the response has itself. The response stays
 * what it is: of its class, with its own status, headers and URL. That costs a sixth of a second response around a
 * second stream. false: it cannot be done to this one.
 */
const replaceBody = (response: Response, bodyOver: (own: OwnBody) => OwnBody): boolean => {
  if (Owning.is(response) || !Object.isExtensible(response) || hasOwnMembers(response)) return false
  const own = Object.getPrototypeOf(response) as Response
  void new Owning(response, bodyOver(new PlatformBody(response, own)))
  Object.setPrototypeOf(response, prototypeOver(own))
  return true
}

/** A response with the status and address of another one, and its headers unless others are given. */
export const alike = (
  { headers: own, status, statusText, url }: Response,
  body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
  headers: Headers = own
): Response => {
  const response = new Response(body, { headers, status, statusText })
  // a response that is made by hand has no URL of its own
  Object.defineProperty(response, "url", { value: url })
  return response
}

/** Reads no more of a response, which ends it at the server too. */
export const dropBody = ({ body }: Response): void => {
  // its reader drops it
  if (body !== null && !body.locked) body.cancel().catch(() => {})
}

/** A response around another one's body, which gives back once. */
interface Around {
  readonly response: Response
  /** asks for the first piece, unless somebody did: there may be none */
  readonly look: () => void
}

const around = (response: Response, body: ReadableStream<Uint8Array>, giveBack: () => void): Around => {
  const reader = body.getReader()
  let first: ReturnType<typeof reader.read> | undefined
  let begun = false
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        begun = true
        const reading = first ?? reader.read()
        first = undefined
        try {
          const { done, value } = await reading
          if (!done) return controller.enqueue(value)
          giveBack()
          controller.close()
        } catch (thrown) {
          giveBack()
          controller.error(thrown)
        }
      },
      async cancel(reason) {
        begun = true
        giveBack()
        await reader.cancel(reason)
      }
    },
    // no more is read ahead: what the caller does not read stays with the server
    { highWaterMark: 0 }
  )
  const look = () => {
    if (begun) return
    first = reader.read()
    first.then(({ done }) => done && giveBack(), giveBack)
  }
  return { response: alike(response, stream), look }
}

/** A body that is read as it comes from the server: by the platform, or around its stream once that is asked for. */
class HeldBody implements OwnBody {
  readonly #response: Response
  readonly #own: OwnBody
  readonly #giveBack: () => void
  #around: Around | undefined

  constructor(response: Response, own: OwnBody, giveBack: () => void) {
    this.#response = response
    this.#own = own
    this.#giveBack = giveBack
  }

  read(method: Method): Promise<unknown> {
    if (this.#around !== undefined) return this.#around.response[method]()
    const first = !this.#own.used()
    const reading = this.#own.read(method)
    // a second reader is refused at once, and the first one is still at it
    if (first) reading.then(this.#giveBack, this.#giveBack)
    return reading
  }

  stream(): Response["body"] {
    return this.#isUsed() ? this.#own.stream() : this.#stand().response.body
  }

  used(): boolean {
    return this.#around === undefined ? this.#own.used() : this.#around.response.bodyUsed
  }

  clone(): Response {
    return this.#isUsed() ? this.#own.clone() : this.#stand().response.clone()
  }

  /** asks whether there is anything to be read, unless somebody reads it */
  look(): void {
    if (!this.#isUsed()) this.#stand().look()
  }

  /** by the platform */
  #isUsed(): boolean {
    return this.#around === undefined && this.#own.used()
  }

  #stand(): Around {
    return (this.#around ??= around(this.#response, this.#own.stream() as ReadableStream<Uint8Array>, this.#giveBack))
  }
}

/** bytes that nothing can have when it is compressed: gzip needs 20 of them, and every other coding fewer */
const emptyEncoded = 32

/** Whether a response does not say if there is anything to be read. */
const maybeEmpty = ({ headers }: Response, length: string | null): boolean =>
  length === null || (Number(length) <= emptyEncoded && headers.has("content-encoding"))

/**
 * A response whose permit is given back when its body was read or dropped, and at once if there is none to be read. One
 * that does not say how long it is, or has little that is compressed, may have none. Then the first piece of it is
 * asked for, and nothing more.
 */
export const holdUntilRead = (response: Response, giveBack: () => void): Response => {
  const length = response.headers.get("content-length")
  if (length === "0" || response.body === null) {
    giveBack()
    return response
  }
  let held = true
  const end = () => {
    if (held) giveBack()
    held = false
  }
  // its caller has the first go at it
  const soon = (look: () => void) => {
    if (maybeEmpty(response, length)) queueMicrotask(() => held && look())
  }
  const replaced = replaceBody(response, (own) => {
    const body = new HeldBody(response, own, end)
    soon(() => body.look())
    return body
  })
  if (replaced) return response
  const other = around(response, response.body, end)
  soon(other.look)
  return other.response
}

/** What was read of a body. */
export interface Start {
  readonly text: string
  /** the response, byte for byte as if it were unread */
  readonly response: Response
  /** nothing is left to be read from the server */
  readonly whole: boolean
}

const noBytes = new Uint8Array()

/** A body that was read already, and can be read once more. */
class ReadBody implements OwnBody {
  readonly #response: Response
  readonly #own: OwnBody
  #bytes: Uint8Array<ArrayBuffer>
  #text: string
  /** its text was taken, and nothing else was asked for before */
  #taken = false
  #again: Response | undefined

  constructor(response: Response, own: OwnBody, bytes: Uint8Array<ArrayBuffer>, text: string) {
    this.#response = response
    this.#own = own
    this.#bytes = bytes
    this.#text = text
  }

  read(method: Method): Promise<unknown> {
    // the platform's own words
    if (this.#taken) return Promise.reject(new TypeError("Body is unusable: Body has already been read"))
    if (this.#again !== undefined || (method !== "text" && method !== "json")) return this.#stand()[method]()
    const text = this.#text
    this.#taken = true
    // the platform keeps responses longer than their callers do
    this.#text = ""
    this.#bytes = noBytes
    return method === "text" ? Promise.resolve(text) : new Promise((resolve) => resolve(JSON.parse(text)))
  }

  stream(): Response["body"] {
    return this.#taken ? this.#own.stream() : this.#stand().body
  }

  used(): boolean {
    return this.#taken || this.#again?.bodyUsed === true
  }

  clone(): Response {
    if (this.#taken) throw new TypeError("Response.clone: Body has already been consumed.")
    return this.#stand().clone()
  }

  #stand(): Response {
    return (this.#again ??= alike(this.#response, this.#bytes))
  }
}

const utf8 = new TextDecoder()

/** What was read of a body, all of which came. */
const readAgain = (response: Response, buffer: ArrayBuffer): Start => {
  const bytes = new Uint8Array(buffer)
  const text = utf8.decode(bytes)
  const replaced = replaceBody(response, (own) => new ReadBody(response, own, bytes, text))
  return { text, response: replaced ? response : alike(response, bytes), whole: true }
}

/** Reads a body up to `limit` bytes and the chunk that passes it; the caller gets all of it all the same. */
export const readStart = (response: Response, limit: number): Promise<Start> => {
  const { body } = response
  if (body === null) return Promise.resolve({ text: "", response, whole: true })
  // no async function around it: it is on the path of calls whose answers are read
  return saysItFits(response, limit)
    ? response.arrayBuffer().then((buffer) => readAgain(response, buffer))
    : readPieces(response, body, limit)
}

const readPieces = async (response: Response, body: ReadableStream<Uint8Array>, limit: number): Promise<Start> => {
  const reader = body.getReader()
  const chunks: Array<Uint8Array> = []
  let size = 0
  let whole = false
  while (!whole && size <= limit) {
    const { done, value } = await reader.read()
    if (done) whole = true
    else {
      chunks.push(value)
      size += value.byteLength
    }
  }
  if (whole) return readAgain(response, new Uint8Array(Buffer.concat(chunks)).buffer)
  const text = utf8.decode(Buffer.concat(chunks))
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = chunks.shift() ?? (await reader.read()).value
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: (reason) => reader.cancel(reason)
    },
    { highWaterMark: 0 }
  )
  return { text, response: alike(response, stream), whole: false }
}

/** How the answer to a call of this library's own is read. */
export interface JsonReading<A> {
  readonly place: Place
  /** what was asked for, such as `the list of businesses` */
  readonly what: string
  /** what the JSON of a success says; undefined where it says nothing of the kind */
  readonly read: (body: unknown) => A | undefined
  /** what an error of the server's means; the first that fits wins */
  readonly errors: ReadonlyArray<ErrorRule>
  /** a refusal that no rule fits */
  readonly refused: CatalogueId
  /** a success that cannot be read */
  readonly unreadable: CatalogueId
  /** everything secret that was sent: the answer may quote it. Asked once the answer is there */
  readonly secrets: () => ReadonlyArray<KnownSecret>
  readonly now: () => number
}

/** What the JSON of an answer says, or why there is none. */
export const jsonAnswer = <A, Rs extends Reason>(
  sent: Effect.Effect<WholeAnswer, SageAuthError<Rs> | TransportFailure>,
  { errors, now, place, read, refused, secrets, unreadable, what }: JsonReading<A>
): Effect.Effect<A, SageAuthError<Rs>> =>
  Effect.gen(function* () {
    const { response, text: answered } = yield* Effect.mapError(sent, (lost) =>
      isSageAuthError(lost) ? lost : unreadBody<Rs>(lost, unreadable, place)
    )
    const body = parseBody(answered)
    const said = response.ok && body.kind === "json" ? read(body.value) : undefined
    if (said !== undefined) return said
    const serverError = errorOf(body)
    const { code, supportId, text } = wordsOf(serverError, secrets())
    const otherwise = response.ok ? unreadable : refused
    return yield* raise<Rs>((response.ok ? undefined : matchRule(errors, serverError, response.status)) ?? otherwise, {
      ...place,
      message: `${what} was answered with HTTP ${response.status}${text === undefined ? "" : `: ${text}`}`,
      code,
      supportId,
      retryAfter: retryAfter(response.headers, now())
    })
  })
