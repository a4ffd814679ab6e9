import {
  getCompanyPreferences,
  getApplications,
  getDimensions,
  getUserPermissions,
  inspect,
  lookup
} from "./functions/describe.ts"
import { Cursors, type FunctionContext, type Outcome, type Play } from "./functions/context.ts"
import { getList } from "./functions/getList.ts"
import { legacyPlays } from "./functions/legacy.ts"
import { query } from "./functions/query.ts"
import { readByQuery, readKeys, readMore, readRelated, readView } from "./functions/read.ts"
import { readReport } from "./functions/reports.ts"
import { create, remove, update } from "./functions/write.ts"
import { type Company, companyKey } from "./companies.ts"
import { defineFunction, notPlayed, Refused } from "./notPlayed.ts"
import type { ResolvedIntacctXmlOptions } from "./options.ts"
import type { RequestFunction } from "./readRequest.ts"
import type { Identity } from "./sessions.ts"

const plays: ReadonlyMap<string, Play> = new Map([
  ["readByQuery", readByQuery],
  ["readMore", readMore],
  ["read", readKeys("READ")],
  ["readByName", readKeys("READ_BY_NAME")],
  ["readRelated", readRelated],
  ["readView", readView],
  ["readReport", readReport],
  ["query", query],
  ["create", create],
  ["update", update],
  ["delete", remove],
  ["inspect", inspect],
  ["lookup", lookup],
  ["getUserPermissions", getUserPermissions],
  ["getDimensions", getDimensions],
  ["get_list", getList],
  ["get_companyprefs", getCompanyPreferences],
  ["get_applications", getApplications],
  ...legacyPlays
])

/** The functions that work on records. */
export class RecordFunctions {
  readonly #cursors = new Cursors()
  /** What tests have defined, by company and name. */
  readonly #defined = new Map<string, Map<string, Play>>()
  readonly #now: () => number
  readonly #withSupportId: (text: string) => string
  readonly #options: () => ResolvedIntacctXmlOptions

  constructor(now: () => number, withSupportId: (text: string) => string, options: () => ResolvedIntacctXmlOptions) {
    this.#now = now
    this.#withSupportId = withSupportId
    this.#options = options
  }

  /** Gives a company a function of its own, or another one for one of Intacct's. */
  define(company: Company, name: string, play: Play): void {
    const key = companyKey(company.companyId)
    this.#defined.set(key, (this.#defined.get(key) ?? new Map<string, Play>()).set(name, play))
  }

  /** Whether a function was defined for a company; without one, for any. */
  isDefined(name: string, company?: Company): boolean {
    if (company !== undefined) return this.#defined.get(companyKey(company.companyId))?.has(name) === true
    return [...this.#defined.values()].some((functions) => functions.has(name))
  }

  /** Runs one function for somebody. One that fails has changed nothing. */
  run(identity: Identity, session: string | undefined, called: RequestFunction, alone: boolean): Outcome {
    const context: FunctionContext = {
      identity,
      session,
      called,
      cursors: this.#cursors,
      now: this.#now,
      withSupportId: this.#withSupportId,
      options: this.#options
    }
    let outcome: Outcome = { failures: [] }
    try {
      identity.company.records.transaction(() => {
        outcome = this.#playOf(identity.company, called.name)(context)
        if ("plain" in outcome && outcome.plain !== undefined && !alone) {
          throw notPlayed(
            "JSON and CSV beside other functions",
            "Send a function with such a format alone: its answer has no envelope that others would fit in."
          )
        }
        return !("failures" in outcome)
      })
      return outcome
    } catch (error) {
      if (error instanceof Refused) return { failures: [error.failure] }
      throw error
    }
  }

  #playOf(company: Company, name: string): Play {
    const play = this.#defined.get(companyKey(company.companyId))?.get(name) ?? plays.get(name)
    if (play !== undefined) return play
    return () => {
      throw notPlayed(`the function ${name}`, defineFunction(name))
    }
  }
}
