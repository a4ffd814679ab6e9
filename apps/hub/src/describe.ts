import type { SageEvent } from "@sage-auth/core"
import type { Entry } from "./Board.ts"

type Told = Pick<Entry, "tone" | "text">

const causes: Readonly<Record<string, string>> = {
  early: "before it ended",
  expired: "because it had ended",
  rejected: "because the server refused it",
  asked: "because somebody asked",
  "kept-alive": "so that the grant does not die unused"
}

const minutes = (milliseconds: number): string =>
  milliseconds < 60_000 ? `${Math.round(milliseconds / 1_000)} s` : `${Math.round(milliseconds / 60_000)} min`

/** An event in words, for somebody who has never seen this library. */
export const describe = (event: SageEvent): Told => {
  switch (event.type) {
    case "session-opened":
      return { tone: "good", text: "Session opened" }
    case "credential-renewed":
      return { tone: "good", text: `Credential renewed ${causes[event.cause] ?? ""}` }
    case "renewal-failed":
      return {
        tone: "bad",
        text: `Renewal failed (${[event.reason, event.code].filter((part) => part !== undefined).join(", ")})${event.covered ? "; callers still have a valid credential" : ""}`
      }
    case "credential-rejected":
      return { tone: "bad", text: `The server refused the ${event.what}` }
    case "rotation-done":
      return { tone: "good", text: "Refresh token rotated" }
    case "rotation-in-doubt":
      return { tone: "doubt", text: "The answer to a rotation was lost: it is sent once more" }
    case "renewal-stalled":
      return {
        tone: "bad",
        text: `Process ${event.processId ?? "of an older release"} on ${event.host ?? "a host"} holds the lease for ${minutes(event.heldFor)} and does not finish${event.overtaken ? ": it is overtaken" : ""}`
      }
    case "connected":
      return { tone: "good", text: "Connected by a first consent" }
    case "reauthorization-required":
      return { tone: "bad", text: `A human has to consent again (${event.cause})` }
    case "recovered":
      return { tone: "good", text: "Works again" }
    case "disconnected":
      return { tone: "plain", text: event.revoked ? "Disconnected, and revoked at Sage" : "Disconnected" }
    case "rate-limited":
      return {
        tone: "doubt",
        text: `The server's limit was reached${event.retryAfter === undefined ? "" : `; it asks to wait ${minutes(event.retryAfter)}`}`
      }
    case "pool-saturated":
      return { tone: "doubt", text: `Pool full: all ${event.permits} permits are taken, calls wait in order` }
    case "budget-threshold":
      return { tone: "doubt", text: `${Math.round(event.threshold * 100)} % of the month's transactions are used` }
    case "license-expiring":
      return { tone: "doubt", text: `The developer licence ends in ${event.daysLeft} days` }
    case "certificate-expiring":
      return { tone: "doubt", text: `The client certificate ends in ${event.daysLeft} days` }
    case "lead-business-changed":
      return { tone: "doubt", text: "Another business answers than before" }
    case "keep-alive-due":
      return { tone: "plain", text: "Due to be kept alive" }
    case "advice":
      return { tone: "plain", text: event.message }
  }
}

/** Whose event it is. */
export const whose = (event: SageEvent): string =>
  "company" in event ? event.company : `${event.tenant} / ${event.connection}`
