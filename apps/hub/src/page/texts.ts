const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone: "UTC" })
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" })

/** The time of a moment, such as `17:10:02 UTC`. */
export const clockTime = (at: number): string => `${time.format(at)} UTC`

/** The date of a moment, such as `30 Nov 2026`. */
export const date = (at: number): string => day.format(at)

const month = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" })

/** A month such as `2026-11` in words. */
export const monthName = (of: string): string => month.format(new Date(`${of}-01`))

const units = [
  { name: "d", milliseconds: 86_400_000 },
  { name: "h", milliseconds: 3_600_000 },
  { name: "min", milliseconds: 60_000 },
  { name: "s", milliseconds: 1_000 }
]

const parts = (milliseconds: number, count: number): string => {
  const first = units.findIndex((unit) => milliseconds >= unit.milliseconds)
  if (first < 0) return "0 s"
  let rest = milliseconds
  return units
    .slice(first, first + count)
    .map(({ milliseconds: size, name }) => {
      const whole = Math.floor(rest / size)
      rest -= whole * size
      return `${whole} ${name}`
    })
    .join(" ")
}

/** A length of time by its two largest units, such as `4 min 12 s`. */
export const duration = (milliseconds: number): string => parts(milliseconds, 2)

/** How long ago something was, such as `3 min ago`. */
export const ago = (milliseconds: number): string => (milliseconds < 1_000 ? "now" : `${parts(milliseconds, 1)} ago`)

/** A short time as it was measured, such as `12 ms`. */
export const measured = (milliseconds: number): string =>
  milliseconds < 10_000 ? `${Math.round(milliseconds).toLocaleString("en")} ms` : duration(milliseconds)

/** An amount of US dollars. */
export const money = (dollars: number): string =>
  dollars.toLocaleString("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 2 })
