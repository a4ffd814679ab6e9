import { accounts as businessCloud } from "./business-cloud/accounts.ts"
import { paths as businessCloudPaths } from "./business-cloud/paths.ts"
import { accounts as intacctRest } from "./intacct-rest/accounts.ts"
import { playHuman } from "./oauth/playHuman.ts"

/** How the human of `sandbox.approve` behaves. */
export interface ApproveOptions {
  /** Whether to click on Deny at the end. Default false. */
  readonly deny?: boolean | undefined
  /** Who signs in. What is missing comes from the first user of the accounts, and the country from the page's choice. */
  readonly login?:
    | {
        /** Intacct. */
        readonly companyId?: string | undefined
        /** Intacct. */
        readonly userId?: string | undefined
        /** Business Cloud Accounting. */
        readonly email?: string | undefined
        readonly password?: string | undefined
        /** Business Cloud Accounting, when the application named no country. */
        readonly country?: string | undefined
      }
    | undefined
}

/** Plays the human on an authorization URL of the sandbox at `origin`, and gives the callback URL. */
export const approve = (origin: string, url: string, options: ApproveOptions = {}): Promise<string> => {
  if (!URL.canParse(url) || new URL(url).origin !== origin) {
    return Promise.reject(new TypeError("approve takes an authorization URL of this sandbox"))
  }
  const { login, deny = false } = options
  const fields = new URL(url).pathname.startsWith(businessCloudPaths.prefix)
    ? {
        email: login?.email ?? businessCloud.user.email,
        password: login?.password ?? businessCloud.user.password,
        country: login?.country ?? businessCloud.user.country
      }
    : {
        company: login?.companyId ?? intacctRest.user.companyId,
        user: login?.userId ?? intacctRest.user.userId,
        password: login?.password ?? intacctRest.user.password
      }
  return playHuman(url, { fields, deny })
}
