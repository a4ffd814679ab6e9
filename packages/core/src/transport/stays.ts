import { TransportFailure } from "./TransportFailure.ts"

/** To be waited for before {@link stays}: what runs in this turn comes first. */
export const turn: Promise<void> = Promise.resolve()

/** After a turn: a caller who leaves in the very turn that it came in has sent nothing. */
export const stays = (ends: AbortSignal): void => {
  if (ends.aborted) throw new TransportFailure({ problem: "unknown", processed: "no", code: undefined })
}
