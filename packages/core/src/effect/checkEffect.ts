import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { misconfigured } from "../errors/SageAuthError.ts"

/** What this entry needs, in words and as an installer reads it. */
const needed = { words: "4.1 or a later 4.x", range: "^4.1.0" }

const isNeeded = (version: string): boolean => {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? []
  return Number(major) === 4 && Number(minor) >= 1
}

/** The version of the Effect that was imported here; undefined where it cannot be told, as in a bundle. */
const versionOf = (from: string): string | undefined => {
  try {
    const require = process.getBuiltinModule("node:module").createRequire(from)
    // a bundle has one inside, and may lie beside another
    const found = require("effect/Effect") as { readonly succeed?: unknown }
    if (found.succeed !== Effect.succeed) return undefined
    return (require("effect/package.json") as { readonly version: string }).version
  } catch {
    return undefined
  }
}

/** What is known of the Effect that was found. */
interface Found {
  /** undefined where it cannot be told */
  readonly version: string | undefined
  /** whether it has what version 4 has and version 3 has not */
  readonly looksRight: boolean
}

/**
 * Throws where the application's `effect` is not one that this entry can work with. The peer is declared for any
 * version, so that no installation of the promise API fails beside an Effect that has nothing to do with it: this is
 * where it is checked, before anything else of this entry runs.
 */
export const checkEffect = ({ looksRight, version }: Found): void => {
  if (version === undefined ? looksRight : isNeeded(version)) return
  const found = version === undefined ? "an older one" : version
  throw misconfigured([
    {
      option: "effect",
      expected: `version ${needed.words}, which "@sage-auth/core/effect" runs on, and found ${found}: npm install effect@${needed.range}. "@sage-auth/core", the same with promises, needs none`
    }
  ])
}

checkEffect({
  version: versionOf(import.meta.url),
  looksRight: typeof (Context as { readonly Service?: unknown }).Service === "function"
})
