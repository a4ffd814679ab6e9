import { TransportFailure } from "./TransportFailure.ts"

/** Waits for the end of the turn: a caller who leaves in the very turn that it came in has sent nothing. */
export const stays = async (ends: AbortSignal): Promise<void> => {
  await Promise.resolve()
  if (ends.aborted) throw new TransportFailure({ problem: "unknown", processed: "no", code: undefined })
}
