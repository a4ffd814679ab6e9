import * as Predicate from "effect/Predicate"

const nameOf = (folder: unknown): string | undefined => {
  const name = Predicate.hasProperty(folder, "name") ? folder.name : folder
  return typeof name === "string" && name !== "" ? name : undefined
}

/**
 * The names of the folders of a pairing; undefined where the answer holds no list of them.
 *
 * Source: developer.sage.com, X3, Folders listing.
 */
export const readFolders = (json: unknown): ReadonlyArray<string> | undefined => {
  const list: unknown = Predicate.hasProperty(json, "folders") ? json.folders : json
  if (!Array.isArray(list)) return undefined
  const names = list.map(nameOf)
  return names.every((name) => name !== undefined) ? names : undefined
}
