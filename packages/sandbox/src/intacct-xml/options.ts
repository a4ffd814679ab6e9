import { checkChoices, checkMembers, type Choices } from "../checkedOptions.ts"
import type { DurationInput } from "../clock.ts"
import { type Reading, readingsOf, withReading } from "../reading.ts"

/**
 * An answer that no public page shows. The texts may hold `{controlId}`, `{senderId}`, `{entityId}` and `{userId}`.
 */
export interface UndocumentedAnswer {
  /** Which of the three statuses of a response fails. */
  readonly level: "control" | "authentication" | "function"
  /** Intacct's code. */
  readonly errorno: string
  /** What is wrong, in brief. */
  readonly description?: string | undefined
  /** What is wrong, in full. */
  readonly description2?: string | undefined
  /** What the caller can do. */
  readonly correction?: string | undefined
}

/** The situations whose answers no page shows. */
export type UndocumentedSituation = "isolation" | "replayedControlId" | "topLevelRefused" | "unknownEntity"

/** How the Intacct XML gateway behaves, where companies, editions or sources differ. */
export interface IntacctXmlOptions {
  /**
   * `"documented"`: what Sage's pages and recordings show. `"card"`: what only the comparison card says, which is
   * `wrongSender` `"XL03000004"`. Options that are given beside it win. Default `"documented"`.
   */
  readonly reading?: Reading | undefined
  /**
   * How a wrong sender or its password is refused. Every recorded answer has the first; the other stands in the
   * comparison card alone. Default `"XL03000006"`.
   */
  readonly wrongSender?: "XL03000006" | "XL03000004" | undefined
  /** How long a session lives after its last use. Default 30 minutes. */
  readonly sessionTimeout?: DurationInput | undefined
  /** How long a session lives at most, used or not. Default 8 hours. */
  readonly sessionLimit?: DurationInput | undefined
  /** Whether answers carry `sessiontimeout`; before release 2 of 2019 they did not. Default true. */
  readonly showSessionTimeout?: boolean | undefined
  /** The offset of `sessiontimestamp` and `sessiontimeout`, such as `"-07:00"`. Default `"+00:00"`. */
  readonly utcOffset?: string | undefined
  /**
   * `"pod"`: a session has an endpoint of its own, and is refused at every other one. `"same"`: the endpoint is the URL
   * that was called, as production answers in 2026. Default `"pod"`.
   */
  readonly endpoint?: "pod" | "same" | undefined
  /** How many requests of one company are served at a time. Default 2. */
  readonly connectionsPerCompany?: number | undefined
  /** How long a further request waits for a connection before `GW-0010`. Default 30 seconds. */
  readonly connectionWait?: DurationInput | undefined
  /**
   * How long each request takes, by the sandbox's clock. Default 5 milliseconds. With none at all, requests that come
   * together would be served one after the other. A client that sends too many at once would then never show.
   */
  readonly latency?: DurationInput | undefined
  /** How a company that does not exist is refused, both with HTTP 400. Default `"GW-0011"`; the other is older. */
  readonly wrongCompany?: "GW-0011" | "invalidRequest" | undefined
  /** How a wrong user or password is refused: at authentication level with HTTP 200, or by the gateway with 401. */
  readonly wrongLogin?: "XL03000006" | "XMLGW_JPP0002" | "UJPP0002" | undefined
  /** How a session that is dead or unknown is refused. */
  readonly deadSession?: "XL03000006" | "XMLGW_JPP0002" | undefined
  /** How a caller over its limit is refused: 429, or the same text in a 200. Default 429. */
  readonly rateLimit?: 429 | 200 | undefined
  /** The `Content-Type` of XML answers; `null` for none. Default `text/xml; encoding="UTF-8"`. */
  readonly contentType?: string | null | undefined
  /** Whether the control block repeats what was sent, or has empty elements. Default `"full"`. */
  readonly controlEcho?: "full" | "empty" | undefined
  /**
   * What a user restricted to entities gets on asking for the top level. Default `"refused"`: a refusal, and a login
   * without an entity lands in the user's entity. Else a top-level session that shows the user's entities alone.
   */
  readonly restrictedTopLevel?: "refused" | "filtered" | undefined
  /** What such a user gets in another entity: empty answers, or the refusal of an unknown entity. Default `"empty"`. */
  readonly restrictedEntity?: "empty" | "refused" | undefined
  /**
   * The status of the function that a transaction failed by. `"aborted"`: that of all the others, so that only its
   * error tells it from them, as Sage's maintainers say. `"failure"`: its own, as was seen too. Default `"aborted"`.
   */
  readonly guiltyStatus?: "aborted" | "failure" | undefined
  /**
   * Which results of a failed transaction say that it was rolled back (`XL03000009`): all, those that are not guilty,
   * or none. Default `"others"`.
   */
  readonly rollbackError?: "all" | "others" | "none" | undefined
  /**
   * Whether a transaction goes on after the first function that failed, so that several may be guilty. Default false.
   */
  readonly transactionGoesOn?: boolean | undefined
  /**
   * The status of a function whose control id was used before: none at all, as was seen, or `"failure"`. Default
   * `"absent"`. Applies while `undocumented.replayedControlId` is at function level.
   */
  readonly duplicateStatus?: "absent" | "failure" | undefined
  /** Where the error of such a function stands: in its result, beside it, or nowhere. Default `"inside"`. */
  readonly duplicateError?: "inside" | "beside" | "nowhere" | undefined
  /** What stands beside the `<key>` of an older function: nothing, or an empty `<data>`. Default `"absent"`. */
  readonly legacyData?: "absent" | "empty" | undefined
  /**
   * What `query` calls a sum: `SUM.TOTALDUE`, as with `COUNT.RECORDNO` in Intacct's samples, or `TOTALDUE` as in one of
   * them. Default `"prefixed"`.
   */
  readonly aggregateNames?: "prefixed" | "bare" | undefined
  /** How long a report is `PENDING`. Default 2 seconds. */
  readonly reportTime?: DurationInput | undefined
  /** Whether the control block of an answer lacks `<senderid>`, as was seen now and then. Default false. */
  readonly omitSenderId?: boolean | undefined
  /** The answers that no page shows; each has a default. */
  readonly undocumented?: { readonly [situation in UndocumentedSituation]?: UndocumentedAnswer | undefined } | undefined
}

/** {@link IntacctXmlOptions} with every default in place. */
export type ResolvedIntacctXmlOptions = {
  readonly [key in Exclude<keyof IntacctXmlOptions, "undocumented">]-?: Exclude<IntacctXmlOptions[key], undefined>
} & { readonly undocumented: Readonly<Record<UndocumentedSituation, UndocumentedAnswer>> }

/** What holds until an option says otherwise. */
export const defaultOptions: ResolvedIntacctXmlOptions = {
  reading: "documented",
  wrongSender: "XL03000006",
  sessionTimeout: "30 minutes",
  sessionLimit: "8 hours",
  showSessionTimeout: true,
  utcOffset: "+00:00",
  endpoint: "pod",
  connectionsPerCompany: 2,
  connectionWait: "30 seconds",
  latency: 5,
  wrongCompany: "GW-0011",
  wrongLogin: "XL03000006",
  deadSession: "XL03000006",
  rateLimit: 429,
  contentType: 'text/xml; encoding="UTF-8"',
  controlEcho: "full",
  restrictedTopLevel: "refused",
  restrictedEntity: "empty",
  guiltyStatus: "aborted",
  rollbackError: "others",
  transactionGoesOn: false,
  duplicateStatus: "absent",
  duplicateError: "inside",
  legacyData: "absent",
  aggregateNames: "prefixed",
  reportTime: "2 seconds",
  omitSenderId: false,
  undocumented: {
    isolation: {
      level: "control",
      errorno: "XL03000003",
      description2: "XML Parse schema error: getAPISession must be the only function of its request."
    },
    replayedControlId: {
      level: "function",
      errorno: "XL03000006",
      description2:
        "The control ID {controlId} was already used by sender {senderId}, and this request asked for unique ones."
    },
    topLevelRefused: {
      level: "function",
      errorno: "XL03000006",
      description2: "The user {userId} is restricted to entities and has no access to the top level."
    },
    unknownEntity: { level: "function", errorno: "XL03000006", description2: "Sign-in information is incorrect" }
  }
}

const readings = readingsOf<ResolvedIntacctXmlOptions>(defaultOptions, { wrongSender: "XL03000004" })

/** The values of options that have few. */
const choices: Choices<ResolvedIntacctXmlOptions> = {
  wrongSender: ["XL03000006", "XL03000004"],
  showSessionTimeout: [true, false],
  endpoint: ["pod", "same"],
  wrongCompany: ["GW-0011", "invalidRequest"],
  wrongLogin: ["XL03000006", "XMLGW_JPP0002", "UJPP0002"],
  deadSession: ["XL03000006", "XMLGW_JPP0002"],
  rateLimit: [429, 200],
  controlEcho: ["full", "empty"],
  restrictedTopLevel: ["refused", "filtered"],
  restrictedEntity: ["empty", "refused"],
  guiltyStatus: ["aborted", "failure"],
  rollbackError: ["all", "others", "none"],
  transactionGoesOn: [true, false],
  duplicateStatus: ["absent", "failure"],
  duplicateError: ["inside", "beside", "nowhere"],
  legacyData: ["absent", "empty"],
  aggregateNames: ["prefixed", "bare"],
  omitSenderId: [true, false]
}

/** Lays the given options over those that hold. */
export const mergeOptions = (
  current: ResolvedIntacctXmlOptions,
  given: IntacctXmlOptions | undefined
): ResolvedIntacctXmlOptions => {
  const { undocumented, ...rest } = given ?? {}
  checkMembers(given, Object.keys(current), "intacct")
  checkMembers(undocumented, Object.keys(current.undocumented), "intacct.undocumented")
  const merged = {
    ...withReading(current, given, readings),
    ...defined(rest),
    undocumented: { ...current.undocumented, ...defined(undocumented ?? {}) }
  } as ResolvedIntacctXmlOptions
  if (!/^[+-]\d\d:[0-5]\d$/.test(merged.utcOffset)) throw new RangeError('utcOffset must look like "+00:00"')
  if (!Number.isInteger(merged.connectionsPerCompany) || merged.connectionsPerCompany < 1) {
    throw new RangeError("connectionsPerCompany must be a whole number from 1")
  }
  checkChoices(merged, choices)
  return merged
}

const defined = (values: object): object =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
