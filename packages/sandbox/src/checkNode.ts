import process from "node:process"

/** The oldest Node.js that this package runs in, as its `engines` say. */
const needed = "22.19"

/**
 * Refuses an older Node.js: package managers only warn of it, and something would fail later without a word of it.
 *
 * @throws `Error`
 */
export const checkNode = (): void => {
  const actual = process.versions.node
  const [major = 0, minor = 0] = needed.split(".").map(Number)
  const [actualMajor = 0, actualMinor = 0] = actual.split(".").map(Number)
  if (actualMajor > major || (actualMajor === major && actualMinor >= minor)) return
  throw new Error(
    `@sage-auth/sandbox needs Node.js ${needed} or later, and this is ${actual}. Install the current release from https://nodejs.org.`
  )
}
