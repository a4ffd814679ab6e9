import type { State } from "../Board.ts"

/** What somebody who looks wants to know first. */
export type Kind = "human" | "doubt" | "connected" | "ready" | "none"

/** A kind in words, with a sign, so that it is never told by its colour alone. */
export const kinds: Readonly<Record<Kind, { readonly sign: string; readonly text: string; readonly tone: string }>> = {
  human: { sign: "▲", text: "needs a human", tone: "bad" },
  doubt: { sign: "◆", text: "waiting, or in doubt", tone: "doubt" },
  connected: { sign: "●", text: "connected", tone: "good" },
  ready: { sign: "◇", text: "configured, not used yet", tone: "plain" },
  none: { sign: "○", text: "not connected", tone: "plain" }
}

/** What a state is called, and of which kind it is. */
export const states: Readonly<Record<State, { readonly kind: Kind; readonly text: string }>> = {
  "reauthorization-required": { kind: "human", text: "needs a human" },
  stalled: { kind: "human", text: "held by a process that hangs" },
  "in-doubt": { kind: "doubt", text: "in doubt" },
  storing: { kind: "doubt", text: "being stored" },
  pairing: { kind: "doubt", text: "waiting for the pairing" },
  connected: { kind: "connected", text: "connected" },
  configured: { kind: "ready", text: "configured, not used yet" },
  disconnected: { kind: "none", text: "not connected" }
}
