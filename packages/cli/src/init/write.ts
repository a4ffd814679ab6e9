import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { exitStatus, Failure } from "../Failure.ts"

/** The samples that can be written. */
export const sampleNames = ["business-cloud", "intacct-rest", "intacct-xml", "x3"] as const

/** Files by their paths in the folder that they are written to. */
export type Files = Readonly<Record<string, string>>

/** The files of a sample, as the build has put them beside the program. */
export const filesOfSample = (name: (typeof sampleNames)[number]): Files => {
  // from the program's chunks, or from its sources
  const places = ["../samples/", "../../dist/samples/"].map(
    (folder) => new URL(`${folder}${name}.json`, import.meta.url)
  )
  const found = places.find((place) => existsSync(place))
  if (found === undefined) throw new Error(`the sample ${name} is missing in this installation`)
  return JSON.parse(readFileSync(found, "utf8")) as Files
}

/**
 * Writes files, all or none: where one is there already, nothing is written without `force`.
 *
 * @param rivals files that must not be there either, although others are written
 */
export const writeFiles = (
  folder: string,
  files: Files,
  { force, rivals = [] }: { readonly force: boolean; readonly rivals?: ReadonlyArray<string> }
): void => {
  const taken = [...Object.keys(files), ...rivals].filter((path) => existsSync(join(folder, path)))
  if (taken.length > 0 && !force) {
    throw new Failure({
      message: `Nothing was written: ${folder} has ${taken.join(", ")} already.`,
      remedy: "Name another folder, or give --force to replace what is written.",
      status: exitStatus.usage,
      details: { taken }
    })
  }
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: force ? "w" : "wx" })
  }
}

/** Adds lines to a .gitignore that it does not have yet; the rest stays as it is. Gives what was added. */
export const ignore = (folder: string, lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const file = join(folder, ".gitignore")
  const before = existsSync(file) ? readFileSync(file, "utf8") : ""
  const known = new Set(before.split(/\r?\n/).map((line) => line.trim()))
  const missing = lines.filter((line) => !known.has(line))
  if (missing.length === 0) return []
  const end = before === "" || before.endsWith("\n") ? "" : "\n"
  writeFileSync(file, `${before}${end}${missing.join("\n")}\n`)
  return missing
}
