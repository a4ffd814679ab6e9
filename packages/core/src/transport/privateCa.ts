import { readFileSync } from "node:fs"
import type { Fetch } from "./Answer.ts"
import { TransportFailure } from "./TransportFailure.ts"
import { openTls, type OpenTls } from "./tls.ts"
import { writtenAt } from "./watchedFiles.ts"

/** Without its authority nothing is sent. */
const unreadable = (code: string | undefined) =>
  new TransportFailure({ problem: "tls", processed: "no", code, fault: "the authority that `ca` gives cannot be used" })

/**
 * A fetch that also trusts a private certificate authority, given as PEM or as a `file:` URL. Verification stays on,
 * and so do the authorities that the platform trusts. A file that was replaced is read again by the next request;
 * while it is missing or cannot be read, what is open goes on.
 */
export const fetchTrusting = (ca: string | URL): Fetch => {
  const files = typeof ca === "string" ? [] : [ca]
  let opened: OpenTls | undefined
  let seen: string | undefined
  const current = (): OpenTls => {
    const written = writtenAt(files)
    if (opened !== undefined && (written === undefined || written === seen)) return opened
    try {
      const next = openTls({ ca: [typeof ca === "string" ? ca : readFileSync(ca, "utf8")] })
      opened?.retire()
      opened = next
      seen = written
      return next
    } catch (thrown) {
      // seen again by the next request: it may be whole by then
      if (opened !== undefined) return opened
      throw unreadable((thrown as NodeJS.ErrnoException).code)
    }
  }
  return async (input, init) => current().fetch(input, init)
}
