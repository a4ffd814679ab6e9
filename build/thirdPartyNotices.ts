import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "rolldown"

/** Names under which packages ship their licences. */
const licences = ["LICENSE", "LICENSE.md", "LICENCE", "LICENSE.txt", "license"]

const noticeOf = (root: string): string => {
  const { homepage, license, name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const file = licences.map((each) => join(root, each)).find((each) => existsSync(each))
  if (file === undefined) throw new Error(`${name} has no licence to ship: it cannot be inlined`)
  const text = readFileSync(file, "utf8").trim()
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
