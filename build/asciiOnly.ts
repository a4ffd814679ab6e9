import type { Plugin } from "rolldown"

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

/**
 * Writes what is outside of ASCII as escapes. One such letter makes the platform keep the whole file with two bytes for
 * each, as long as the process lives: half a megabyte for this library.
 */
export const asciiOnly: Plugin = {
  name: "ascii-only",
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== "chunk" || /\.d\.c?ts$/.test(chunk.fileName)) continue
      chunk.code = chunk.code.replace(/[\u0080-\uffff]/g, escaped)
    }
  }
}
