import { defineEntries } from "./Entry.ts"

const gatewayErrors = "developer.sage.com, X3, Authorization token endpoints, API error codes"
const graphqlErrors = "developer.sage.com, X3, GraphQL, API error codes"

/** Sage X3, API gateway of the multi-tenant cloud. */
export const x3GatewayEntries = defineEntries(
  { product: "X3", surface: "x3-gateway" },
  {
    "x3-gateway.parameters-missing": {
      level: "token",
      codes: ["400"],
      text: "Missing required request parameters",
      reason: "Misconfigured",
      meaning: "A parameter of the pairing or token request is missing.",
      cause: "`clientId`, `customer`, `scope` or `redirectUri` is empty.",
      remedy: "Set these options; `customer` is the address of the customer's X3.",
      source: gatewayErrors
    },
    "x3-gateway.grant-type-invalid": {
      level: "token",
      codes: ["400"],
      text: "Invalid grant type",
      reason: "ProtocolViolation",
      meaning: "The gateway does not know the grant type of the token request.",
      cause: "Something between here and the gateway changed the body, or `rootUrl` leads to a server of another kind.",
      remedy: "Check `rootUrl` and the proxies on the way.",
      source: gatewayErrors
    },
    "x3-gateway.application-disabled": {
      level: "token",
      codes: ["403"],
      text: "The application registered on Sage Business Cloud is disabled",
      reason: "CredentialRejected",
      meaning: "The application was disabled at Sage.",
      cause: "Sage or the application's owner switched it off.",
      remedy: "Have the application enabled at Sage, or set `clientId` to one that is.",
      source: gatewayErrors
    },
    "x3-gateway.pairing-pending": {
      level: "token",
      codes: ["403"],
      text: "The pairing request has not been accepted.",
      reason: "PairingPending",
      meaning: "No user has accepted the pairing yet. This is a state to wait in, not a failure.",
      cause:
        "Pairing is asynchronous. An X3 user whose security profile covers third parties has to accept it and choose folders.",
      remedy: "Ask that user to accept the pairing in X3, then try again.",
      retryable: true,
      source: gatewayErrors
    },
    "x3-gateway.pairing-expired": {
      level: "token",
      codes: ["403"],
      text: "The request has expired.",
      reason: "ReauthorizationRequired",
      meaning: "The pairing was not accepted in time.",
      cause: "No X3 user accepted it before it expired.",
      remedy: "Start a new pairing with `authorize()` and have it accepted soon.",
      source: gatewayErrors
    },
    "x3-gateway.pairing-unknown": {
      level: "token",
      codes: ["403"],
      text: "Pairing request not found",
      reason: "ReauthorizationRequired",
      meaning: "The gateway does not know the pairing.",
      cause: "It was removed, or belongs to another customer, application or region.",
      remedy: "Check `customer` and `rootUrl`, then start a new pairing with `authorize()`.",
      source: gatewayErrors
    },
    "x3-gateway.customer-unknown": {
      level: "token",
      codes: ["404"],
      text: "Could not associate the requested url with an customer application registered on Sage Business Cloud",
      reason: "Misconfigured",
      meaning: "No customer has the address in `customer`.",
      cause: "The address is misspelt, or the customer is in another region.",
      remedy: "Set `customer` to the address at which the customer opens X3, and `rootUrl` to the customer's region.",
      source: gatewayErrors
    },
    "x3-gateway.client-unknown": {
      level: "token",
      codes: ["404"],
      text: "Could not associate the values with an active application registered on Sage Business Cloud",
      reason: "CredentialRejected",
      meaning: "No active application has this client id.",
      cause: "`clientId` is wrong, or the application is not active.",
      remedy: "Compare `clientId` with the application that Sage registered.",
      source: gatewayErrors
    },
    "x3-gateway.redirect-unknown": {
      level: "token",
      codes: ["404"],
      text: "Could not associate the values with an application registered on Sage Business Cloud",
      reason: "Misconfigured",
      meaning: "The redirect address is not one of the application's.",
      cause: "`redirectUri` differs from the registered one.",
      remedy: "Compare `redirectUri` with the application that Sage registered, character by character.",
      source: gatewayErrors
    },
    "x3-gateway.token-rejected": {
      level: "http",
      codes: ["401"],
      text: "Unauthorised",
      reason: "CredentialRejected",
      meaning: "The access token is missing or its time, five minutes, is over.",
      cause: "Headers were kept for longer than the token lives.",
      remedy:
        "Nothing needs to be done for a connection: this library renews the token once and repeats the call. With headers taken from `headers()`, take new ones for each request.",
      retryable: true,
      source: gatewayErrors
    },
    "x3-gateway.grant-ended": {
      level: "client",
      reason: "ReauthorizationRequired",
      meaning: "The refresh token's time is over.",
      cause:
        "It lives 30 days, and each refresh begins anew. Nothing was refreshed for that long, or another program refreshed the same pairing.",
      remedy:
        "Pair again with `authorize()`, keep the grant in one store for all processes, and let keep-alive renew it.",
      source: "developer.sage.com, X3, Authorization token endpoints"
    },
    "x3-gateway.document-rejected": {
      level: "call",
      codes: ["400"],
      text: "Cannot query field <field>",
      reason: "RequestRejected",
      meaning: "The GraphQL document does not fit the schema; it did not run.",
      cause:
        "A field or argument is misspelt or not there in this version. Or the path names another folder's endpoint.",
      remedy: "Check the document against the customer's schema, and the endpoint in the path.",
      source: graphqlErrors
    },
    "x3-gateway.internal-error": {
      level: "http",
      codes: ["500", "501", "InternalServerError"],
      text: "An internal error occurred: <detail>",
      reason: "ServiceUnavailable",
      meaning: "The gateway failed.",
      cause: "A failure of the gateway or of the X3 behind it.",
      remedy: "Wait and try again. Before repeating a write, find out whether it was carried out.",
      retryable: true,
      source: gatewayErrors
    },
    "x3-gateway.access-denied": {
      level: "authorization",
      codes: ["access_denied"],
      reason: "CallbackRejected",
      meaning: "The pairing was declined.",
      cause: "An X3 user looked at the pairing request and refused it.",
      remedy: "Ask the customer why, and start a new pairing with `authorize()`.",
      note: "How the gateway tells that a pairing was declined is not documented; this is OAuth 2.0's own code.",
      source: "RFC 6749, section 4.1.2.1"
    },
    "x3-gateway.rate-limited": {
      level: "http",
      codes: ["429"],
      reason: "RateLimited",
      meaning: "The gateway asks to be left alone for a while.",
      cause: "Too many requests. No limit of the gateway's is documented.",
      remedy: "Wait as long as `Retry-After` says. This library waits by its own schedules.",
      retryable: true,
      source: "RFC 6585, section 4"
    },
    "x3-gateway.token-request-rejected": {
      level: "token",
      codes: ["4xx"],
      reason: "ProtocolViolation",
      meaning: "The gateway refused a token request for a reason that its documentation does not list.",
      cause: "The gateway has changed, or `rootUrl` leads to a server of another kind.",
      remedy: "Read the server's words in the message, and check `rootUrl` and the proxies on the way.",
      source: gatewayErrors
    },
    "x3-gateway.unreadable-answer": {
      level: "token",
      reason: "ProtocolViolation",
      meaning:
        "The answer is not one of the gateway's. It is a web page, a redirect, a body that is cut off, or a success without a token.",
      cause: "A proxy answered in the gateway's place, or `rootUrl` leads to a server of another kind.",
      remedy: "Check `rootUrl` and the proxies on the way.",
      source: gatewayErrors
    },
    "x3-gateway.forbidden": {
      level: "http",
      codes: ["403"],
      reason: "PermissionDenied",
      meaning: "The token is good and does not cover this.",
      cause: "The folder was not chosen when the pairing was accepted. Or the scope does not name what was called.",
      remedy:
        "Compare the path with `folders()`, and `scope` with what is called; both take a new pairing with `authorize()`.",
      source: gatewayErrors
    },
    "x3-gateway.request-rejected": {
      level: "http",
      codes: ["4xx"],
      reason: "RequestRejected",
      meaning: "The gateway refused the request itself.",
      cause: "The path or a parameter is wrong.",
      remedy: "Compare the path with the root document at `rootUrl`.",
      source: gatewayErrors
    }
  }
)
