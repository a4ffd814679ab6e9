import { describe } from "vitest"
import { dealtTo, doubtedBehind, everyAnswer, replayedBehind, rotating } from "../../src/grants/inFront.ts"

// books meets every answer, and the others share them; the storms have each meet them all
describe("a rotation that was carried out and answered by something in front", () => {
  for (const flow of rotating) {
    replayedBehind(flow, flow === "books" ? everyAnswer : dealtTo(flow))
    doubtedBehind(flow, dealtTo(flow), "replay")
  }
  doubtedBehind("books", dealtTo("books"), "report")
})
