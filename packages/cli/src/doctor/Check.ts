import type { Sage, SageAuthError, Surface } from "@sage-auth/core"
import { explain, isSageAuthError } from "@sage-auth/core"
import type { ApplicationSettings, ConnectionSettings, Connections } from "@sage-auth/core/inspect"
import { printable } from "../printable.ts"
import type { Manual } from "./manual.ts"

/** Which failure it is: the entry of the error catalogue, the server's own code, and what Sage's support asks for. */
export interface FindingError {
  readonly id: string
  readonly code: string | undefined
  readonly supportId: string | undefined
}

/** What a check found. Its texts hold no secret, and nothing that moves a cursor. */
export type Finding =
  | { readonly result: "ok" | "skipped"; readonly evidence: string }
  | {
      readonly result: "warning" | "failed"
      readonly evidence: string
      readonly remedy: string
      readonly error?: FindingError | undefined
    }

/** The application under examination. */
export interface Examined {
  readonly sage: Sage<Connections>
  readonly application: ApplicationSettings
  /** the names of what is examined */
  readonly interactive: ReadonlyArray<string>
  /** milliseconds since the epoch, by the application's clock */
  readonly now: () => number
  /** the environment's variables */
  readonly environment: NodeJS.ProcessEnv
}

/** One connection of it, for one tenant. */
export interface Patient extends Examined {
  readonly settings: ConnectionSettings
  /** whether metered requests may be sent */
  readonly deep: boolean
  /** the text of the server's nodelocal.js */
  readonly nodelocal: string | undefined
  /** does something once, whatever the number of checks that look at what came of it */
  readonly attempt: <A>(name: string, run: () => Promise<A>) => Promise<Attempt<A>>
}

/** What came of something that several checks look at. */
export type Attempt<A> = { readonly value: A } | { readonly error: unknown }

/** What is looked at, as data: the command, `--json` and `docs/cli.md` list it from here. */
export interface Check<Of = Patient> {
  readonly id: string
  readonly title: string
  /** what it finds out, in one sentence */
  readonly says: string
  /** `application`: once, whatever the connections */
  readonly surface: Surface | "every" | "application"
  /** checks that must not have failed: what fails with them says nothing of its own */
  readonly needs: ReadonlyArray<string>
  readonly run: (of: Of) => Promise<Finding>
  /** how to look at it by hand; undefined where this connection has nothing to look at */
  readonly manual?: ((settings: ConnectionSettings) => Manual | undefined) | undefined
}

/** The most that is said of one thing, in characters: names of a server's may be of any length. */
const longest = 1_000

/** A text on one line, whatever stands in it: a server's words must not look like a finding of their own. */
const line = (text: string): string => {
  const shown = printable(text.slice(0, 8 * longest))
    .replace(/\s+/g, " ")
    .trim()
  return shown.length > longest ? `${shown.slice(0, longest)}…` : shown
}

/** All is well. */
export const ok = (evidence: string): Finding => ({ result: "ok", evidence: line(evidence) })

/** It works, and needs a look. */
export const warning = (evidence: string, remedy: string): Finding => ({
  result: "warning",
  evidence: line(evidence),
  remedy: line(remedy)
})

/** It does not work. */
export const failed = (evidence: string, remedy: string, error?: FindingError): Finding => ({
  result: "failed",
  evidence: line(evidence),
  remedy: line(remedy),
  ...(error === undefined ? {} : { error })
})

/** It was not looked at, and why. */
export const skipped = (why: string): Finding => ({ result: "skipped", evidence: line(why) })

/** What a failure says. An error of this library is masked already; of any other its code alone is shown. */
export const ofError = (error: unknown, remedy?: string): Finding => {
  if (isSageAuthError(error)) {
    const { code, id, supportId } = error
    return failed(evidenceOf(error), remedy ?? error.remedy, { id, code, supportId })
  }
  const code = codeOf(error)
  const [known] = explain(code)
  return failed(known?.meaning ?? `It failed: ${code}.`, remedy ?? known?.remedy ?? "Look into the log of what failed.")
}

const evidenceOf = ({ code, message, supportId }: SageAuthError): string =>
  [
    message,
    ...(code === undefined || message.includes(code) ? [] : [`Code ${code}.`]),
    ...(supportId === undefined ? [] : [`Support id ${supportId}.`])
  ].join(" ")

/** What names a foreign failure without its words, which may hold anything. */
export const codeOf = (error: unknown): string => {
  for (let each: unknown = error, depth = 0; depth < 4 && typeof each === "object" && each !== null; depth++) {
    const { cause, code } = each as { readonly cause?: unknown; readonly code?: unknown }
    if (typeof code === "string" && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code
    each = cause
  }
  return error instanceof Error ? error.name : "an unknown failure"
}

/**
 * An answer of a server that was delivered and is none of success, by the entry of the catalogue that it stands for.
 */
export const ofAnswer = async (surface: Surface, response: Response): Promise<Finding> => {
  const text = (await response.text()).slice(0, 4096)
  const candidates = [...explain(text), ...explain(String(response.status))]
  const entry = candidates.find((each) => each.surface === surface) ?? candidates[0]
  const evidence = `HTTP ${response.status}.`
  if (entry === undefined) return failed(evidence, "Ask the server's administrator what this status means.")
  const error = { id: entry.id, code: String(response.status), supportId: undefined }
  return failed(`${evidence} ${entry.meaning}`, entry.remedy, error)
}

/** The day of a moment. */
export const dayOf = (at: Date | number): string => new Date(at).toISOString().slice(0, 10)

/** Whole days from now until a moment; negative once it has passed. */
export const daysTo = (at: Date | number, now: number): number => Math.floor((Number(at) - now) / 86_400_000)

/** Failures that come before a server looked at any credential. */
export const saysNothing = (error: unknown): boolean =>
  !isSageAuthError(error) ||
  ["ServiceUnavailable", "DeadlineExceeded", "RateLimited", "ProtocolViolation", "StoreUnavailable", "Closed"].includes(
    error.reason._tag
  )

/** How long a call of the library may take. */
export const deadline = "10 seconds"

/**
 * One of several things that a single request shows. Servers look at one after the other: what they refused is failed,
 * what they looked at before it is well, and what comes after needs it.
 */
export const stage =
  <A>(options: {
    readonly attempt: (patient: Patient) => Promise<Attempt<A>>
    /** the catalogue's ids that mean this; undefined: whatever else went wrong */
    readonly ids: ReadonlySet<string> | undefined
    readonly ok: (value: A, patient: Patient) => Finding
    /** said when the server refused something that it looks at later */
    readonly passed: string
    /** a remedy that says more than the catalogue's */
    readonly remedy?: (patient: Patient, error: unknown) => string | undefined
  }) =>
  async (patient: Patient): Promise<Finding> => {
    const { attempt, ids, ok: well, passed, remedy } = options
    const found = await attempt(patient)
    if ("value" in found) return well(found.value, patient)
    const { error } = found
    const id = isSageAuthError(error) ? error.id : ""
    if (ids === undefined || ids.has(id)) return ofError(error, remedy?.(patient, error))
    return saysNothing(error) ? skipped("The server did not get that far.") : ok(passed)
  }
