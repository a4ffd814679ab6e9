import type { RequestHandler } from "express"
import type { Traffic } from "./Traffic.ts"
import type { Watch } from "./Watch.ts"
import type { World } from "./World.ts"

/** how often the board is read while somebody looks, in milliseconds */
const pace = 500

/** how far the clock may be from where a reader takes it to be, in milliseconds */
const drift = 1_000

/** Server-sent events: `board` whenever it differs, `entry` for each line of the feed. */
export const stream =
  (world: World, watch: Watch, traffic: Traffic): RequestHandler =>
  (_, response) => {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-store",
      "x-accel-buffering": "no"
    })
    // a server that was started again is found soon
    response.write("retry: 1000\n\n")
    const send = (event: string, data: unknown): void => {
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    }
    for (const entry of world.feed.entries) send("entry", entry)
    let reading = false
    let again = false
    let shown = ""
    let clock = 0
    const show = async (): Promise<void> => {
      // a store that is slow is not asked twice, and what changed meanwhile is asked for after it
      again = reading
      if (reading) return
      reading = true
      try {
        const board = await watch.board(traffic.shown)
        const { now, reading: _, ...rest } = board
        const text = JSON.stringify(rest)
        // a reader's clock goes on by itself
        const ahead = now - performance.now()
        if (text === shown && Math.abs(ahead - clock) < drift) return
        shown = text
        clock = ahead
        send("board", board)
      } catch {
        // a board that cannot be read is shown the next time
      } finally {
        reading = false
        if (again) void show()
      }
    }
    const timer = setInterval(() => void show(), pace)
    // what is told is a change of something most times
    const leave = world.feed.subscribe((entry) => {
      send("entry", entry)
      void show()
    })
    void show()
    response.once("close", () => {
      clearInterval(timer)
      leave()
    })
  }
