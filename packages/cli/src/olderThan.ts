// Apart from `bin.ts`, which runs when it is imported: no test can import that.

/**
 * Whether a version of Node.js comes before another one.
 *
 * @param needed the version that is needed, such as `22.19`
 * @param actual the version that is there, such as `22.9.0`
 */
export const olderThan = (needed: string, actual: string): boolean => {
  const [major = 0, minor = 0] = needed.split(".").map(Number)
  const [actualMajor = 0, actualMinor = 0] = actual.split(".").map(Number)
  return actualMajor < major || (actualMajor === major && actualMinor < minor)
}
