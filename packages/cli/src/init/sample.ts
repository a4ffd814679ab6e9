import { existsSync, readFileSync } from "node:fs"

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
