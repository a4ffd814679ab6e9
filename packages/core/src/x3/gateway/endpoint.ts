import * as Result from "../../config/Result.ts"
import { checkSandboxUrl } from "../../config/hosts.ts"
import { hostOf, withoutSlashes } from "./options.ts"

/** Which hosts a connection's credentials may go to. */
export interface PinnedHosts {
  /** as `hostOf` writes them */
  readonly hosts: ReadonlySet<string>
  readonly plainHttp: boolean
}

/** nothing but what a host is made of goes into a message */
const shownHost = (url: URL): string => (/^[\w.-]{1,100}$/.test(url.hostname) ? ` (${url.hostname})` : "")

/**
 * Checks an address that came from outside: from a callback, the root document, or the store. The gateway's regions are
 * domains of their own (`api.<region>-sagex3.com`), which anybody can register, and whoever begins a pairing knows its
 * `state` and can post a callback: an address that only looks like a region must not get the client's secret. So the host
 * is that of `rootUrl`, or one that the configuration names.
 *
 * Fails with what is wrong, in plain words.
 */
export const checkPinned = (address: string, { hosts, plainHttp }: PinnedHosts): Result.Result<string, string> => {
  const checked = checkSandboxUrl(address)
  if (Result.isFailure(checked)) return Result.fail("is not a URL that can be used")
  const url = checked.success
  if (url.search !== "" || url.hash !== "") return Result.fail("has a query or a fragment")
  if (url.protocol !== "https:" && !plainHttp) return Result.fail("is not https")
  return hosts.has(hostOf(url, plainHttp))
    ? Result.succeed(withoutSlashes(url.href))
    : Result.fail(
        `is on another host${shownHost(url)} than rootUrl; where that is a region of Sage's, name its root in regions`
      )
}
