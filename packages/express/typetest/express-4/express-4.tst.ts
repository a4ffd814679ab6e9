import { businessCloud, type BusinessCloudClient, createSageAuth } from "@sage-auth/core"
import { sageAuth } from "@sage-auth/express"
// oxlint-disable-next-line import/default -- its types, behind a path of this folder's tsconfig.json
import express, { type Request } from "express"
import { describe, expect, test } from "tstyche"

const sage = createSageAuth({
  connections: { books: businessCloud({ clientId: "", clientSecret: "", redirectUri: "" }) }
})
const app = express()

describe("the types of Express 4", () => {
  test("are the ones of this test", () => {
    // gone since Express 5
    expect<Request>().type.toHaveProperty("param")
  })

  test("fit as those of Express 5 do", () => {
    const auth = sageAuth(sage, { tenant: (req) => req.get("x-company") })
    app.use(auth)
    app.get("/contacts", auth.requires("books"), (req, res, next) => {
      expect(auth.client(req, "books")).type.toBe<BusinessCloudClient>()
      req
        .sage("books")
        .fetch("contacts")
        .then((answer) => res.sendStatus(answer.status), next)
    })
    app.use(auth.errors)
  })
})
