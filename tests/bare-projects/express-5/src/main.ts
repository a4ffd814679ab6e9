import { randomBytes } from "node:crypto"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createSageAuth } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import { startSandbox } from "@sage-auth/sandbox"
import express from "express"
import { visit } from "./visits.js"

const sandbox = await startSandbox()
const sage = createSageAuth({
  connections: sandbox.connections({ redirectUri: "https://app.example/sage/callback" }),
  store: "sqlite:grants.db",
  keys: [randomBytes(32).toString("base64url")]
})

declare module "@sage-auth/core" {
  interface Register {
    readonly connections: typeof sage.connections
  }
}

const auth = sageAuth(sage, { tenant: (req) => req.get("x-company") })
const app = express()
app.use(auth)
app.get("/vendors", async (req, res) => {
  res.json(await (await req.sage("vendors").fetch("objects/accounts-payable/vendor")).json())
})
app.get("/contacts", auth.requires("books"), async (req, res) => {
  res.json(await (await auth.client(req, "books").fetch("contacts")).json())
})
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
