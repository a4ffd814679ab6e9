import { assert, describe, it } from "vitest"
import { deliver, paired, stateOf } from "../../../tests/src/web/gateway.ts"
import { fromHeader, lines, openWorld, type WorldOptions } from "./world.ts"

const open = (line: Parameters<typeof openWorld>[0], gateway: object = {}, build?: WorldOptions["build"]) =>
  openWorld(line, { options: { tenant: fromHeader }, sandbox: { x3: { gateway } }, build })

describe.each(lines)("the posted callback of X3's gateway with %s", (_, line) => {
  it.each(["form", "json"] as const)("is read from what the application's parsers made of it: %s", async (body) => {
    const world = await open(line, { callbackSender: "server", callbackBody: body }, ({ app, auth, express }) => {
      app.use(express.json(), express.urlencoded({ extended: true }))
      app.use(auth)
    })
    assert.strictEqual((await paired(world)).delivered, 303)
    assert.strictEqual(await stateOf(world), "connected")
  })

  it("is read where a parser of the application left it alone", async () => {
    const world = await open(line, { callbackBody: "form" }, ({ app, auth, express }) => {
      app.use(express.json())
      app.use(auth)
    })
    assert.strictEqual((await deliver(world, await paired(world))).status, 303)
  })
})
