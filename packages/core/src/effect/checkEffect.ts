// A file of its own: it runs before the first module that only the right Effect can run.

import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { misconfigured } from "../errors/SageAuthError.ts"

/** What this entry needs, in words and as an installer reads it. */
const needed = { words: "4.1 or a later 4.x", range: "^4.1.0" }

const isNeeded = (version: string): boolean => {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? []
  return Number(major) === 4 && Number(minor) >= 1
}

/** What `from` finds as `effect`: its version, and whether it is the Effect that was imported here. */
const find = (from: string): { readonly version: string; readonly isImported: boolean } | undefined => {
  try {
    const require = process.getBuiltinModule("node:module").createRequire(from)
    const { version } = require("effect/package.json") as { readonly version: string }
    // a bundle has one inside, and may lie beside another; version 3 gives another copy to `require`
    const { succeed } = require("effect/Effect") as { readonly succeed?: unknown }
    return { version, isImported: succeed === Effect.succeed }
  } catch {
    return undefined
  }
}

/** What is known of the Effect that was found. */
interface InstalledEffect {
  /** undefined where it cannot be told */
  readonly version: string | undefined
  /** that of the `effect` that lies beside this file, which may be another one */
  readonly beside?: string | undefined
  /** whether it has what version 4 has and version 3 has not */
  readonly looksRight: boolean
}

/**
 * Throws where the application's `effect` is not one that this entry can work with. The peer is declared for any
 * version, so that no installation of the promise API fails beside an Effect that has nothing to do with it: this is
 * where it is checked, before anything else of this entry runs.
 */
export const checkEffect = ({ beside, looksRight, version }: InstalledEffect): void => {
  if (version === undefined ? looksRight : isNeeded(version)) return
  const found = version ?? (beside === undefined || isNeeded(beside) ? "an older one" : beside)
  throw misconfigured([
    {
      option: "effect",
      expected: `version ${needed.words}, which "@sage-auth/core/effect" runs on, and found ${found}: npm install effect@${needed.range}. "@sage-auth/core", the same with promises, needs none`
    }
  ])
}

const found = find(import.meta.url)
checkEffect({
  version: found?.isImported === true ? found.version : undefined,
  beside: found?.version,
  looksRight: typeof (Context as { readonly Service?: unknown }).Service === "function"
})
