import { checkMembers } from "./checkedOptions.ts"
import { accounts as businessCloud } from "./business-cloud/accounts.ts"
import { paths as businessCloudPaths } from "./business-cloud/paths.ts"
import { accounts as intacctRest } from "./intacct-rest/accounts.ts"
import { playHuman } from "./oauth/playHuman.ts"
import { accounts as cloudGateway } from "./x3/gateway/accounts.ts"
import { prefixes as cloudGatewayPrefixes } from "./x3/gateway/paths.ts"
import type { PairingControl } from "./x3/gateway/surface.ts"
import { accounts as identityProvider } from "./x3/identity-provider/accounts.ts"
import { paths as identityProviderPaths } from "./x3/identity-provider/paths.ts"

/** How the human of `sandbox.approve` behaves. */
export interface ApproveOptions {
  /** Whether to click on Deny at the end. Default false. */
  readonly deny?: boolean | undefined
  /**
   * Who signs in. What is missing comes from the first user of the accounts, and the country from the page's choice.
   */
  readonly login?:
    | {
        /** Intacct. */
        readonly companyId?: string | undefined
        /** Intacct, and the X3 user who decides on a pairing request. */
        readonly userId?: string | undefined
        /** Business Cloud Accounting, and the identity provider of an X3 customer. */
        readonly email?: string | undefined
        readonly password?: string | undefined
        /** Business Cloud Accounting, when the application named no country. */
        readonly country?: string | undefined
      }
    | undefined
  /** The folders that an X3 user chooses for a pairing. Default all of the customer's. */
  readonly folders?: ReadonlyArray<string> | undefined
}

/**
 * Plays the human on an authorization URL of the sandbox at `origin`, and gives the callback URL. With the cloud
 * gateway of X3 it is the X3 user, too, and the URL alone says little where the callback is a POST.
 */
export const approve = async (
  origin: string,
  url: string,
  pairings: PairingControl,
  options: ApproveOptions = {}
): Promise<string> => {
  checkMembers(options, ["deny", "login", "folders"], "approve")
  if (!URL.canParse(url) || new URL(url).origin !== origin) {
    throw new TypeError("approve takes an authorization URL of this sandbox")
  }
  const { login, deny = false, folders } = options
  const { pathname } = new URL(url)
  if (cloudGatewayPrefixes.some((prefix) => pathname.startsWith(`${prefix}/`))) {
    const { user, password } = cloudGateway.user
    const as = { user: login?.userId ?? user, password: login?.password ?? password }
    return (await pairings.pairingCallback(url, { deny, login: as, folders })).url
  }
  return (await playHuman(url, { fields: fieldsOf(pathname, login), deny })).url
}

const fieldsOf = (pathname: string, login: ApproveOptions["login"]): Readonly<Record<string, string>> => {
  if (pathname.startsWith(businessCloudPaths.prefix)) {
    return {
      email: login?.email ?? businessCloud.user.email,
      password: login?.password ?? businessCloud.user.password,
      country: login?.country ?? businessCloud.user.country
    }
  }
  if (pathname.startsWith(identityProviderPaths.prefix)) {
    return {
      email: login?.email ?? identityProvider.user.email,
      password: login?.password ?? identityProvider.user.password
    }
  }
  return {
    company: login?.companyId ?? intacctRest.user.companyId,
    user: login?.userId ?? intacctRest.user.userId,
    password: login?.password ?? intacctRest.user.password
  }
}
