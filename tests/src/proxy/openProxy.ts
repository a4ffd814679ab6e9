import { createServer, request } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { onTestFinished } from "vitest"

/** A proxy as companies have one, on this machine. */
export interface Proxy {
  readonly url: string
  /** the hosts to which it has opened a tunnel, and those to which it has sent a request on */
  readonly passed: ReadonlyArray<string>
  /** what callers have said of themselves to it */
  readonly authorizations: ReadonlyArray<string | undefined>
}

/** Opens a proxy that takes CONNECT and addresses in full, or one that refuses everybody with 407. */
export const openProxy = async (refuses = false): Promise<Proxy> => {
  const passed: Array<string> = []
  const authorizations: Array<string | undefined> = []
  const server = createServer((incoming, outgoing) => {
    authorizations.push(incoming.headers["proxy-authorization"])
    if (refuses) return void outgoing.writeHead(407).end()
    const url = new URL(incoming.url ?? "")
    passed.push(url.host)
    const { method } = incoming
    const asked = request(url, { method, headers: incoming.headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    asked.on("error", () => outgoing.destroy())
    incoming.pipe(asked)
  })
  server.on("connect", (incoming, socket, head) => {
    authorizations.push(incoming.headers["proxy-authorization"])
    if (refuses) return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
    const host = incoming.url ?? ""
    passed.push(host)
    const { hostname, port } = new URL(`http://${host}`)
    const tunnel = connect(Number(port), hostname, () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      tunnel.write(head)
      tunnel.pipe(socket).pipe(tunnel)
    })
    tunnel.on("error", () => socket.destroy())
    socket.on("error", () => tunnel.destroy())
    socket.on("close", () => tunnel.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, passed, authorizations }
}
