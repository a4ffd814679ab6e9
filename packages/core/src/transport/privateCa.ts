import { readFileSync, statSync } from "node:fs"
import { getCACertificates } from "node:tls"
import type { Agent } from "undici"
import type { Fetch } from "./Answer.ts"
import { TransportFailure } from "./TransportFailure.ts"

interface Opened {
  readonly fetch: Fetch
  readonly agent: Agent
  /** of the file, so that a replaced certificate is seen by the next request; 0 for content */
  readonly modified: number
}

/** Without its authority nothing is sent. */
const unreadable = (code: string | undefined) => new TransportFailure({ problem: "tls", sent: "never", code })

const read = (file: URL): string => {
  try {
    return readFileSync(file, "utf8")
  } catch (thrown) {
    throw unreadable((thrown as NodeJS.ErrnoException).code)
  }
}

/** When the file was last written; 0 for content; undefined where there is no such file. */
const modifiedAt = (ca: string | URL): number | undefined =>
  typeof ca === "string" ? 0 : statSync(ca, { throwIfNoEntry: false })?.mtimeMs

/**
 * A fetch that also trusts a private certificate authority, given as PEM or as a `file:` URL. The platform's fetch
 * cannot take an Agent of another undici, so both come from the same one, loaded on first use. Verification stays on,
 * and so do the authorities that the platform trusts.
 */
export const fetchTrusting = (ca: string | URL): Fetch => {
  let opened: Promise<Opened> | undefined
  let modified = 0
  const open = async (): Promise<Opened> => {
    const undici = await import("undici")
    const pem = typeof ca === "string" ? ca : read(ca)
    const agent = new undici.Agent({ connect: { ca: [...getCACertificates("default"), pem] } })
    const fetch = (input: string, init: object) => undici.fetch(input, { ...init, dispatcher: agent })
    return { fetch: fetch as unknown as Fetch, agent, modified }
  }
  return async (input, init) => {
    const current = modifiedAt(ca)
    if (opened === undefined && current === undefined) throw unreadable("ENOENT")
    // a file that is being replaced is missing for a moment: what is open goes on
    if (current !== undefined && (opened === undefined || current !== modified)) {
      // requests under way finish on the old agent
      void opened?.then((old) => old.agent.close()).catch(() => {})
      modified = current
      opened = open()
      opened.catch(() => {
        // a file that could not be read may be whole the next time
        opened = undefined
      })
    }
    return (await (opened as Promise<Opened>)).fetch(input, init)
  }
}
