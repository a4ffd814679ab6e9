import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "rolldown"

/**
 * Writes the declarations of some entries, and of what those import, a second time for CommonJS: `index.d.cts` beside
 * `index.d.ts`. They say the same, word for word: only that their neighbours have the other ending, and that types of
 * packages with ES modules alone are asked for as such.
 */
export const declarationsForRequire = (
  entries: ReadonlyArray<string>,
  modulesAlone: ReadonlyArray<string> = []
): Plugin => ({
  name: "declarations-for-require",
  writeBundle({ dir }) {
    if (dir === undefined) throw new Error("there is no folder to write declarations to")
    const written = new Set<string>()
    const write = (file: string): void => {
      if (written.has(file)) return
      written.add(file)
      const neighbours: Array<string> = []
      let text = readFileSync(join(dir, `${file}.d.ts`), "utf8").replaceAll(
        /(?<=\b(?:from|import|import\() ?")(\.\.?\/[^"]+)\.js(?=")/g,
        (_all, neighbour: string) => {
          neighbours.push(join(file, "..", neighbour))
          return `${neighbour}.cjs`
        }
      )
      for (const name of modulesAlone) {
        text = text.replaceAll(
          new RegExp(`^import (?:type )?(.*) from "${name}";$`, "gm"),
          `import type $1 from "${name}" with { "resolution-mode": "import" };`
        )
      }
      writeFileSync(join(dir, `${file}.d.cts`), text)
      for (const neighbour of neighbours) write(neighbour)
    }
    for (const entry of entries) write(entry)
  }
})
