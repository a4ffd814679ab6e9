import type { Options } from "ky"
import * as Ky from "ky"
import type { CallOptions } from "../application/Application.ts"
import type { FetchOptions } from "../calls/HttpClient.ts"
import { madeByEffect } from "../config/options.ts"
import { misconfigured } from "../errors/SageAuthError.ts"

/** What of a request goes to the client besides its method and its signal. */
interface HandedOver {
  readonly headers: Headers
  readonly body?: NonNullable<RequestInit["body"]> | null
}

/** What is in memory already, and can be sent again as it is. */
const isHeld = (body: Options["body"]): boolean =>
  body instanceof FormData ||
  body instanceof URLSearchParams ||
  body instanceof Blob ||
  body instanceof ArrayBuffer ||
  ArrayBuffer.isView(body)

/** As `text()`, but for a mark at its beginning, which belongs to what the caller sends. */
const textOf = async (request: Request): Promise<string> =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(await request.arrayBuffer())

/**
 * Takes a request apart again. ky makes one of everything, and a request has its body as a stream, which the client
 * could neither count on the meter nor send again after a renewal. So what the caller gave is handed over as it was
 * given, unless a hook has put another request in its place (`same` is false).
 */
export const handedOver = async (
  request: Request,
  { body, headers: own, json }: Options,
  same: boolean
): Promise<HandedOver> => {
  const { headers } = request
  if (request.body === null) return { headers }
  if (json !== undefined || typeof body === "string") return { headers, body: await textOf(request) }
  if (!same || !isHeld(body)) return { headers, body: request.body }
  if (!(body instanceof FormData)) return { headers, body: body ?? null }
  // the platform fails outside of every promise when the stream of a form is dropped, as ky does, before it was read
  if (!request.bodyUsed) for await (const _ of request.body as unknown as AsyncIterable<unknown>);
  // the boundary is that of the stream, and the sender of the form makes another one
  const without = new Headers(headers)
  if (!new Headers(own).has("content-type")) without.delete("content-type")
  return { headers: without, body }
}

/** Any client whose surface speaks HTTP: what it is made of besides `fetch` does not matter. */
export interface KyClient {
  /** sends one authenticated request */
  fetch(path: string, init?: FetchOptions): Promise<Response>
}

type Accepting<O> = { readonly [K in keyof O]?: O[K] | undefined }

/** Defaults of an instance: what ky takes, but for `fetch`, which is the client's. */
export interface KyForOptions extends Accepting<Omit<Ky.Options, "fetch">> {
  /** for each call: milliseconds, or a text such as `"10 seconds"`. Default: the client's */
  readonly deadline?: CallOptions["deadline"]
}

/** ky hands over a request, whatever its caller gave */
type Fetch = NonNullable<Ky.Options["fetch"]>

/** Where paths count from until the client puts its own base there: a name that resolves nowhere. */
const nowhere = "http://sage-auth.invalid/"

/** A path below the client's base; an address that the caller gave whole stays whole, and the client judges it. */
const pathOf = ({ url }: Request): string => {
  if (!url.startsWith(nowhere)) return url
  const [path = ""] = url.slice(nowhere.length).split("#")
  // `a:b` would be read as an address with a scheme
  return /^[^/?]*:/.test(path) ? `./${path}` : path
}

/** What ky wants to know of a refused request names the address that it really went to. */
const withAddress: Ky.BeforeErrorHook = ({ error }) => {
  if (!Ky.isHTTPError(error) || error.response.url === "") return error
  const { method } = error.request
  const named = new Ky.HTTPError(error.response, new Request(error.response.url, { method }), error.options)
  named.data = error.data
  return named
}

/**
 * A ky instance that sends through a client: with its credential, below its base, within its deadline, pool and meter.
 *
 * ky's own retry and time-out are off, since the client has both. Either can be switched on for calls that want more.
 * An answer other than 2xx rejects with ky's `HTTPError`. A call without an answer rejects with the client's
 * `SageAuthError`, which ky neither wraps nor repeats.
 *
 * @throws `SageAuthError` with reason `Misconfigured` for a client without `fetch`, such as that of Intacct's XML API
 *
 * @example
 * ```ts
 * const page = await kyFor(books).get("contacts", { searchParams: { items_per_page: 20 } }).json<Page>()
 * ```
 *
 * @category calls
 */
export const kyFor = (client: KyClient, options: KyForOptions = {}): Ky.KyInstance => {
  refuseWhatCannotWork(client, options)
  const send = async (request: Request, further: object | undefined, call: Ky.Options, same: boolean) => {
    const answer = client.fetch(pathOf(request), {
      ...further,
      ...(await handedOver(request, call, same)),
      method: request.method,
      signal: request.signal
    })
    if (madeByEffect("Effect", answer) !== undefined) throw givesEffects()
    return answer
  }
  // where the hooks below are replaced, bodies are streams
  const own: Fetch = (request, further) => send(request as Request, further, {}, false)
  const throughClient: Ky.InitHook = (call) => {
    if (call.fetch !== own) throw refusedFetch("fetch")
    Object.assign(call, defaultsOver(call))
    let first: Request | undefined
    call.hooks = {
      ...call.hooks,
      beforeRequest: [
        ({ request }) => {
          first = request
        },
        ...(call.hooks?.beforeRequest ?? [])
      ]
    }
    call.fetch = (request, further) =>
      send(request as Request, further, call, request === first && call.onUploadProgress === undefined)
  }
  // where one is undefined, ky does what it does without it
  const { hooks, ...given } = options as Ky.Options
  return Ky.default.create({
    ...given,
    ...defaultsOver(given),
    fetch: own,
    hooks: {
      ...hooks,
      init: [...(hooks?.init ?? []), throughClient],
      beforeError: [withAddress, ...(hooks?.beforeError ?? [])]
    }
  })
}

/** The client repeats and gives up by its own rules. A base of the caller's own counts from the client's. */
const defaultsOver = ({ baseUrl, retry, timeout }: Ky.Options) => ({
  retry: retry ?? 0,
  timeout: timeout ?? false,
  baseUrl: new URL(baseUrl ?? "", nowhere)
})

const givesEffects = () =>
  misconfigured([
    {
      option: "kyFor(client)",
      expected: 'a client that gives promises, of an application that createSageAuth of "@sage-auth/core" returns'
    }
  ])

const refusedFetch = (option: string) =>
  misconfigured([
    { option, expected: "left out: calls go through the client. A fetch of your own is an option of createSageAuth" }
  ])

const refuseWhatCannotWork = (client: unknown, options: object): void => {
  if (typeof Ky.replaceOption !== "function") {
    throw misconfigured([{ option: "ky", expected: "version 2 or later beside @sage-auth/core: npm install ky@2" }])
  }
  if (typeof (client as Partial<KyClient> | null | undefined)?.fetch !== "function") {
    throw misconfigured([
      {
        option: "kyFor(client)",
        expected: "a client that has fetch; the client of Intacct's XML API has execute instead"
      }
    ])
  }
  if ("fetch" in options && options.fetch !== undefined) throw refusedFetch("kyFor(client, { fetch })")
}
