import type { IncomingMessage } from "node:http"

/** more than the callback of any server has, in bytes */
const longest = 64 * 1024

const readUnread = async (request: IncomingMessage): Promise<string | undefined> => {
  const parts: Array<Buffer> = []
  let length = 0
  try {
    // an answer is still owed: the connection has to stay open
    for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += part.length
      if (length > longest) return undefined
      parts.push(part)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(parts).toString("utf8")
}

/**
 * The body of a posted callback: what a parser of the framework made of it. Where none has read it, its text. Undefined
 * when that is longer than 64 KiB, or cannot be read: nothing of it is then believed.
 *
 * @category web
 */
export const readBody = async (
  request: IncomingMessage,
  parsed?: unknown
): Promise<string | Readonly<Record<string, unknown>> | undefined> => {
  // some parsers leave an empty object where they read nothing
  if (!request.readableEnded) return readUnread(request)
  if (Buffer.isBuffer(parsed)) return parsed.toString("utf8")
  if (typeof parsed === "string") return parsed
  return typeof parsed === "object" && parsed !== null ? (parsed as Readonly<Record<string, unknown>>) : undefined
}
