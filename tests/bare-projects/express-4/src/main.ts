import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createSageAuth } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import { startSandbox } from "@sage-auth/sandbox"
import express, { type Request, type RequestHandler, type Response } from "express"
import { visit } from "./visits"

/** Express 4 does not look at what a handler returns. */
const handler =
  (handle: (req: Request, res: Response) => Promise<unknown>): RequestHandler =>
  (req, res, next) => {
    // oxlint-disable-next-line promise/no-callback-in-promise -- what applications on Express 4 do
    handle(req, res).catch((error: unknown) => next(error))
  }

const main = async (): Promise<void> => {
  const sandbox = await startSandbox()
  const sage = createSageAuth({
    connections: sandbox.connections({ redirectUri: "https://app.example/sage/callback" })
  })
  const auth = sageAuth(sage, { tenant: async (req) => req.get("x-company") })
  const app = express()
  app.use(express.urlencoded({ extended: false }))
  app.use(auth)
  app.get(
    "/vendors",
    handler(async (req, res) => {
      res.json(await (await req.sage("vendors").fetch("objects/accounts-payable/vendor")).json())
    })
  )
  app.get(
    "/contacts",
    auth.requires("books"),
    handler(async (req, res) => {
      res.json(await (await auth.client(req, "books").fetch("contacts")).json())
    })
  )
  app.use(auth.errors)

  const server = app.listen(0, "127.0.0.1")
  await once(server, "listening")
  try {
    await visit(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, sandbox)
  } finally {
    server.close()
    await sage.close()
    await sandbox.stop()
  }
}

main().catch((error: unknown) => {
  console.error(error)
  process.exitCode = 1
})
