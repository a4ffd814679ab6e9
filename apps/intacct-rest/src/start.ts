import "reflect-metadata"
import { createServer as createHttpServer, type Server } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { NestFactory } from "@nestjs/core"
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express"
import type { Sandbox } from "@sage-auth/sandbox"
import cookieSession from "cookie-session"
import type { NextFunction, Request, Response } from "express"
import { AppModule } from "./app.module.ts"
import type { Deployment } from "./deployment/deployment.ts"
import { type Environment, given } from "./deployment/environment.ts"
import { intacctDeployment } from "./deployment/intacct.ts"
import { sandboxDeployment } from "./deployment/sandbox.ts"
import { localCertificate } from "./localCertificate.ts"

/** The application, running. */
export interface Started {
  readonly url: string
  /** undefined where it talks to Intacct */
  readonly sandbox: Sandbox | undefined
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

/** What is on these pages is one company's: no cache keeps it. */
const keepNothing = (_: Request, response: Response, next: NextFunction): void => {
  response.set("cache-control", "no-store")
  next()
}

const serve = async (deployment: Deployment, server: Server, origin: string, proxied: boolean) => {
  const app = await NestFactory.create<NestExpressApplication>(AppModule.of(deployment), new ExpressAdapter(), {
    logger: ["error", "warn"],
    // the one who started it hears what is wrong
    abortOnError: false
  })
  app.disable("x-powered-by")
  // the proxy says whether the browser came over https
  if (proxied) app.set("trust proxy", 1)
  app.use(
    keepNothing,
    cookieSession({
      name: "visitor",
      keys: [deployment.sessionKey],
      httpOnly: true,
      sameSite: "lax",
      secure: origin.startsWith("https:"),
      maxAge: 86_400_000
    })
  )
  await app.init()
  server.on("request", app.getHttpAdapter().getInstance())
  return app
}

/**
 * Starts the application: against Intacct with credentials in the environment, and otherwise against a sandbox. The
 * certificate for `HOST_NAME` is kept in `folder`.
 */
export const start = async (environment: Environment, folder?: string): Promise<Started> => {
  const host = given(environment, "HOST_NAME")
  const publicUrl = given(environment, "PUBLIC_URL")?.replace(/\/+$/, "")
  const server: Server =
    host === undefined ? createHttpServer() : createHttpsServer(await localCertificate(host, folder))
  // before anything else: the redirect address has the port in it, and 0 is any
  const port = await listen(server, Number(given(environment, "PORT") ?? 7403))
  // behind a proxy with a real certificate, the address that browsers see
  const url = publicUrl ?? `${host === undefined ? "http://127.0.0.1" : `https://${host}`}:${port}`
  const callbacks = `${url}/sage/callback`
  let sandbox: Sandbox | undefined
  try {
    const deployment = intacctDeployment(environment, callbacks) ?? (await sandboxDeployment(callbacks))
    sandbox = deployment.sandbox
    const app = await serve(deployment, server, url, publicUrl !== undefined)
    return {
      url,
      sandbox,
      close: async () => {
        await closeServer(server)
        await app.close()
        await sandbox?.stop()
      }
    }
  } catch (error) {
    await closeServer(server)
    await sandbox?.stop()
    throw error
  }
}
