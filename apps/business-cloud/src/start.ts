import { createServer as createHttpServer, type Server } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { businessCloud, createSageAuth, generateKey } from "@sage-auth/core"
import { type Sandbox, startSandbox } from "@sage-auth/sandbox"
import { application } from "./application.ts"
import { localCertificate } from "./localCertificate.ts"

/** What the environment says; see `.env.example`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The application, running. */
export interface Started {
  readonly url: string
  /** undefined where it talks to Sage */
  readonly sandbox: Sandbox | undefined
  close(): Promise<void>
}

const needed = (environment: Environment, name: string): string => {
  const value = environment[name]
  if (value === undefined || value === "") throw new Error(`${name} is missing: see .env.example`)
  return value
}

/** At this machine alone: whatever comes from outside comes through a proxy in front. */
const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", () => resolve((server.address() as AddressInfo).port))
  })

/** Requests under way have their answers, those that take forever do not. */
const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const patience = setTimeout(() => server.closeAllConnections(), 5000)
    server.close(() => {
      clearTimeout(patience)
      resolve()
    })
  })

/** What is needed to talk to Sage, all of it checked before anything is opened. */
const credentialsIn = (environment: Environment) => ({
  clientId: needed(environment, "SAGE_CLIENT_ID"),
  clientSecret: needed(environment, "SAGE_CLIENT_SECRET"),
  key: needed(environment, "SAGE_AUTH_KEY"),
  sessionKey: needed(environment, "SESSION_KEY"),
  country: environment["SAGE_COUNTRY"] || undefined,
  store: `sqlite:${environment["SAGE_AUTH_STORE"] || ".sage-auth/grants.db"}` as const
})

/**
 * Starts the application: against Sage with credentials in the environment, and otherwise against a sandbox. The
 * certificate of this machine is kept in `certificates`.
 */
export const start = async (environment: Environment, certificates = ".sage-auth"): Promise<Started> => {
  const {
    HOST_NAME: host = "",
    PORT: port = "7401",
    PUBLIC_URL: publicUrl,
    SAGE_CLIENT_ID: clientId = ""
  } = environment
  const credentials = clientId === "" ? undefined : credentialsIn(environment)
  const server: Server =
    host === "" ? createHttpServer() : createHttpsServer(await localCertificate(host, certificates))
  const url = `${host === "" ? "http://127.0.0.1" : `https://${host}`}:${await listen(server, Number(port))}`
  // behind a proxy with a real certificate, the address that browsers see
  const origin = publicUrl ?? url
  const callbacks = `${origin}/sage/callback`
  const sandbox = credentials === undefined ? await startSandbox({ businessCloud: { signInButtons: true } }) : undefined
  const sage = createSageAuth(
    credentials === undefined
      ? { connections: { books: (sandbox as Sandbox).connections({ redirectUri: callbacks }).books } }
      : {
          connections: {
            books: businessCloud({
              clientId: credentials.clientId,
              clientSecret: credentials.clientSecret,
              country: credentials.country,
              redirectUri: `${callbacks}/books`,
              scope: "readonly"
            })
          },
          store: credentials.store,
          keys: [credentials.key],
          keepAlive: { every: "7 days" }
        }
  )
  await sage.ready()
  const app = application({
    sage,
    secure: origin.startsWith("https:"),
    sessionKeys: [credentials?.sessionKey ?? generateKey()]
  })
  // the proxy says whether the browser came over https
  if (publicUrl !== undefined) app.set("trust proxy", 1)
  server.on("request", app)
  return {
    url: origin,
    sandbox,
    close: async () => {
      await closeServer(server)
      await sage.close()
      await sandbox?.stop()
    }
  }
}
