import { describe } from "vitest"
import { everyAnswer, replayedBehind, rotating } from "../../src/grants/inFront.ts"

describe("a rotation that was carried out and answered by something in front", () => {
  for (const flow of rotating) if (flow !== "books") replayedBehind(flow, everyAnswer)
})
