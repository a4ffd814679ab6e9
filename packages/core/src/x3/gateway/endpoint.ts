import * as Redacted from "effect/Redacted"
import * as Result from "../../config/Result.ts"
import { checkSandboxUrl } from "../../config/hosts.ts"
import { mask, maskerOf, type Secret } from "../../errors/maskSecrets.ts"
import { hostOf, withoutSlashes } from "./options.ts"

/** Which hosts a connection's credentials may go to. */
export interface PinnedHosts {
  /** as `hostOf` writes them */
  readonly hosts: ReadonlySet<string>
  readonly plainHttp: boolean
  /** what a foreign host must not show: the client's secret, where it is one and no function */
  readonly clientSecret?: unknown
}

/** how much of a host is shown, in characters */
const longestHost = 100

/** tokens are longer than the parts of hosts that people give a name */
const longestPart = 40

/** Nothing but what a host is made of goes into a message, and no secret: whoever names a host may have put one in it. */
const shownHost = ({ hostname }: URL, secrets: ReadonlyArray<Secret>): string => {
  if (!/^[\w.-]+$/.test(hostname)) return ""
  const masked = maskerOf(secrets)(hostname)
  const shown = masked.split(".").map((part) => (part.length > longestPart ? mask : part))
  const host = shown.join(".")
  return ` (${host.length > longestHost ? `${host.slice(0, longestHost - 1)}…` : host})`
}

/**
 * Checks an address that came from outside: from a callback, the root document, or the store. The gateway's regions are
 * domains of their own (`api.<region>-sagex3.com`), which anybody can register, and whoever begins a pairing knows its
 * `state` and can post a callback: an address that only looks like a region must not get the client's secret. So the host
 * is that of `rootUrl`, or one that the configuration names.
 *
 * Fails with what is wrong, in plain words and without `secrets`: what came with the address.
 */
export const checkPinned = (
  address: string,
  { clientSecret, hosts, plainHttp }: PinnedHosts,
  secrets: ReadonlyArray<Secret> = []
): Result.Result<string, string> => {
  const checked = checkSandboxUrl(address)
  if (Result.isFailure(checked)) return Result.fail("is not a URL that can be used")
  const url = checked.success
  if (url.search !== "" || url.hash !== "") return Result.fail("has a query or a fragment")
  if (url.protocol !== "https:" && !plainHttp) return Result.fail("is not https")
  if (hosts.has(hostOf(url, plainHttp))) return Result.succeed(withoutSlashes(url.href))
  const known = Redacted.isRedacted(clientSecret) ? [...secrets, clientSecret as Secret] : secrets
  return Result.fail(
    `is on another host${shownHost(url, known)} than rootUrl; where that is a region of Sage's, name its root in regions`
  )
}
