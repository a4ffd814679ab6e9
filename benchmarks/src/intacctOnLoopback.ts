/**
 * The official SDK accepts hosts of Intacct and no other. Importing this has their names resolve to this machine;
 * everything else of the SDK and the platform stays as it is.
 */
import process from "node:process"
import dns, { type LookupAddress } from "node:dns"

type Answer = (error: Error | null, address: string | Array<LookupAddress>, family?: number) => void

const lookup = dns.lookup as (hostname: string, options: unknown, answer: Answer) => void

const onLoopback = (hostname: string, options: unknown, callback?: Answer): void => {
  const answer = callback ?? (options as Answer)
  if (!/\.intacct\.com$/i.test(hostname)) return lookup(hostname, options, answer)
  const all = typeof options === "object" && options !== null && "all" in options && options.all === true
  process.nextTick(() => (all ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4)))
}

Object.assign(dns, { lookup: onLoopback })

/** A URL of this machine under a name of Intacct. */
export const underIntacctsName = (url: string): string => {
  const named = new URL(url)
  named.hostname = "sandbox.intacct.com"
  return named.href
}
