import { assert, describe, it } from "vitest"
import { lines, openWorld, type Parts, type WorldOptions } from "./world.ts"

const withHealth =
  (options?: Parameters<Parts["auth"]["health"]>[0]) =>
  ({ app, auth }: Parts): void => {
    app.get("/health", auth.health(options))
    app.use(auth)
    app.use(auth.errors)
  }

describe.each(lines)("health with %s", (_, line) => {
  const open = (options: WorldOptions = {}) => openWorld(line, { build: withHealth(), ...options })

  it("refuses a name that no connection has, when the route is made", async () => {
    const { auth } = await open()
    assert.throws(() => auth.health({ connections: ["bucks"] }), /bucks.*the name of a connection: .*books/)
  })
})
