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

/**
 * A response whose permit is given back when its body was read or dropped.
 */
export const holdUntilRead = (response: Response, giveBack: () => void): Response => {
  const { body } = response
  if (body === null) {
    giveBack()
    return response
  }
  const reader = body.getReader()
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          giveBack()
          controller.close()
        } catch (thrown) {
          giveBack()
          controller.error(thrown)
        }
      },
      async cancel(reason) {
        giveBack()
        await reader.cancel(reason)
      }
    },
    // nothing is read ahead: what the caller does not read stays with the server
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
