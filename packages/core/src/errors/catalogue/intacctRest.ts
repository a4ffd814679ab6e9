import { defineEntries } from "./Entry.ts"

const errorHandling = "developer.sage.com, Sage Intacct REST API, Error handling"
const oauth = "developer.sage.com, Sage Intacct REST API, OAuth 2.0 authorization"
const nango = "nango.dev, Fix Sage Intacct OAuth token invalid and refresh failures"

/** Sage Intacct, REST API. */
export const intacctRestEntries = defineEntries(
  { product: "Intacct", surface: "intacct-rest" },
  {
    "intacct-rest.unable-to-process": {
      level: "gateway",
      codes: ["GW-0001"],
      text: "Unable to process request",
      reason: "ServiceUnavailable",
      meaning: "The gateway could not process the request.",
      cause: "A failure behind the gateway (HTTP 5xx).",
      remedy:
        "Wait and try again. Before repeating a write that had no `Idempotency-Key`, find out whether it was carried out.",
      retryable: true,
      source: errorHandling
    },
    "intacct-rest.tenant-missing": {
      level: "gateway",
      codes: ["GW-0012"],
      text: "Missing Tenant Data",
      reason: "Misconfigured",
      meaning: "The username in the token request has no company in it.",
      cause: "`username` is a bare user id.",
      remedy: "Set `username` to `user@company`, or to `user@company|entity` for one entity.",
      source: errorHandling
    },
    "intacct-rest.content-type-invalid": {
      level: "gateway",
      codes: ["GW-0014"],
      text: "Invalid Content Type",
      reason: "RequestRejected",
      meaning: "The REST API was sent a body of a kind that it does not take, such as XML.",
      cause: "A request meant for the XML API, or a wrong `content-type` header on the call.",
      remedy: "Send `application/json` to the REST API, and XML functions through an `intacctXml` connection.",
      source: errorHandling
    },
    "intacct-rest.attribute-missing": {
      level: "gateway",
      codes: ["GW-0015"],
      text: "Missing <attribute> Attribute",
      reason: "Misconfigured",
      meaning: "The gateway misses an attribute that it needs to route the request.",
      cause: "The option that becomes the attribute is empty, or something between here and Intacct removed it.",
      remedy: "Set the option for the attribute that the text names, and check the proxies on the way.",
      source: errorHandling
    },
    "intacct-rest.token-undecodable": {
      level: "gateway",
      codes: ["GW-0031"],
      text: "Invalid Token",
      reason: "CredentialRejected",
      meaning: "The access token cannot be decoded, or elements of it are missing.",
      cause:
        "The token was cut or changed between the token endpoint and the request. Or it is not a token of Intacct's, but an XML session id or another product's token.",
      remedy: "Let the connection put the token on the request. Pass tokens of your own on unchanged.",
      source: errorHandling
    },
    "intacct-rest.token-payload-invalid": {
      level: "gateway",
      codes: ["GW-0032"],
      text: "Invalid Token Payload",
      reason: "ProtocolViolation",
      meaning: "The gateway cannot read the body of the token request, or does not know its grant type.",
      cause: "Something between here and Intacct changed the body, or `urls.token` points to a server of another kind.",
      remedy: "Check `urls.token` and the proxies on the way.",
      note: "Sage's page shows JSON for client credentials. This library sends the form encoding of RFC 6749, which works.",
      source: errorHandling
    },
    "intacct-rest.token-endpoint-invalid": {
      level: "gateway",
      codes: ["GW-0033"],
      text: "Invalid Token Endpoint",
      reason: "Misconfigured",
      meaning: "The token request went to an address that is not the token endpoint.",
      cause: "A `urls.token` that is wrong, or a proxy that sends the request elsewhere.",
      remedy: "Use `https://api.intacct.com/ia/api/v1/oauth2/token`, the default.",
      note: "Two samples on Sage's page leave out `/ia` in the path. Every client and Sage's discovery document have it.",
      source: `${errorHandling}; ${oauth}`
    },
    "intacct-rest.authorization-header-invalid": {
      level: "gateway",
      codes: ["GW-0034"],
      text: "Invalid Authorization Header",
      reason: "RequestRejected",
      meaning: "The `Authorization` header does not begin with Bearer.",
      cause: "The header was overwritten on the call, or a proxy put its own in its place.",
      remedy: "Do not set `authorization` on calls of a connection, and check the proxies on the way.",
      source: errorHandling
    },
    "intacct-rest.token-payload-missing": {
      level: "gateway",
      codes: ["GW-0035"],
      text: "Missing Token Payload",
      reason: "ProtocolViolation",
      meaning: "The token request reached the gateway without its body.",
      cause: "Something between here and Intacct dropped it, often by turning a POST into a GET.",
      remedy: "Check the proxies on the way.",
      source: errorHandling
    },
    "intacct-rest.username-missing": {
      level: "gateway",
      codes: ["GW-0036"],
      text: "Missing User Name",
      reason: "Misconfigured",
      meaning: "A token request with client credentials named no user.",
      cause: "`username` is empty. Unlike elsewhere, a client id and its secret are not enough at Intacct.",
      remedy: "Set `username` to `user@company`, or use `session` or `sessionId` in its place.",
      source: `${errorHandling}; ${oauth}`
    },
    "intacct-rest.client-id-missing": {
      level: "gateway",
      codes: ["GW-0037"],
      text: "Missing Client ID",
      reason: "Misconfigured",
      meaning: "The token request named no client.",
      cause: "`clientId` is empty.",
      remedy: "Set `clientId` to the one in the Sage App Registry.",
      source: errorHandling
    },
    "intacct-rest.several-client-ids": {
      level: "gateway",
      codes: ["GW-0038"],
      text: "Multiple Client IDs",
      reason: "ProtocolViolation",
      meaning: "The token request reached the gateway with more than one client id.",
      cause: "Something between here and Intacct added one, or `urls.token` has one in its query.",
      remedy: "Remove the query from `urls.token`, and check the proxies on the way.",
      source: errorHandling
    },
    "intacct-rest.several-usernames": {
      level: "gateway",
      codes: ["GW-0039"],
      text: "Multiple Usernames",
      reason: "ProtocolViolation",
      meaning: "The token request reached the gateway with more than one username.",
      cause: "Something between here and Intacct added one, or `urls.token` has one in its query.",
      remedy: "Remove the query from `urls.token`, and check the proxies on the way.",
      source: errorHandling
    },
    "intacct-rest.token-expired": {
      level: "gateway",
      codes: ["GW-0040"],
      text: "Expired token",
      reason: "CredentialRejected",
      meaning: "The access token's time is over (HTTP 401).",
      cause: "It was used longer than it lives, or the clock of this machine lags behind.",
      remedy:
        "Nothing needs to be done for a connection: this library renews the token once and repeats the call. With headers taken from `headers()`, take new ones for each request.",
      retryable: true,
      note: "GW-0040 is not in Sage's table but is answered. Sources differ on lifetimes. `expires_in` says 43,200 seconds, the token itself 3,600 between `iat` and `exp`, guides say one hour. This library takes the smallest that the answer gives and renews on a rejection.",
      source: nango
    },
    "intacct-rest.forbidden": {
      level: "http",
      codes: ["403", "GW-0042"],
      text: "Forbidden",
      reason: "PermissionDenied",
      meaning: "The token is fine; its user may not do this. It is not renewed for this.",
      cause: "The user's role lacks a permission, or the user is restricted to other entities.",
      remedy:
        "Ask an administrator to check the roles of the token's user in Company > Admin > Roles. The entities that the user may enter matter as well.",
      source: errorHandling
    },
    "intacct-rest.unauthorized": {
      level: "http",
      codes: ["401"],
      reason: "CredentialRejected",
      meaning: "The access token was not accepted, also after a renewal.",
      cause:
        "Another authorization of the same user replaced the token. Or all tokens of that user and company were revoked. Or the same user signed in to the web application, which ended it.",
      remedy:
        "Use a Web Services user of the integration's own, one connection per user and company, and authorize again.",
      source: `${errorHandling}; ${nango}`
    },
    "intacct-rest.token-invalid": {
      level: "call",
      codes: ["REST-2102", "tokenInvalid", "IA.TOKEN_IS_INVALID"],
      text: "Token is not valid",
      reason: "CredentialRejected",
      meaning: "The access token is no longer valid, although its time may not be over.",
      cause:
        "A later authorization by the same user for the same company replaced it. Or a revocation took all tokens of that user and company. Or the same user signed in to the web application, which ends the token's session.",
      remedy:
        "Use a Web Services user of the integration's own and one connection per user and company. This library renews once; if that fails too, authorize again.",
      retryable: true,
      note: "That a later authorization replaces an earlier one is observed in production, not documented.",
      source: nango
    },
    "intacct-rest.token-not-valid": {
      level: "call",
      codes: ["REST-1206"],
      text: "The token is not valid / Invalid token",
      reason: "CredentialRejected",
      meaning: "The access token is expired or invalid, said with HTTP 400.",
      cause: "As with HTTP 401: the token is too old, or was superseded or revoked.",
      remedy:
        "Nothing needs to be done for a connection: this library renews the token once and repeats the call. If it comes back, authorize again.",
      retryable: true,
      note: "Sage means 401 for an expired and 400 for an invalid token. 400 was seen for expired ones too, so both lead to one renewal.",
      source: `${nango}; fylein/intacct-rest-sdk-py`
    },
    "intacct-rest.grant-ended": {
      level: "token",
      codes: ["invalid_grant", "OAUTH2_INVALID_GRANT"],
      reason: "ReauthorizationRequired",
      meaning: "The refresh token was refused: the grant is over.",
      cause:
        "It expired, or it was revoked; that takes all tokens of that user and company. Or another authorization of the same user for the same company replaced it.",
      remedy:
        "Ask a user to authorize the connection again. Keep to one connection per user and company, and let keep-alive renew grants that are seldom used.",
      note: "Servers say invalid_grant. OAUTH2_INVALID_GRANT stands in a guide only and is taken for the same. Guides give a refresh token six months without use. Tokens seen carry 90 days or no end. This library shows an end only when the token has one.",
      source: `${oauth}; ${nango}; RFC 6749, section 5.2`
    },
    "intacct-rest.code-rejected": {
      level: "token",
      codes: ["invalid_grant", "OAUTH2_INVALID_GRANT"],
      reason: "CallbackRejected",
      meaning: "The authorization code of a callback was refused.",
      cause:
        "It was used already, came too late, or belongs to another client. Or `redirectUri` is not exactly the registered one.",
      remedy: "Authorize again, and compare `redirectUri` with the Sage App Registry character by character.",
      note: "Servers say invalid_grant; OAUTH2_INVALID_GRANT stands in a guide only and is taken for the same.",
      source: `${oauth}; RFC 6749, section 5.2`
    },
    "intacct-rest.client-rejected": {
      level: "token",
      codes: ["invalid_client", "unauthorized_client"],
      reason: "CredentialRejected",
      meaning: "The client id and secret were refused at the token endpoint.",
      cause:
        "`clientId` or `clientSecret` is wrong. Or the sender id and password were given in their place: the two APIs have separate credentials.",
      remedy:
        "Compare both with the Sage App Registry. Try a fresh authorization before you rotate the secret: the same client was seen to work again afterwards.",
      source: `${nango}; RFC 6749, section 5.2`
    },
    "intacct-rest.token-request-invalid": {
      level: "token",
      codes: ["invalid_request", "unsupported_grant_type", "invalid_scope"],
      reason: "Misconfigured",
      meaning: "The token request was refused for its form. Whether the client is a good one was not the question.",
      cause:
        "A parameter is missing, given twice or unknown to the server. Or the client may not use this grant type or scope. Or a proxy changed or refused the request. Or `urls.token` is not Intacct's token endpoint.",
      remedy:
        "Compare `scope` and `redirectUri` with the Sage App Registry. Leave `urls.token` at its default, and check the proxies on the way.",
      source: `${oauth}; RFC 6749, section 5.2`
    },
    "intacct-rest.client-not-authorized": {
      level: "token",
      codes: ["REST-1216"],
      text: "The Client ID, Client Secret, and/or 3rd Party Application are incorrect",
      reason: "CredentialRejected",
      meaning: "The client is unknown, its secret is wrong, or the company has not authorized it for this user.",
      cause: "The client application is not on the company's list. Or its user id there has another spelling or case.",
      remedy:
        "Compare `clientId` and `clientSecret` with the Sage App Registry. Then ask an administrator of the company to look up the user's id in Company > Admin > Web Services Users. The client id belongs in Company > Setup > Company > Edit > Security > Authorized Client Applications, with exactly that user id. User ids are case-sensitive.",
      source: `${oauth}; ${nango}`
    },
    "intacct-rest.access-denied": {
      level: "authorization",
      codes: ["access_denied"],
      reason: "CallbackRejected",
      meaning: "The user did not give consent.",
      cause:
        "The user declined, or the company has not admitted the application and its administrator did not approve it.",
      remedy:
        "Offer the user to connect again. If the user did not decline, ask an administrator of the company to approve the application.",
      source: `${oauth}; RFC 6749, section 4.1.2.1`
    },
    "intacct-rest.authorization-invalid": {
      level: "authorization",
      codes: ["invalid_request", "invalid_scope", "unsupported_response_type"],
      reason: "CallbackRejected",
      meaning: "The authorization request was refused for its form.",
      cause:
        "`redirectUri` is not exactly the registered one, or Intacct does not know a value of `scope`. Or the address was changed on its way to the browser.",
      remedy:
        "Compare `redirectUri` with the Sage App Registry, character by character. Leave `scope` at its default. Send the browser to the address that `authorize()` gives, unchanged.",
      source: `${oauth}; RFC 6749, section 4.1.2.1`
    },
    "intacct-rest.authorization-unavailable": {
      level: "authorization",
      codes: ["server_error", "temporarily_unavailable"],
      reason: "ServiceUnavailable",
      meaning: "The authorization server could not serve the request for the moment.",
      cause: "An overload, an outage or maintenance.",
      remedy: "Let the user try again after a few minutes.",
      retryable: true,
      source: "RFC 6749, section 4.1.2.1"
    },
    "intacct-rest.entity-not-switched": {
      level: "client",
      reason: "ProtocolViolation",
      meaning: "A token for another entity was asked for. The token that came is not bound to that entity.",
      cause: "The token endpoint did not understand the parameter that names the entity. Or the user may not enter it.",
      remedy:
        "Check the entity id and the user's entities. Without `{ token: true }`, `entity(id)` names the entity per request and needs no other token.",
      note: "Sage's page gives two names for the parameter, entity_id and location_id.",
      source: oauth
    },
    "intacct-rest.entity-bound": {
      level: "client",
      reason: "Misconfigured",
      meaning: "The token is bound to one entity and the call asks for another. It was not sent.",
      cause:
        "Only a token of the top level can reach into entities. Here `username` or an earlier switch names an entity.",
      remedy: "Use a connection whose `username` is `user@company` without an entity.",
      source: oauth
    },
    "intacct-rest.request-invalid": {
      level: "call",
      codes: ["400", "invalidRequest", "REST-1028", "REST-1043", "REST-1064"],
      text: "A POST request requires a payload / Version is not supported.",
      reason: "RequestRejected",
      meaning: "The request was refused before it ran.",
      cause: "The body is missing or of the wrong form, or the version in the path is not supported.",
      remedy: "Correct the request as the message and its `details` say.",
      note: "invalidRequest is the gateway's older code for an unknown company as well: see `intacct.invalid-request`. A 400 that says the token is not valid is about the token.",
      source: "developer.sage.com, Sage Intacct REST API, OpenAPI description"
    },
    "intacct-rest.field-not-queryable": {
      level: "call",
      codes: ["REST-1106"],
      reason: "RequestRejected",
      meaning: "The query names a field that cannot be queried.",
      cause: "The field does not exist on this object, is misspelt, or is not open to queries.",
      remedy: "Take the field's name from the object's page or from the model service.",
      source: "keboola/component-sage-intacct-extractor (recorded answers)"
    },
    "intacct-rest.operation-failed": {
      level: "call",
      codes: ["REST-7001", "422"],
      reason: "FunctionFailed",
      meaning: "The request was understood and a rule of the application refused it.",
      cause:
        "A required value is missing or not allowed, or a reference leads nowhere. Or the state of the record forbids it.",
      remedy: "Read the `details` of the error and correct the record.",
      source: "developer.sage.com, Sage Intacct REST API, Error handling; fylein/fyle-intacct-api"
    },
    "intacct-rest.not-found": {
      level: "http",
      codes: ["404"],
      reason: "RequestRejected",
      meaning: "There is nothing at this path.",
      cause: "The object's name or key is wrong. Or the record belongs to an entity that the token does not reach.",
      remedy: "Check the path, and name the entity with `entity(id)`.",
      source: errorHandling
    },
    "intacct-rest.method-not-allowed": {
      level: "http",
      codes: ["405"],
      reason: "RequestRejected",
      meaning: "The object does not take this HTTP method.",
      cause: "The method of another operation was used.",
      remedy: "Take the method from the object's page.",
      source: errorHandling
    },
    "intacct-rest.conflict": {
      level: "http",
      codes: ["409"],
      reason: "FunctionFailed",
      meaning: "A record with the same unique key exists, or the same `Idempotency-Key` was used for another request.",
      cause: "An earlier attempt succeeded after all, or a key was used twice.",
      remedy: "Look for the record before sending it again; use a new `Idempotency-Key` for each new request.",
      source: errorHandling
    },
    "intacct-rest.partly-done": {
      level: "http",
      codes: ["207"],
      reason: "FunctionFailed",
      meaning: "Some parts of a batch succeeded and others failed.",
      cause: "Each part has a result of its own in `ia::result`, and `ia::meta` counts them.",
      remedy: "Read the result of each part and send only those that failed again.",
      source: errorHandling
    }
  }
)
