import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "rolldown"

/** Names under which packages ship their licences. */
const licences = ["LICENSE", "LICENSE.md", "LICENCE", "LICENSE.txt", "license"]

/** The licence of this repository, in the name of somebody else. */
const mitOf = (author: string): string =>
  readFileSync(new URL("../LICENSE", import.meta.url), "utf8").replace(/^Copyright .*$/m, `Copyright (c) ${author}`)

const noticeOf = (root: string): string => {
  const { author, homepage, license, name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const file = licences.map((each) => join(root, each)).find((each) => existsSync(each))
  // some packages name their licence, and ship no text of it
  const named = license === "MIT" && typeof author === "string" ? mitOf(author) : undefined
  const text = (file === undefined ? named : readFileSync(file, "utf8"))?.trim()
  if (text === undefined) throw new Error(`${name} has no licence to ship: it cannot be inlined`)
  return `## ${name} ${version} (${license})\n\n${homepage ?? ""}\n\n\`\`\`text\n${text}\n\`\`\`\n`
}

/**
 * Writes the licences of what is inlined beside the bundles. One plugin for all builds of a package: what the last of
 * them writes is the whole.
 */
export const thirdPartyNotices = (): Plugin => {
  const notices = new Map<string, string>()
  return {
    name: "third-party-notices",
    writeBundle({ dir }, bundle) {
      if (dir === undefined) throw new Error("there is no folder to write notices to")
      for (const chunk of Object.values(bundle)) {
        for (const id of chunk.type === "chunk" ? chunk.moduleIds : []) {
          const root = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)(?=\/)/.exec(id)?.[1]
          if (root !== undefined && !id.endsWith(".d.ts") && !notices.has(root)) notices.set(root, noticeOf(root))
        }
      }
      const texts = [...notices.values()].toSorted()
      if (texts.length === 0) return
      writeFileSync(join(dir, "THIRD-PARTY-NOTICES.md"), `# Third-party code in these files\n\n${texts.join("\n")}`)
    }
  }
}
