import { BoundedMap } from "../application/BoundedMap.ts"
import type { ReauthorizationCause } from "../errors/Reason.ts"
import type { SageEvent } from "./SageEvent.ts"

/** Where a human who runs the application reads: the loggers of most libraries fit, and `console`. */
export interface Log {
  /** what should be looked at; and what the others are for, where there is no such function */
  warn(message: string): unknown
  /** what stands still until a human does something */
  readonly error?: ((message: string) => unknown) | undefined
  /** what is good news, such as that a connection works again */
  readonly info?: ((message: string) => unknown) | undefined
}

/** Where the log of an application goes, checked. */
export interface CheckedLog {
  /** `effect`: to the loggers that were there when the application started */
  readonly to: Log | "console" | "effect"
  /** whether connections to a stand-in for Sage's servers are spoken of */
  readonly standIns: boolean
}

/** Who hears of what a human should know. */
export interface Listener {
  readonly log: Log | "console"
  /** milliseconds since the epoch */
  readonly now: () => number
  /** whether a connection is one to speak of; undefined: what is said is about a company */
  readonly concerns: (connection: string | undefined) => boolean
}

/** How much it matters: `error` is for what stands still until a human does something. */
export type LogLevel = "info" | "warn" | "error"

interface Line {
  readonly level: LogLevel
  /** what happened, and what to do */
  readonly text: string
  /** what it is one of, where events repeat it: it is said once */
  readonly once?: string | undefined
}

/** The tenant of an application with one customer, who never sees it. */
const only = "default"

const because: Readonly<Record<ReauthorizationCause, string>> = {
  Revoked: "the consent was revoked",
  Expired: "the grant has ended",
  Superseded: "another consent has taken the place of this one",
  RotationInDoubt: "the answer with the new refresh token was lost",
  NeverAuthorized: "none has consented yet"
}

/** From 60 days before its end on, a licence or a certificate is announced every day. That many lines are not read. */
const stages = [1, 7, 14, 30, 60]

const ends = (what: string, daysLeft: number, on: string, remedy: string): Line => {
  if (daysLeft < 0) return { level: "error", text: `${what} has ended${on}. ${remedy}`, once: "has ended" }
  const stage = stages.find((days) => daysLeft <= days)
  const left = `in ${daysLeft} ${daysLeft === 1 ? "day" : "days"}`
  return { level: "warn", text: `${what} ends ${left}${on === "" ? "" : `,${on}`}. ${remedy}`, once: `ends ${stage}` }
}

/** What a human should know of an event; undefined: nothing. */
const lineOf = (event: SageEvent): Line | undefined => {
  switch (event.type) {
    case "advice": {
      // `grants-in-memory` says the same, and more
      if (event.subject === "keys-of-this-process") return undefined
      // its place stands before it already
      const text = event.message.startsWith(`${event.connection}: `)
        ? event.message.slice(event.connection.length + 2)
        : event.message
      return { level: "warn", text, once: event.subject }
    }
    case "reauthorization-required":
      return {
        level: "error",
        text: `a user has to consent again, because ${because[event.cause]}. Send a user who may consent to the address that authorize() gives.`
      }
    case "credential-rejected":
      return {
        level: "error",
        text: `Sage refused the ${event.what}${event.code === undefined ? "" : ` (${event.code})`}. Correct it where it is configured. Until it changes it is sent at most every 15 minutes.`
      }
    case "recovered":
      return { level: "info", text: "works again." }
    case "license-expiring":
      return ends(
        "the developer licence",
        event.daysLeft,
        ` on ${event.expires}`,
        "Renew it with Sage, and give the new date as sender.licenseExpires."
      )
    case "certificate-expiring":
      return ends(
        "the client certificate",
        event.daysLeft,
        "",
        "Put the new one in its place: files are read again when they change."
      )
    case "budget-threshold": {
      const { budget, month, threshold, used } = event
      return {
        level: threshold >= 1 ? "error" : "warn",
        text: `${used} of ${budget} transactions of ${month} are used (${Math.floor((used / budget) * 100)} %). meter() tells more; the options budget and policy of meter say what happens at the end.`
      }
    }
    default:
      return undefined
  }
}

const placeOf = (event: SageEvent): string => {
  if (!("connection" in event)) return `company ${event.company}`
  return event.tenant === only ? event.connection : `${event.connection}, tenant ${event.tenant}`
}

/** More lines than that in a minute are one incident, and nobody reads them. */
const linesInMinute = 20
const minute = 60_000

/** What was said once already, at most. */
const remembered = 1_000

/** Of a line, in characters. */
const longest = 1_000

/** Names and messages may hold anything: what would begin another line, or move a terminal's cursor, is shown. */
const asLine = (text: string): string => text.slice(0, longest).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\uFFFD")

/** Standard error: what a program prints is its own. */
// oxlint-disable no-console -- it is what was asked for
const onConsole: Required<Log> = {
  info: (text) => console.warn(text),
  warn: (text) => console.warn(text),
  error: (text) => console.error(text)
}
// oxlint-enable no-console

const ignore = (): void => {}

/** Tells a log of every event that a human should know of, once per incident. */
export const hearing = ({ concerns, log, now }: Listener): ((event: SageEvent) => void) => {
  const to = log === "console" ? onConsole : log
  const said = new BoundedMap<true>(remembered)
  let began = Number.NEGATIVE_INFINITY
  let lines = 0
  const write = (level: LogLevel, text: string): void => {
    try {
      const written = to[level] === undefined ? to.warn(text) : to[level](text)
      if (written instanceof Promise) written.catch(ignore)
    } catch {
      // what cannot be logged stops no call
    }
  }
  return (event) => {
    const line = lineOf(event)
    if (line === undefined || !concerns("connection" in event ? event.connection : undefined)) return
    const place = placeOf(event)
    const { level, once, text } = line
    if (once !== undefined) {
      const key = JSON.stringify([event.type, place, once])
      if (said.get(key) !== undefined) return
      said.set(key, true)
    }
    const at = now()
    if (at - began >= minute) {
      began = at
      lines = 0
    }
    lines++
    if (lines <= linesInMinute) write(level, asLine(`sage-auth: ${place}: ${text}`))
    else if (lines === linesInMinute + 1) {
      write(
        "warn",
        `sage-auth: there is more to say than ${linesInMinute} lines in this minute. The rest of it is left out here: events() has all of it.`
      )
    }
  }
}
