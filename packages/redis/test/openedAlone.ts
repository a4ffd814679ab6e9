import { onTestFinished } from "vitest"
import { libraries } from "./libraries.ts"
import { ownServer } from "./ownServer.ts"
import { slowLine } from "./slowLine.ts"
import { stormOver } from "./stormOver.ts"

/** A server of the test's own, with a client of each library. */
export const openedAlone = async () => {
  const server = await ownServer()
  onTestFinished(server.end)
  const line = await slowLine(server.port)
  onTestFinished(line.end)
  const url = `redis://127.0.0.1:${line.port}`
  const [io, , node] = await Promise.all(libraries.map(({ single }) => single(url, { retryAfter: 20 })))
  const storms = stormOver([io!, node!])
  // whatever the machine is busy with when the storm begins, each knows its share
  await storms.untilServed()
  return { line, server, ...storms }
}
