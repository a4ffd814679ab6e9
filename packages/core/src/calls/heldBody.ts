/** A response with the status and address of another one, and its headers unless others are given. */
export const alike = (
  { headers: own, status, statusText, url }: Response,
  body: ReadableStream<Uint8Array> | null,
  headers: Headers = own
): Response => {
  const response = new Response(body, { headers, status, statusText })
  // a response that is made by hand has no URL of its own
  Object.defineProperty(response, "url", { value: url })
  return response
}

/** Reads no more of a response, which ends it at the server too. */
export const dropBody = ({ body }: Response): void => {
  // whoever has a reader drops it
  if (body !== null && !body.locked) body.cancel().catch(() => {})
}

/**
 * A response whose permit is given back when its body was read or dropped, and at once if there is none to be read. One
 * that does not say how long it is may have none: then the first piece of it is asked for, and nothing more.
 */
export const holdUntilRead = (response: Response, giveBack: () => void): Response => {
  const { body, headers } = response
  const length = headers.get("content-length")
  if (body === null || length === "0") {
    giveBack()
    return response
  }
  let held = true
  const end = () => {
    if (held) giveBack()
    held = false
  }
  const reader = body.getReader()
  let first: ReturnType<typeof reader.read> | undefined
  let begun = false
  if (length === null) {
    // its caller has the first go at it
    queueMicrotask(() => {
      if (begun || !held) return
      first = reader.read()
      first.then(({ done }) => done && end(), end)
    })
  }
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        begun = true
        const reading = first ?? reader.read()
        first = undefined
        try {
          const { done, value } = await reading
          if (!done) return controller.enqueue(value)
          end()
          controller.close()
        } catch (thrown) {
          end()
          controller.error(thrown)
        }
      },
      async cancel(reason) {
        end()
        await reader.cancel(reason)
      }
    },
    // no more is read ahead: what the caller does not read stays with the server
    { highWaterMark: 0 }
  )
  return alike(response, stream)
}

/** What was read of a body. */
export interface Start {
  readonly text: string
  /** the response, byte for byte as if nobody had read of it */
  readonly response: Response
  /** nothing is left to be read from the server */
  readonly whole: boolean
}

/** Reads a body up to `limit` bytes and the chunk that passes it; the caller gets all of it all the same. */
export const readStart = async (response: Response, limit: number): Promise<Start> => {
  const { body } = response
  if (body === null) return { text: "", response, whole: true }
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
  const text = new TextDecoder().decode(Buffer.concat(chunks))
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const chunk = chunks.shift() ?? (whole ? undefined : (await reader.read()).value)
        if (chunk === undefined) controller.close()
        else controller.enqueue(chunk)
      },
      cancel: (reason) => reader.cancel(reason)
    },
    { highWaterMark: 0 }
  )
  return { text, response: alike(response, stream), whole }
}
