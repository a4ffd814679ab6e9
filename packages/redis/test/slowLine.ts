import { once } from "node:events"
import { createConnection, createServer, type Socket } from "node:net"

/** A line to a server of this machine, whose two ends hear each other late. */
export interface SlowLine {
  readonly port: number
  /** every piece comes so many milliseconds late from now on; 0 at first. Less than before would change their order */
  readonly delayBy: (milliseconds: number) => void
  readonly end: () => void
}

/** Opens one to a port. */
export const slowLine = async (to: number): Promise<SlowLine> => {
  let delay = 0
  const sockets = new Set<Socket>()
  const carry = (from: Socket, into: Socket) => {
    sockets.add(from)
    from.on("data", (piece: Buffer) => setTimeout(() => into.writable && into.write(piece), delay))
    from.on("error", () => {})
    from.on("close", () => {
      sockets.delete(from)
      setTimeout(() => into.destroy(), delay)
    })
  }
  const server = createServer((near) => {
    const far = createConnection(to, "127.0.0.1")
    carry(near, far)
    carry(far, near)
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as { readonly port: number }
  return {
    port,
    delayBy: (milliseconds) => {
      delay = milliseconds
    },
    end: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    }
  }
}
