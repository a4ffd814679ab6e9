const time = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium", timeZone: "UTC" })

/** A moment of the sandbox's clock. */
export const clockTime = (at: number): string => `${time.format(at)} UTC`

const units = [
  { name: "d", milliseconds: 86_400_000 },
  { name: "h", milliseconds: 3_600_000 },
  { name: "min", milliseconds: 60_000 },
  { name: "s", milliseconds: 1_000 }
]

/** A length of time by its two largest units, such as `4 min 12 s`. */
export const duration = (milliseconds: number): string => {
  const first = units.findIndex((unit) => milliseconds >= unit.milliseconds)
  if (first < 0) return "0 s"
  let rest = milliseconds
  return units
    .slice(first, first + 2)
    .map(({ milliseconds: size, name }) => {
      const count = Math.floor(rest / size)
      rest -= count * size
      return `${count} ${name}`
    })
    .join(" ")
}

/** An amount of US dollars. */
export const money = (dollars: number): string =>
  dollars.toLocaleString("en-US", { style: "currency", currency: "USD", maximumFractionDigits: 2 })
