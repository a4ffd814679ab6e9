import { type Stats, statSync } from "node:fs"

/** undefined: there is none, or none that may be looked at */
const statsOf = (file: URL): Stats | undefined => {
  try {
    return statSync(file, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}

/**
 * A text that differs once one of the files was written again. It is undefined while one of them is missing, as a file
 * is for a moment that is being replaced, or out of reach: its reader is told why.
 */
export const writtenAt = (files: ReadonlyArray<URL>): string | undefined => {
  const parts: Array<string> = []
  for (const file of files) {
    const stats = statsOf(file)
    if (stats === undefined) return undefined
    parts.push(`${stats.mtimeMs}/${stats.size}/${stats.ino}`)
  }
  return parts.join(" ")
}
