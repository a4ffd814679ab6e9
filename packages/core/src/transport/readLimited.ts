import { TransportFailure } from "./TransportFailure.ts"

const tooLarge = () => new TransportFailure({ problem: "too-large", processed: "unknown", code: undefined })

/**
 * Reads a body as UTF-8 text, up to `limit` bytes. A body that says its length is trusted only when it is not
 * compressed: what counts is what ends up in memory.
 */
export const readLimited = async (response: Response, limit: number): Promise<string> => {
  const length = response.headers.get("content-length")
  if (length !== null && !response.headers.has("content-encoding")) {
    if (Number(length) <= limit) {
      const text = await response.text()
      // a fetch of somebody's own may have let the length lie
      if (text.length > limit) throw tooLarge()
      return text
    }
    await response.body?.cancel()
    throw tooLarge()
  }
  if (response.body === null) return ""
  const decoder = new TextDecoder()
  let text = ""
  let size = 0
  // leaving the loop early cancels the stream, and with it the connection
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > limit) throw tooLarge()
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}
