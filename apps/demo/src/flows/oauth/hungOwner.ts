// A process of its own: it renews a grant, and stops for ever when the refresh token is about to be sent.
import { writeSync } from "node:fs"
import process from "node:process"
import { businessCloud, type BusinessCloudOptions, createSageAuth } from "@sage-auth/core"

/** What the flow gives it, as JSON. */
export interface HungOwner {
  readonly books: Pick<Extract<BusinessCloudOptions, object>, "clientId" | "clientSecret" | "redirectUri"> & {
    readonly urls: { readonly authorize: string; readonly token: string; readonly revoke: string; readonly api: string }
  }
  readonly store: `sqlite:${string}`
  readonly keys: ReadonlyArray<string>
  /** how far the sandbox's clock is ahead of the machine's, in milliseconds */
  readonly ahead: number
}

const { ahead, books, keys, store } = JSON.parse(process.argv[2] ?? "") as HungOwner

/** Blocks the event loop, as a program does that computes without end. */
const hang = (): never => {
  writeSync(1, "hangs")
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  throw new Error("it is never woken")
}

const sage = createSageAuth({
  connections: { books: businessCloud({ ...books, environment: "sandbox" }) },
  store,
  keys,
  clock: { now: () => Date.now() + ahead },
  fetch: hang
})
await sage.client("books").refresh()
