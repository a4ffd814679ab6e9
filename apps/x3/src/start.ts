import "reflect-metadata"
import { createServer as createHttpServer, type Server } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { NestFactory } from "@nestjs/core"
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express"
import cookieSession from "cookie-session"
import { AppModule } from "./app.module.ts"
import type { Deployment } from "./deployment/deployment.ts"
import { type Environment, given, oneOf } from "./deployment/environment.ts"
import { namesServer, ownServer } from "./deployment/ownServer.ts"
import { sandboxDeployment } from "./deployment/sandbox.ts"
import { localCertificate } from "./localCertificate.ts"
import { type DeploymentKind, deployments } from "./ways.ts"

/** The application, running. */
export interface Started {
  readonly url: string
  readonly kind: DeploymentKind
  /** whether it talks to an X3, and not to a sandbox of its own */
  readonly real: boolean
  readonly close: () => Promise<void>
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

const serve = async (
  deployment: Deployment,
  server: Server,
  secure: boolean,
  proxied: boolean
): Promise<NestExpressApplication> => {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(deployment), new ExpressAdapter(), {
    // the one who started it hears what is wrong, once
    logger: false,
    abortOnError: false
  })
  app.useLogger(["error", "warn"])
  app.disable("x-powered-by")
  // the proxy says whether the browser came over https
  if (proxied) app.set("trust proxy", 1)
  app.use(
    cookieSession({
      name: "visitor",
      keys: [deployment.sessionKey],
      httpOnly: true,
      sameSite: "lax",
      secure,
      maxAge: 86_400_000
    })
  )
  await app.init()
  server.on("request", app.getHttpAdapter().getInstance())
  return app
}

/** Starts the application: against an X3 that the environment names, and otherwise against a sandbox. */
export const start = async (environment: Environment): Promise<Started> => {
  const kind = oneOf(environment, "X3_DEPLOYMENT", deployments) ?? "on-premise"
  const host = given(environment, "HOST_NAME")
  const publicUrl = given(environment, "PUBLIC_URL")
  const server: Server = host === undefined ? createHttpServer() : createHttpsServer(await localCertificate(host))
  // a redirect address has the port in it, and 0 is any
  const port = await listen(server, Number(given(environment, "PORT") ?? 7402))
  // behind a proxy with a real certificate, the address that browsers see
  const url = publicUrl ?? `${host === undefined ? "http://127.0.0.1" : `https://${host}`}:${port}`
  const callbacks = `${url}/sage/callback`
  let deployment: Deployment | undefined
  try {
    deployment = namesServer(environment)
      ? ownServer(environment, kind, callbacks)
      : await sandboxDeployment(kind, callbacks)
    const { close, real } = deployment
    const app = await serve(deployment, server, url.startsWith("https:"), publicUrl !== undefined)
    return {
      url,
      kind,
      real,
      close: async () => {
        await closeServer(server)
        await app.close()
        await close()
      }
    }
  } catch (error) {
    await closeServer(server)
    await deployment?.close()
    throw error
  }
}
