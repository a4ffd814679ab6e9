// A file of its own: in `Transport.ts` it would close a circle, since that imports `TransportFailure.ts`, which needs it.

/**
 * Whether a server has processed a request that brought no answer of use.
 *
 * - `no`: surely not. It never left, or the server itself refused it unread. It may be sent again, whatever it does.
 * - `unknown`: it left, and no answer came, or one from something in front of the server. Only what is idempotent may
 *   be sent again.
 * - `yes`: it was processed, and the answer is no. Sending it again changes nothing.
 *
 * Source: RFC 9110, section 9.2.2, Idempotent Methods; RFC 9113, section 8.7, Request Reliability in HTTP/2.
 */
export type Processed = "no" | "unknown" | "yes"

/** Whether a request may be sent again. `idempotent`: processing it twice is the same as once. */
export const mayRepeat = (processed: Processed, idempotent: boolean): boolean =>
  processed === "no" || (processed === "unknown" && idempotent)

/** Whether a status says that a server is away for a moment: the same request may succeed later. */
export const isAway = (status: number): boolean => status === 502 || status === 503 || status === 504

/** What a server answered, read whole and within its limit. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** when the answer's head arrived, in milliseconds since the epoch, by the application's clock */
  readonly arrivedAt: number
}

/** The platform's fetch, or the caller's own. */
export type Fetch = typeof globalThis.fetch

/** Names that servers give their answers; any other may be made of what was sent, or of what is in them. */
const mediaType =
  /^(?:application|text)\/(?:[a-z]{1,12}\+)?(?:json|xml|html|plain|csv|javascript|yaml|x-www-form-urlencoded|octet-stream|x-ndjson|gzip|zip|pdf)(?![\w.+-])/i

/** A content type as it may be shown: the media type alone, and only one that is known. */
export const shownMediaType = (contentType: string | null | undefined): string =>
  contentType === null || contentType === undefined
    ? "no content type"
    : (mediaType.exec(contentType.trim())?.[0] ?? "an odd content type")

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

const time = String.raw`(?<time>(?:[01]\d|2[0-3]):[0-5]\d):(?<second>[0-5]\d|60)`

/** RFC 9110, section 5.6.7: the form of today, and the two older ones. */
const dates = [
  new RegExp(String.raw`^[a-z]{3}, (?<day>\d{2}) (?<month>[a-z]{3}) (?<year>\d{4}) ${time} gmt$`, "i"),
  new RegExp(String.raw`^[a-z]{6,9}, (?<day>\d{2})-(?<month>[a-z]{3})-(?<year>\d{2}) ${time} gmt$`, "i"),
  new RegExp(String.raw`^[a-z]{3} (?<month>[a-z]{3}) (?<day>[ \d]\d) ${time} (?<year>\d{4})$`, "i")
]

/** Milliseconds since the epoch; undefined for what is no date of HTTP's. */
const readDate = (text: string): number | undefined => {
  for (const date of dates) {
    const { day = "", month = "", second = "", time = "", year = "" } = date.exec(text)?.groups ?? {}
    const named = months.indexOf(month.toLowerCase())
    if (named === -1) continue
    // two digits are read without asking a clock, as most others read them: 70 to 99 are of the last century
    const full = year.length === 4 ? year : `${Number(year) < 70 ? 20 : 19}${year}`
    const iso = `${full}-${String(named + 1).padStart(2, "0")}-${day.trim().padStart(2, "0")}`
    const minute = Date.parse(`${iso}T${time}:00Z`)
    // the 31st of February would be a day in March
    if (Number.isNaN(minute) || !new Date(minute).toISOString().startsWith(iso)) return undefined
    return minute + Number(second) * 1000
  }
  return undefined
}

/**
 * How long a server asks to wait, in milliseconds: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
 * A header that cannot be read says nothing.
 */
export const retryAfter = (headers: Headers, now: number): number | undefined => {
  const header = headers.get("retry-after")?.trim()
  if (header === undefined) return undefined
  if (/^\d+$/.test(header)) return Math.min(Number(header) * 1000, Number.MAX_SAFE_INTEGER)
  const date = readDate(header)
  return date === undefined ? undefined : Math.max(0, date - now)
}

/** Levels of objects and arrays that are read of JSON that somebody else wrote; of XML, as many levels are read. */
export const mostLevels = 100

const quote = 0x22
const backslash = 0x5c
const bracketOpens = 0x5b
const bracketCloses = 0x5d
const braceOpens = 0x7b
const braceCloses = 0x7d

/**
 * Where a text nests deeper than is read, in UTF-16 code units from its start; undefined: nowhere. One pass, and no
 * judgement on whether it is JSON. The platform's parser takes the more time for each level the more levels there are,
 * and holds the event loop meanwhile.
 */
export const tooDeepAt = (text: string, most = mostLevels): number | undefined => {
  let levels = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit === quote) {
      // to the quote that ends it
      while (++at < text.length) {
        const inner = text.charCodeAt(at)
        if (inner === quote) break
        if (inner === backslash) at++
      }
    } else if (unit === bracketOpens || unit === braceOpens) {
      if (++levels > most) return at
    } else if (unit === bracketCloses || unit === braceCloses) levels--
  }
  return undefined
}
