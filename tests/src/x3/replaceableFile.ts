import { mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { Effect } from "effect"

/** A file that is written and replaced, with times of change of its own: two writes are never of the same moment. */
export const replaceableFile = (name: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "sage-auth-x3-"))),
      (directory) => Effect.sync(() => rmSync(directory, { recursive: true, force: true }))
    ),
    (directory) => {
      const path = join(directory, name)
      let changed = 1_700_000_000
      return {
        url: pathToFileURL(path),
        remove: () => rmSync(path),
        write: (content: string | Uint8Array) => {
          const next = join(directory, `next-${name}`)
          writeFileSync(next, content)
          utimesSync(next, ++changed, changed)
          renameSync(next, path)
        }
      }
    }
  )
