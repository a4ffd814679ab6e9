// Bundled with Express and run where there are no modules to find: a request with a credential, one without consent.
import assert from "node:assert/strict"
import { once } from "node:events"
import { businessCloud, createSageAuth, generateKey, intacctRest } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
import express from "express"

const main = async () => {
  const { accounts, urls } = JSON.parse(process.env.SANDBOX)
  const { client, user } = accounts["intacct-rest"]
  const sage = createSageAuth({
    connections: {
      vendors: intacctRest.clientCredentials({
        clientId: client.clientId,
        clientSecret: client.clientSecret,
        username: user.username,
        environment: "sandbox",
        urls: urls["intacct-rest"]
      }),
      books: businessCloud({
        clientId: "id",
        clientSecret: "secret",
        redirectUri: "https://app.example/sage/callback/books",
        environment: "sandbox",
        urls: urls["business-cloud"]
      })
    },
    store: "sqlite:grants.db",
    keys: [generateKey()]
  })
  const auth = sageAuth(sage)
  const app = express()
  app.use(auth)
  app.get("/vendors", async (req, res) => {
    res.json(await (await req.sage("vendors").fetch("objects/accounts-payable/vendor")).json())
  })
  app.get("/contacts", auth.requires("books"), (_req, res) => res.end())
  app.use(auth.errors)
  const server = app.listen(0, "127.0.0.1")
  await once(server, "listening")
  const origin = `http://127.0.0.1:${server.address().port}`
  try {
    const vendors = await fetch(`${origin}/vendors`)
    assert.equal(vendors.status, 200)
    assert.ok((await vendors.json())["ia::result"].length > 0)
    const refused = await fetch(`${origin}/contacts`)
    assert.deepEqual([refused.status, (await refused.json()).code], [403, "client.never-authorized"])
    // sealed, so that jose was there too
    const sent = await fetch(`${origin}/sage/connect/books`, { redirect: "manual" })
    assert.equal(sent.status, 303)
  } finally {
    server.close()
    await sage.close()
  }
  console.log("Express with a credential, a refusal and the way to consent")
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
