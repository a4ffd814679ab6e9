import { retryAfterOf } from "../oauth/answers.ts"
import { BoundedMap } from "../BoundedMap.ts"
import type { SurfaceResponse } from "../surface.ts"
import { diagnosis } from "./errors.ts"
import type { ResolvedBusinessCloudOptions } from "./options.ts"

interface Window {
  readonly index: number
  count: number
}

const day = 86_400_000
const minute = 60_000

/** What applications and businesses have used of their limits. */
export class Limits {
  readonly #serving = new Map<string, number>()
  readonly #days = new BoundedMap<Window>(1000)
  readonly #minutes = new BoundedMap<Window>(1000)

  /** Takes one of so many places of an application; undefined when all are taken. */
  enter(client: string, most: number): (() => void) | undefined {
    const serving = this.#serving.get(client) ?? 0
    if (serving >= most) return undefined
    this.#serving.set(client, serving + 1)
    let left = false
    return () => {
      if (left) return
      left = true
      this.#serving.set(client, (this.#serving.get(client) ?? 1) - 1)
    }
  }

  /** Counts a request of an application today; false when it had its number. */
  countDay(client: string, most: number, now: number): boolean {
    return count(this.#days, client, Math.floor(now / day), most)
  }

  /** Counts a request to a business in this minute; false when it had its number. */
  countMinute(business: string, most: number, now: number): boolean {
    return count(this.#minutes, business, Math.floor(now / minute), most)
  }
}

const count = (windows: BoundedMap<Window>, key: string, index: number, most: number): boolean => {
  const known = windows.get(key)
  const window = known !== undefined && known.index === index ? known : { index, count: 0 }
  if (window !== known) windows.set(key, window)
  if (window.count >= most) return false
  window.count++
  return true
}

/** The answer to an application over its limit. Its body is the sandbox's own: Sage publishes none. */
export const rateLimited = (options: ResolvedBusinessCloudOptions, now: number, status: 429 | 200): SurfaceResponse => {
  const wait = retryAfterOf(options, now)
  return diagnosis(status, "TooManyRequests", "Too many requests. Please try again later.", {
    headers: wait === undefined ? {} : { "retry-after": wait }
  })
}
