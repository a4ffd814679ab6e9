import { lookup } from "node:dns/promises"
import { request as plainRequest } from "node:http"
import { request as tlsRequest } from "node:https"
import { connect, isIP, type Socket } from "node:net"
import { connect as tlsConnect, getCACertificates, type ConnectionOptions } from "node:tls"
import { type ClientOf, explain, type X3Certificate, type X3WebServicesConnection } from "@sage-auth/core"
import type { ConnectionSettings } from "@sage-auth/core/inspect"
import {
  type Check,
  codeOf,
  dayOf,
  daysTo,
  failed,
  type Finding,
  ok,
  ofError,
  type Patient,
  skipped,
  warning
} from "./Check.ts"
import { word } from "./manual.ts"

type TlsClient = Pick<ClientOf<X3WebServicesConnection<X3Certificate>>, "tls">

/** How long one server has to answer, in milliseconds. */
const patience = 5_000

/** The servers of a connection, each once. */
const serversOf = ({ urls }: ConnectionSettings): ReadonlyArray<URL> => {
  const byOrigin = new Map(Object.values(urls).map((url) => [new URL(url).origin, new URL(url)]))
  return [...byOrigin.values()]
}

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1")

const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === "https:" ? 443 : 80))

/** Whether the process sends what it fetches to a proxy: then names, ports and TLS are the proxy's matter. */
const usesProxy = ({ environment }: Patient): boolean =>
  environment["NODE_USE_ENV_PROXY"] === "1" &&
  ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => (environment[name] ?? "") !== "")

const proxied = skipped("Requests go through the proxy of HTTPS_PROXY: it does this.")

/** What every server gave; the first failure tells. */
const each = async (servers: ReadonlyArray<URL>, look: (server: URL) => Promise<Finding>): Promise<Finding> => {
  const findings = await Promise.all(servers.map((server) => look(server)))
  for (const result of ["failed", "warning"] as const) {
    const found = findings.find((finding) => finding.result === result)
    if (found !== undefined) return found
  }
  const well = findings.filter(({ result }) => result === "ok")
  return (well.length > 0 ? ok : skipped)((well.length > 0 ? well : findings).map(({ evidence }) => evidence).join(" "))
}

const refusal = (server: URL, error: unknown): Finding => {
  const code = codeOf(error)
  const [entry] = explain(code)
  return failed(
    `${server.host}: ${code}.${entry === undefined ? "" : ` ${entry.meaning}`}`,
    entry?.remedy ?? "Check the address, the firewall and the proxy on the way.",
    entry === undefined ? undefined : { id: entry.id, code, supportId: undefined }
  )
}

class TimedOut extends Error {
  readonly code = "UND_ERR_CONNECT_TIMEOUT"
}

/** Waits for an event of a socket, and closes it. */
const settled = <S extends Socket, A>(socket: S, event: string, read: (socket: S) => A): Promise<A> =>
  new Promise((resolve, reject) => {
    socket.setTimeout(patience, () => socket.destroy(new TimedOut()))
    socket.once(event, () => {
      try {
        resolve(read(socket))
      } catch (error) {
        reject(error)
      }
      socket.destroy()
    })
    socket.once("error", reject)
    socket.once("close", () => reject(new TimedOut()))
  })

/** What TLS is opened with: the private authorities and the client certificate of the connection. */
const tlsOptions = async (patient: Patient, withCertificate = true): Promise<ConnectionOptions> => {
  const { authorities, connection, flow, tenant } = patient.settings
  const ca = authorities.length === 0 ? undefined : [...getCACertificates("default"), ...authorities]
  if (flow !== "certificate" || !withCertificate) return ca === undefined ? {} : { ca }
  const client = patient.sage.client(connection, { tenant }) as unknown as TlsClient
  return client.tls()
}

const nameOf = (server: URL): ConnectionOptions => {
  const host = hostOf(server)
  return { host, port: portOf(server), ...(isIP(host) === 0 ? { servername: host } : {}) }
}

/** The moment that a server says it is, with when it was asked and when it had answered. */
const dateOf = async (
  patient: Patient,
  server: URL
): Promise<{ readonly date: number; readonly at: number } | undefined> => {
  const options = {
    method: "HEAD",
    host: hostOf(server),
    port: portOf(server),
    path: "/",
    timeout: patience,
    agent: false
  } as const
  const asked = patient.now()
  const header = await new Promise<string | undefined>((resolve, reject) => {
    const send = async () => {
      const request =
        server.protocol === "https:"
          ? tlsRequest({ ...options, ...(await tlsOptions(patient)) } as never)
          : plainRequest(options)
      request.once("response", (response) => {
        response.resume()
        resolve(response.headers.date)
      })
      request.once("timeout", () => request.destroy(new TimedOut()))
      request.once("error", reject)
      request.end()
    }
    send().catch(reject)
  })
  const date = Date.parse(header ?? "")
  // the header has whole seconds: on the average it is half of one old
  return Number.isNaN(date) ? undefined : { date: date + 500, at: (asked + patient.now()) / 2 }
}

/** Tokens of X3 are backdated by as much. */
const tolerated = 30_000
/** A quarter of the shortest life of a token, which is five minutes. */
const harmful = 75_000

const apart = (ahead: number): string => {
  const seconds = Math.round(Math.abs(ahead) / 1000)
  return seconds < 2 ? "as late as" : `${seconds} seconds ${ahead < 0 ? "behind" : "ahead of"}`
}

/** What lies between this machine and the servers of a connection, whatever its surface. */
export const networkChecks: ReadonlyArray<Check> = [
  {
    id: "options",
    title: "Options of the tenant",
    says: "Options that are functions give this tenant something usable.",
    surface: "every",
    needs: ["configuration"],
    run: async ({ settings: { environment, flow, issues, tenant, urls } }) =>
      issues.length > 0
        ? failed(
            `For tenant ${tenant}: ${issues.map(({ expected, option }) => `${option} has to be ${expected}`).join("; ")}.`,
            "Look at what the function does with this tenant's name."
          )
        : ok(
            `${environment}, ${flow}. ${Object.entries(urls)
              .map(([name, url]) => `${name}: ${url}`)
              .join(" ")}`
          )
  },
  {
    id: "names",
    title: "Host names",
    says: "The names of the servers can be resolved on this machine.",
    surface: "every",
    needs: ["options"],
    run: async (patient) => {
      if (usesProxy(patient)) return proxied
      return each(serversOf(patient.settings), async (server) => {
        const host = hostOf(server)
        if (isIP(host) !== 0) return skipped(`${host} is an address.`)
        try {
          const { address } = await lookup(host)
          return ok(`${host} is ${address}.`)
        } catch (error) {
          return refusal(server, error)
        }
      })
    }
  },
  {
    id: "ports",
    title: "Ports",
    says: "Something listens at the ports of the servers.",
    surface: "every",
    needs: ["names"],
    run: async (patient) => {
      if (usesProxy(patient)) return proxied
      return each(serversOf(patient.settings), async (server) => {
        try {
          await settled(connect(portOf(server), hostOf(server)), "connect", () => undefined)
          return ok(`${server.host} takes connections.`)
        } catch (error) {
          return refusal(server, error)
        }
      })
    }
  },
  {
    id: "tls",
    title: "TLS",
    says: "The certificates of the servers are trusted, are for their names, and do not end soon.",
    surface: "every",
    needs: ["ports"],
    run: async (patient) => {
      if (usesProxy(patient)) return proxied
      const servers = serversOf(patient.settings).filter(({ protocol }) => protocol === "https:")
      if (servers.length === 0) {
        const sandbox = patient.settings.environment === "sandbox"
        return sandbox
          ? skipped("Plain http: this is the sandbox environment.")
          : skipped("Plain http: `allowPlainHttp` says that the network is trusted.")
      }
      return each(servers, async (server) => {
        try {
          const options = { ...(await tlsOptions(patient)), ...nameOf(server), rejectUnauthorized: true }
          const { ends, issuer, protocol } = await settled(tlsConnect(options), "secureConnect", (socket) => {
            const certificate = socket.getPeerX509Certificate()
            return {
              ends: certificate?.validToDate,
              issuer: /(?:^|\n)(?:O|CN)=(.*)/.exec(certificate?.issuer ?? "")?.[1] ?? "an authority without a name",
              protocol: socket.getProtocol()
            }
          })
          const left = ends === undefined ? 0 : daysTo(ends, Date.now())
          const shown = `${server.host}: ${protocol ?? "TLS"}, certificate by ${issuer} until ${ends === undefined ? "?" : dayOf(ends)}.`
          return left < 14
            ? warning(`${shown} It ends in ${left} days.`, "The server's operator has to renew its certificate.")
            : ok(shown)
        } catch (error) {
          return refusal(server, error)
        }
      })
    },
    manual: (settings) => {
      const server = serversOf(settings).find(({ protocol }) => protocol === "https:")
      if (server === undefined) return undefined
      const certificate = settings.flow === "certificate" ? ' --cert "$X3_CERTIFICATE_FILE" --key "$X3_KEY_FILE"' : ""
      const ca = settings.authorities.length === 0 ? "" : ' --cacert "$CA_FILE"'
      return {
        command: `curl -sv -o /dev/null${ca}${certificate} ${word(server.origin)} 2>&1 | grep -iE 'SSL certificate|expire|issuer|HTTP/'`,
        variables: {
          ...(ca === "" ? {} : { CA_FILE: "a file with the private authority, in PEM" }),
          ...(certificate === ""
            ? {}
            : { X3_CERTIFICATE_FILE: "the certificate, in PEM", X3_KEY_FILE: "its key, in PEM" })
        },
        verify: "`SSL certificate verify ok.` and an `expire date` that is far enough away",
        expects: /certificate verif(?:y ok|ied)/i
      }
    }
  },
  {
    id: "clock",
    title: "Clock",
    says: "This machine's clock agrees with the servers' `Date`.",
    surface: "every",
    needs: ["tls"],
    run: async (patient) =>
      each(
        serversOf(patient.settings).filter(({ href }) => href !== patient.settings.urls["authorize"]),
        async (server) => {
          try {
            const found = await dateOf(patient, server)
            if (found === undefined) return skipped(`${server.host} says no \`Date\`.`)
            const ahead = found.date - found.at
            const shown = `${server.host} is ${apart(ahead)} this machine.`
            const remedy =
              "Set this machine's clock by NTP. If it is right, the server's administrator has to set the server's."
            if (Math.abs(ahead) > harmful) return failed(`${shown} Tokens live five minutes.`, remedy)
            return Math.abs(ahead) > tolerated ? warning(shown, remedy) : ok(shown)
          } catch (error) {
            return ofError(error)
          }
        }
      ),
    manual: (settings) => {
      const server = serversOf(settings)[0]
      if (server === undefined || settings.flow === "certificate") return undefined
      const ca = settings.authorities.length === 0 ? "" : ' --cacert "$CA_FILE"'
      return {
        command: `curl -sI${ca} ${word(server.origin)} | grep -i '^date:'; date -u`,
        variables: ca === "" ? {} : { CA_FILE: "a file with the private authority, in PEM" },
        verify: "both dates are at most 30 seconds apart",
        expects: /^date:.*GMT/im
      }
    }
  }
]

/** Whether a port lets somebody in who shows no certificate. */
export const takesAnyone = async (patient: Patient, server: URL): Promise<boolean> => {
  const options = { ...(await tlsOptions(patient, false)), ...nameOf(server), rejectUnauthorized: true }
  return new Promise((resolve) => {
    const request = tlsRequest({
      ...options,
      method: "HEAD",
      path: server.pathname,
      timeout: patience,
      agent: false
    } as never)
    request.once("response", (response) => {
      response.resume()
      resolve(true)
    })
    request.once("timeout", () => request.destroy())
    request.once("error", () => resolve(false))
    request.end()
  })
}
