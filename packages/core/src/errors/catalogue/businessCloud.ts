import { defineEntries } from "./Entry.ts"

const authentication = "developer.sage.com, Accounting, Authentication"
const troubleshooting = "developer.sage.com, Accounting, OAuth troubleshooting"
const frequent = "developer.sage.com, Accounting, Frequently raised errors"
const statuses = "developer.sage.com, Accounting, Response codes"
const v3Request = "developer.sage.com, Accounting V3.0, Making an API request"
const sampleIssues = "Sage/sageone_api_php_sample (issues)"

/** Sage Business Cloud Accounting API. */
export const businessCloudEntries = defineEntries(
  { product: "Business Cloud Accounting", surface: "business-cloud" },
  {
    "business-cloud.access-denied": {
      level: "authorization",
      codes: ["access_denied"],
      reason: "CallbackRejected",
      meaning: "The user did not give consent.",
      cause: "The user declined, or may not grant access to the business.",
      remedy: "Offer the user to connect again; a user with access to the business has to accept.",
      source: authentication
    },
    "business-cloud.authorization-invalid": {
      level: "authorization",
      codes: ["invalid_request", "unsupported_response_type"],
      reason: "CallbackRejected",
      meaning: "The authorization request was refused for its form.",
      cause:
        "`redirectUri` differs from the registered one; case and every character count. Or the address was changed on its way to the browser.",
      remedy:
        "Compare `redirectUri` with the one at developer.sage.com, character by character. Send the browser to the address that `authorize()` gives, unchanged.",
      source: authentication
    },
    "business-cloud.scope-invalid": {
      level: "authorization",
      codes: ["invalid_scope"],
      reason: "CallbackRejected",
      meaning: "The scope is not one that the authorization server knows.",
      cause: "Only `readonly` and `full_access` exist.",
      remedy: "Set `scope` to `full_access` or `readonly`.",
      source: authentication
    },
    "business-cloud.client-not-authorized": {
      level: "authorization",
      codes: ["unauthorized_client"],
      reason: "CredentialRejected",
      meaning: "The client may not ask for authorization; the token endpoint has the same code.",
      cause: "`clientId` is wrong, or the application was removed.",
      remedy: "Compare `clientId` with the application's page at developer.sage.com.",
      source: authentication
    },
    "business-cloud.authorization-unavailable": {
      level: "authorization",
      codes: ["server_error", "temporarily_unavailable"],
      reason: "ServiceUnavailable",
      meaning: "The authorization server could not serve the request for the moment.",
      cause: "An overload, an outage or maintenance.",
      remedy: "Let the user try again after about ten minutes.",
      retryable: true,
      source: authentication
    },
    "business-cloud.email-in-use": {
      level: "authorization",
      codes: ["Invalid request"],
      text: "Email already in use",
      reason: "CallbackRejected",
      meaning: "The sign-up that was part of the authorization failed: the e-mail address belongs to another account.",
      cause: "The user tried to create an account with an address that has one.",
      remedy: "Let the user start again and sign in with the existing account.",
      note: "This callback has `reason` in place of `error_description`, and its code has a capital and a space.",
      source: frequent
    },
    "business-cloud.grant-ended": {
      level: "token",
      codes: ["invalid_grant"],
      reason: "ReauthorizationRequired",
      meaning: "The refresh token was refused: the grant is over.",
      cause:
        "It is older than 31 days from its issue, with or without calls. Or the user revoked the consent, or it was used before. Or a newer one replaced it: each refresh gives one, and each new consent of that user for the application. Two programs that refresh one grant end it for each other.",
      remedy:
        "Ask a user to authorize the connection again. Then keep the grant in one store for all processes. Let keep-alive renew it well within 31 days, such as weekly. API calls do not prolong it.",
      note: "Guides say that a refresh token ends when no API calls are made. What counts is the time since its issue: only a refresh begins a new one.",
      source: `${troubleshooting}; ${authentication}`
    },
    "business-cloud.code-rejected": {
      level: "token",
      codes: ["invalid_grant"],
      reason: "CallbackRejected",
      meaning: "The authorization code of a callback was refused.",
      cause:
        "It is older than 60 seconds, or was used already. It was changed: a code may hold an encoded slash, which is decoded once. Or `redirectUri` differs from the one of the authorization request.",
      remedy: "Authorize again and complete the callback at once; do not reload its address.",
      source: `${authentication}; ${troubleshooting}`
    },
    "business-cloud.token-request-invalid": {
      level: "token",
      codes: ["invalid_request"],
      reason: "Misconfigured",
      meaning: "A parameter of the token request is missing, invalid or given twice.",
      cause:
        "`clientId`, `clientSecret` or `redirectUri` is empty. Or a proxy changed or refused the request. Or `urls.token` is not the token endpoint.",
      remedy: "Set these options, leave `urls.token` at its default, and check the proxies on the way.",
      source: authentication
    },
    "business-cloud.client-rejected": {
      level: "token",
      codes: ["invalid_client"],
      reason: "CredentialRejected",
      meaning: "The client id and secret were refused at the token endpoint.",
      cause: "`clientId` or `clientSecret` is wrong, or the secret was renewed.",
      remedy: "Compare both with the application's page at developer.sage.com.",
      note: "Whether it comes with 400 or 401 is not documented; both are taken.",
      source: authentication
    },
    "business-cloud.grant-type-unsupported": {
      level: "token",
      codes: ["unsupported_grant_type"],
      reason: "Misconfigured",
      meaning: "The grant type does not exist at this token endpoint.",
      cause:
        "The request used client credentials, which Business Cloud Accounting does not have. A user must give consent once.",
      remedy:
        "Use `businessCloud(…)` and send a user through `authorize()` once. Keep the grant in a store; then no user is needed again.",
      note: "The documentation lists invalid_grant for an unknown grant type as well.",
      source: authentication
    },
    "business-cloud.token-rejected": {
      level: "call",
      codes: ["401", "AuthorizationFailure"],
      reason: "CredentialRejected",
      meaning: "The access token was not accepted.",
      cause: "It is older than its lifetime, now five minutes, or was issued for another edition of the API.",
      remedy:
        "A connection needs nothing: this library renews the token before it ends, and once more after a rejection. With headers from `headers()`, take new ones for each request.",
      retryable: true,
      note: "Guides give an access token about an hour, which was true before v3.1. `expires_in` now says 300 seconds; this library follows it. The body of this answer is not documented.",
      source: `${statuses}; ${authentication}`
    },
    "business-cloud.no-active-subscription": {
      level: "call",
      codes: ["401", "AuthorizationFailure"],
      text: "No active subscription. (MSE)",
      reason: "AccountInactive",
      meaning: "The token is fine; the business has no active subscription. A renewal does not help and is not tried.",
      cause: "The trial is over or the subscription was cancelled or not paid.",
      remedy: "Ask the owner of the business to activate its subscription at Sage.",
      note: "Not every 401 of this product is about the token.",
      source: frequent
    },
    "business-cloud.subscription-unverified": {
      level: "call",
      codes: ["AuthorizationFailure"],
      text: "Access denied. Cannot verify subscription. Please try again later. (MRF)",
      reason: "ServiceUnavailable",
      meaning: "The server could not find out whether the business has a subscription.",
      cause: "The subscription service behind the API did not answer. Seen with API v3.",
      remedy: "Wait and try again; ask Sage's developer support if it lasts.",
      retryable: true,
      source: sampleIssues
    },
    "business-cloud.access-refused": {
      level: "call",
      codes: ["AuthorizationFailure"],
      text: "Access denied.",
      reason: "CredentialRejected",
      meaning: "API v3 refused the combination of token and headers.",
      cause:
        "The token, the subscription key and the resource owner do not belong together. Or one of them is no longer valid.",
      remedy:
        'Check `subscriptionId` and `resourceOwnerId` of this tenant and authorize again, or move to `api: "v3.1"`, which needs neither.',
      source: sampleIssues
    },
    "business-cloud.header-missing": {
      level: "call",
      codes: ["HeaderNotFound"],
      text: "Header X-Site was not found in the request. Access denied.",
      reason: "Misconfigured",
      meaning: "API v3 misses the header with the resource owner.",
      cause: "API v3 wants three headers: the access token, the subscription key and the resource owner (`X-Site`).",
      remedy: 'Set `resourceOwnerId`, or move to `api: "v3.1"`.',
      note: "Some guides ask for three headers with every call of this product. That is v3; v3.1 needs the access token only, and Sage asks to leave the other two out.",
      source: `${v3Request}; ${sampleIssues}`
    },
    "business-cloud.subscription-key-missing": {
      level: "call",
      codes: ["401"],
      text: "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
      reason: "Misconfigured",
      meaning: "API v3 misses the header with the subscription key (`ocp-apim-subscription-key`).",
      cause: "`subscriptionId` is not set, or a proxy removed the header.",
      remedy: 'Set `subscriptionId`, or move to `api: "v3.1"`, which needs none.',
      note: "Some guides ask for three headers with every call of this product. That is v3 only.",
      source: `${v3Request}; developer.sage.com, Sage Active, FAQ`
    },
    "business-cloud.forbidden": {
      level: "call",
      codes: ["403", "MultiUserAccessDenied"],
      text: "The current user is not allowed to access that resource with that method.",
      reason: "PermissionDenied",
      meaning: "The token is fine; the user who gave consent may not do this. It is not renewed for this.",
      cause:
        "The user's access rights in the business do not cover the resource. Or `scope` is `readonly` and the call writes.",
      remedy:
        "Give the user the access right in the business's settings, or let a user who has it authorize. If every call is answered like this, disconnect and authorize again.",
      source: `${frequent}; developer.sage.com, Accounting, Access rights`
    },
    "business-cloud.not-found": {
      level: "http",
      codes: ["404"],
      reason: "RequestRejected",
      meaning: "There is nothing at this path in this business.",
      cause:
        "The path or key is wrong, or the record is in another business. Without `business`, calls go to the user's lead business, which can change.",
      remedy: "Check the path, and set `business` to the business that is meant.",
      source: `${statuses}; ${authentication}`
    },
    "business-cloud.request-invalid": {
      level: "http",
      codes: ["405", "415"],
      reason: "RequestRejected",
      meaning: "The resource does not take this method or this kind of body.",
      cause: "A wrong method, or a body that is not JSON with `content-type: application/json`.",
      remedy: "Take the method from the resource's page and send JSON.",
      source: statuses
    },
    "business-cloud.unprocessable": {
      level: "http",
      codes: ["422"],
      reason: "FunctionFailed",
      meaning: "The request was understood and a rule of the application refused it.",
      cause: "A value is missing or not allowed; each object of the answer names its place in `$source`.",
      remedy: "Correct the values that the answer names.",
      source: statuses
    },
    "business-cloud.rate-limited": {
      level: "http",
      codes: ["429"],
      reason: "RateLimited",
      meaning: "The application sends more requests than it may.",
      cause:
        "The limits count for the whole application, not for one business. They are 150 requests at once and 1,296,000 a day.",
      remedy:
        "Wait as long as `Retry-After` says. Without it, let the retry schedule choose. Send fewer requests at once.",
      retryable: true,
      note: "Some guides promise `Retry-After`; it is not documented and not always there. The figure of 100 a minute and 2,500 a day for a company belongs to another product.",
      source: `${statuses}; developer.sage.com, Accounting, Best practices`
    },
    "business-cloud.service-unavailable": {
      level: "http",
      codes: ["500", "503", "504", "525", "UnexpectedError"],
      text: "An unexpected error occurred.",
      reason: "ServiceUnavailable",
      meaning: "The server, or the proxy in front of it, could not serve the request.",
      cause: "An overload, an outage or a release.",
      remedy:
        "Wait and try again; quote the `x_request_id` header to Sage if it lasts. Before repeating a write, find out whether it was carried out.",
      retryable: true,
      source: `${statuses}; ledgerscope/SageOneApi`
    },
    "business-cloud.unreadable-answer": {
      level: "http",
      reason: "ProtocolViolation",
      meaning: "The answer is none of Business Cloud Accounting's.",
      cause:
        "A proxy answered in its place, or the body was cut off. Or the server answered with a redirect; redirects are never followed with a credential.",
      remedy:
        "Look at what stands between this machine and Sage, and try again. After a rotation the library replays it once by itself.",
      source: "developer.sage.com, Accounting, Authentication"
    }
  }
)
