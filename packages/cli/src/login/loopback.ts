import { lookup } from "node:dns/promises"
import { BlockList, isIP } from "node:net"

const loopback = new BlockList()
loopback.addSubnet("127.0.0.0", 8, "ipv4")
loopback.addAddress("::1", "ipv6")

const isLoopback = (address: string): boolean => loopback.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")

/**
 * Where a redirect address of this machine is listened at: its own address, or 127.0.0.1 and ::1 where it has a name.
 * A name counts when the hosts file, or whatever this machine asks for names, points it at this machine alone.
 *
 * @param resolve gives the addresses of a name; default: as this machine does
 * @returns an empty list where the address is another machine's
 * @see RFC 8252, section 7.3; RFC 6761, section 6.3 (localhost)
 */
export const loopbackAddresses = async (
  { hostname }: URL,
  resolve: (host: string) => Promise<ReadonlyArray<{ readonly address: string }>> = (host) =>
    lookup(host, { all: true })
): Promise<ReadonlyArray<string>> => {
  const host = hostname.replace(/^\[|\]$/g, "")
  if (isIP(host) !== 0) return isLoopback(host) ? [host] : []
  if (/(?:^|\.)localhost\.?$/i.test(host)) return ["127.0.0.1", "::1"]
  const found = await resolve(host).catch(() => [])
  return found.length > 0 && found.every(({ address }) => isLoopback(address)) ? ["127.0.0.1", "::1"] : []
}
