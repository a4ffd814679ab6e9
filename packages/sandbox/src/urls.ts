import { paths as businessCloudPaths } from "./business-cloud/paths.ts"
import { basePath } from "./intacct-rest/paths.ts"
import { gatewayPath } from "./intacct-xml/paths.ts"
import type { X3Urls } from "./x3/x3.ts"

/** The URLs of an authorization server and the API behind it. */
export interface OAuthUrls {
  /** Where a browser is sent for consent. */
  readonly authorize: string
  /** Where codes and refresh tokens are exchanged. */
  readonly token: string
  /** Where tokens are revoked. */
  readonly revoke: string
  /** What paths of the API begin with. */
  readonly api: string
}

/** The URLs that a client needs, by surface. */
export interface SandboxUrls extends X3Urls {
  /** The address that XML requests are posted to. */
  readonly "intacct-xml": { readonly xml: string }
  /** Of the token server and the REST API. */
  readonly "intacct-rest": OAuthUrls
  /** Of the version that needs an access token alone. */
  readonly "business-cloud": OAuthUrls
  /** The version of Business Cloud Accounting that wants three headers with every call. */
  readonly "business-cloud-v3": OAuthUrls
}

/** The URLs of a sandbox whose main port has this origin. */
export const urlsOf = (origin: string, x3: X3Urls): SandboxUrls => ({
  "intacct-xml": { xml: `${origin}${gatewayPath}` },
  "intacct-rest": {
    authorize: `${origin}${basePath}/oauth2/authorize`,
    token: `${origin}${basePath}/oauth2/token`,
    revoke: `${origin}${basePath}/oauth2/revoke`,
    api: `${origin}${basePath}`
  },
  "business-cloud": businessCloudUrls(origin, businessCloudPaths),
  "business-cloud-v3": businessCloudUrls(origin, businessCloudPaths.v3),
  ...x3
})

const businessCloudUrls = (origin: string, paths: OAuthUrls): OAuthUrls => ({
  authorize: `${origin}${paths.authorize}`,
  token: `${origin}${paths.token}`,
  revoke: `${origin}${paths.revoke}`,
  api: `${origin}${paths.api}`
})
