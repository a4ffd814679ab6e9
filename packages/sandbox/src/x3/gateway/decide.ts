import { callbackOf, deliver, type PairingCallback } from "./callback.ts"
import type { Pairing } from "./pairings.ts"
import type { CloudGatewayState } from "./state.ts"

/** Calls the application back, when nothing is missing for that; the browser's part is left to its page. */
export const callBack = async (state: CloudGatewayState, pairing: Pairing): Promise<PairingCallback> => {
  pairing.callback = callbackOf(pairing, state.options())
  if (state.options().callbackSender === "server") pairing.callback = await deliver(pairing.callback)
  return pairing.callback
}

/** Accepts a request as an X3 user. @returns its callback, which goes out now or went out before */
export const accept = async (
  state: CloudGatewayState,
  pairing: Pairing,
  user: string,
  folders: ReadonlyArray<string>
): Promise<PairingCallback> => {
  state.pairings.accept(pairing, user, folders)
  return pairing.callback ?? callBack(state, pairing)
}

/** Declines a request. @returns the callback that follows, if any */
export const decline = async (state: CloudGatewayState, pairing: Pairing): Promise<PairingCallback | undefined> => {
  pairing.status = "declined"
  return pairing.callback === undefined && state.options().declinedCallback ? callBack(state, pairing) : undefined
}
