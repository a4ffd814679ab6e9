import { parse } from "./parse.ts"
import { type Exported, readExports } from "./Reader.ts"
import { isOfConfig, isOfSession } from "./rules.ts"
import type { Place, Section, Value } from "./Value.ts"

/** Lines that a fragment is given before its own. */
const linesBefore = 1

// what stands in the line before is the fragment as a whole
const moved = ({ column, line }: Place): Place =>
  line > linesBefore ? { column, line: line - linesBefore } : { column: 1, line: 1 }

/** What a fragment means as a file, and where its places are in the fragment. */
export interface Fragment {
  readonly exported: Exported
  readonly moved: (place: Place) => Place
}

const around = (name: string, value: Value): Section => ({
  kind: "object",
  place: value.place,
  members: new Map([[name, { place: value.place, value, replaces: undefined }]]),
  gap: undefined,
  touched: undefined
})

/** The settings that an object holds: those of a file's `config`, or of its `session`. */
const settingsIn = (value: Value | undefined): Value | undefined => {
  if (value?.kind !== "object") return undefined
  const names = [...value.members.keys()]
  if (names.some(isOfConfig)) return value
  return names.some(isOfSession) ? around("session", value) : undefined
}

/** The same where they may stand in a `config`, once: an object may hold itself. */
const configIn = (value: Value | undefined): Value | undefined =>
  settingsIn(value) ?? (value?.kind === "object" ? settingsIn(value.members.get("config")?.value) : undefined)

const exportsAs = (before: string, fragment: string, after: string): Exported | undefined => {
  const { program } = parse(`${before}\n${fragment}\n${after}`)
  // one statement: what closes the wrapping and goes on is no fragment
  if (program === undefined || program.body.length !== 1) return undefined
  const exported = readExports(program)
  const config = configIn(exported.config)
  return config === undefined ? undefined : { ...exported, config }
}

/** A comma or a semicolon that follows what was copied. */
const withoutEnd = (source: string): string => source.trimEnd().replace(/[,;]$/, "")

/**
 * Reads what somebody copied out of a file: properties (`session: { auth: "oauth2" }`, `auth: "oauth2", timeout: 20`) or
 * an object of them, with comments and with the comma or semicolon that followed. undefined: it is none, so that what is
 * wrong with the file is said.
 */
export const readFragment = (source: string): Fragment | undefined => {
  const fragment = withoutEnd(source)
  const exported = exportsAs("exports.config = {", fragment, "}") ?? exportsAs("exports.config = (", fragment, ")")
  return exported === undefined ? undefined : { exported, moved }
}
