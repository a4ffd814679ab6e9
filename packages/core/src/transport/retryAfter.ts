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
