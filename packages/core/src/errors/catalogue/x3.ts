import { defineEntries } from "./Entry.ts"

const soapGuide = "developer.sage.com, X3, SOAP guide"
const oauth2Page = "online-help.sagex3.com, V12, Web services: OAuth2 authentication"
const basicPage = "online-help.sagex3.com, V12, Web services: basic authentication"
const certificatePage = "online-help.sagex3.com, V12, Web services: certificate authentication"
const configurationPage = "online-help.sagex3.com, V11, Configuration file"
const connectedApp = "developer.sage.com, X3, GraphQL, Create a connected application"
const nodeClient = "developer.sage.com, X3, GraphQL, Create a Node.js client application"
const graphqlErrors = "developer.sage.com, X3, GraphQL, API error codes"

/** Sage X3, REST `api1` and SOAP. */
export const x3WebServicesEntries = defineEntries(
  { product: "X3", surface: "x3-web-services" },
  {
    "x3-web-services.basic-rejected": {
      level: "http",
      codes: ["401"],
      text: "Authentication failed...",
      reason: "CredentialRejected",
      meaning: "User and password were not accepted.",
      cause:
        'Either is wrong, or `session.auth` in nodelocal.js does not list "basic". Or the user\'s authentication method is another one. Or no X3 login is mapped to the user at this endpoint. Or the server is X3 Online, which does not take basic authentication.',
      remedy:
        "Check `user` and `password`. Then check the authentication method and the endpoint logins in the user's record. Then check `session.auth` in nodelocal.js, which `x3.lintNodelocal` reads.",
      note: "Some guides say that `session.auth` is case-sensitive and that a wrong value silently switches authentication off. Sage's pages do not say so. Write the values in lower case.",
      source: `${basicPage}; ${configurationPage}`
    },
    "x3-web-services.bearer-rejected": {
      level: "http",
      codes: ["401", "Error 30"],
      text: "Error 30: Invalid token",
      reason: "CredentialRejected",
      meaning: "The access token was not accepted by the web services.",
      cause:
        'It has ended, or it is not a token of the OAuth2 server that X3 knows. Or `session.auth` in nodelocal.js lacks "bearer". Or no X3 user with that OAuth2 server has the token\'s e-mail address. Or it is a token of client credentials, which has no user.',
      remedy:
        'This library renews once. If it comes back, list both "oauth2" and "bearer" in `session.auth`. Check the e-mail address and authentication method in the user\'s record. Check the server in Administration > Administration > Settings > Authentication > OAuth2 Servers.',
      retryable: true,
      note: 'Some guides enable OAuth2 for web services with ["basic", "oauth2"] or "oauth2" alone. Sage\'s page asks for "bearer" as well. Client credentials for web services stand on no page of Sage\'s.',
      source: `${oauth2Page}; ${soapGuide}`
    },
    "x3-web-services.certificate-refused": {
      level: "client",
      reason: "CredentialRejected",
      meaning: "The TLS handshake failed over the client certificate.",
      cause:
        "The port asks for a certificate and got none, or its key or passphrase does not fit. Or the authority of the port's server certificate did not sign it. Or it has expired.",
      remedy:
        "Check `pfx` (or `cert` and `key`) and `passphrase`. `baseUrl` must have the port with client authentication. Check the certificate's authority and dates. For the server's own authority give `ca`.",
      note: "Some servers say why with an alert of TLS, whose code is shown. Others, those of Node among them, end the connection without a word. Then this library opens a second one and sends nothing on it. It reports this entry if the server ends that one as well. Without `ca` or its own certificate, a connection cannot tell a port that asks for one from a broken connection.",
      source: certificatePage
    },
    "x3-web-services.certificate-unmapped": {
      level: "http",
      codes: ["401"],
      reason: "CredentialRejected",
      meaning: "The certificate is valid, but X3 does not log anybody in with it.",
      cause:
        'Its common name is not the login of an X3 user who can reach the endpoint. Or `session.auth` in nodelocal.js lacks "certificate": then X3 wants a user and password on top.',
      remedy: 'Issue the certificate with the user\'s login as common name, and list "certificate" in `session.auth`.',
      note: 'Some guides say that a certificate always takes precedence over other methods. It does where "certificate" is listed; elsewhere it only opens the port.',
      source: `${configurationPage}; ${certificatePage}`
    },
    "x3-web-services.online-needs-oauth2": {
      level: "client",
      reason: "Misconfigured",
      meaning: "X3 Online takes OAuth2 only, so a user and password or a certificate was not sent to it.",
      cause:
        "A move to the cloud kept the options of an on-premise installation. Or an integration was tried out on premise only.",
      remedy:
        "Give `x3.online` an `auth` of `x3.oauth2(…)`, `x3.clientCredentials(…)` or `x3.bearer(…)`. Before a move to the cloud try OAuth2 on premise, where it works as well.",
      source: `${oauth2Page}; ${soapGuide}`
    },
    "x3-web-services.forbidden": {
      level: "http",
      codes: ["403"],
      reason: "PermissionDenied",
      meaning: "The user is known and may not do this.",
      cause: "The user's role or security profile does not cover the class, representation or endpoint.",
      remedy: "Ask an administrator to check the user's roles, security profile and endpoints.",
      source: "RFC 9110, section 15.5.4; online-help.sagex3.com, Users"
    },
    "x3-web-services.no-badge": {
      level: "call",
      text: "User does not have any badge for Product <product>",
      reason: "PermissionDenied",
      meaning: "The user has no licence badge for an interactive session.",
      cause: "The call went to `/sdata/`, which is for interactive sessions and takes a badge, instead of `/api1/`.",
      remedy: "Call paths below `api1/`, or have an administrator give the user's role a badge.",
      source: "online-help.sagex3.com, API requests"
    },
    "x3-web-services.request-rejected": {
      level: "http",
      codes: ["4xx"],
      reason: "RequestRejected",
      meaning: "The web services refused the request itself.",
      cause: "The endpoint, class or key in the path is wrong, or `representation`, which is mandatory, is missing.",
      remedy:
        "Write paths as `api1/x3/erp/<ENDPOINT>/<CLASS>?representation=<REPRESENTATION>.$query&count=20`; the parts of a composite key are joined by ~.",
      note: "Some guides show paths without `representation` and with `$top`; Sage's pages require the first and page with `count`.",
      source: "online-help.sagex3.com, Web services: query and read"
    },
    "x3-web-services.diagnoses": {
      level: "function",
      text: "<number> : <message> (for example 721 : Record does not exist)",
      reason: "FunctionFailed",
      meaning: "The answer has a successful status and holds an error in `$diagnoses`.",
      cause:
        "The web services ran the request and X3 refused it. The record does not exist, or a value or rule of the application forbids it.",
      remedy: "Read the `$diagnoses` of the answer and correct the request.",
      note: "A status of 200 or 201 alone does not mean success here.",
      source: "online-help.sagex3.com, Web services integration guide"
    },
    "x3-web-services.soap-failed": {
      level: "function",
      codes: ["0"],
      reason: "FunctionFailed",
      meaning: "The SOAP call came back with status 0 (and HTTP 200): it ran and failed.",
      cause: "A rule of the application or a wrong parameter; `messages` of the answer say which.",
      remedy: "Read the messages and correct the call. Status 1 is success.",
      note: "An error of a SOAP call is not an HTTP error; an HTTP 401 is one of authentication.",
      source: soapGuide
    },
    "x3-web-services.pool-unknown": {
      level: "function",
      codes: ["0"],
      text: "No classic web service pool match to '<pool>'",
      reason: "RequestRejected",
      meaning: "There is no running pool of that name.",
      cause: "`pool` is misspelt (it is case-sensitive), or the pool is stopped.",
      remedy:
        "Check the alias. Start the pool in Administration > Administration > Web Services > Classic SOAP pools configuration.",
      source: "developer.sage.com, X3, SOAP guide, Connection pools"
    },
    "x3-web-services.no-web-services": {
      level: "http",
      codes: ["500"],
      text: "No Web services accepted",
      reason: "ServiceUnavailable",
      meaning: "The host runs no process for web services.",
      cause: "The number of web service child processes in the host's record is 0, which is the default.",
      remedy:
        "Ask an administrator to raise that number in Administration > Administration > Servers > Hosts. Waiting does not help.",
      source: soapGuide
    },
    "x3-web-services.channels-busy": {
      level: "function",
      reason: "ServiceUnavailable",
      meaning: "All channels of the pool stayed busy for longer than its queue timeout.",
      cause: "More calls at once than the pool has channels, or calls that take very long.",
      remedy:
        "Wait and try again, or send fewer calls at once. Or have the pool's maximum size or queue timeout raised.",
      retryable: true,
      note: "The text of this error is not documented. X3 publishes no limit on requests; the size of the pool is the limit.",
      source: "developer.sage.com, X3, SOAP guide, Connection pools"
    },
    "x3-web-services.volume-exceeded": {
      level: "function",
      reason: "ServiceUnavailable",
      meaning: "The volume of web service data that the licence covers is used up: answers slow down, then stop.",
      cause:
        "The licence meters volume over a period (WSSIZELIMIT, WSPERIOD) and allows some grace (WSGRACELIMIT, WSGRACESLOWDOWN).",
      remedy:
        "Ask an administrator to look at Administration > Usage > Session management > License follow up. Read less data, or have the licence extended.",
      note: "The message, if there is one, is not documented.",
      source: "online-help.sagex3.com, Licences"
    },
    "x3-web-services.grant-ended": {
      level: "token",
      codes: ["invalid_grant"],
      reason: "ReauthorizationRequired",
      meaning: "The identity provider refused the refresh token: the grant is over.",
      cause:
        "It expired, was revoked, or was replaced by a newer one. The identity provider decides how long it lives.",
      remedy: "Ask a user to authorize the connection again.",
      source: "RFC 6749, section 5.2; developer.sage.com, X3, SOAP guide, Call a web service with OAuth2"
    },
    "x3-web-services.code-rejected": {
      level: "token",
      codes: ["invalid_grant"],
      reason: "CallbackRejected",
      meaning: "The identity provider refused the authorization code of a callback.",
      cause:
        "It came too late or was used already. Or `redirectUri` is not exactly the one registered at the identity provider.",
      remedy:
        "Authorize again, and compare `redirectUri` with the identity provider's registration character by character.",
      source: "RFC 6749, section 5.2"
    },
    "x3-web-services.token-request-invalid": {
      level: "token",
      codes: ["invalid_request", "invalid_scope", "unsupported_grant_type"],
      reason: "Misconfigured",
      meaning: "The identity provider refused the token request for its form.",
      cause:
        "The client may not use this grant type or scope. Or a parameter that the identity provider wants, such as `audience`, is missing. Or `tokenUrl` is not its token endpoint.",
      remedy:
        "Compare `tokenUrl`, `scope` and `parameters` with the identity provider's documentation and with the client's registration there.",
      source: "RFC 6749, section 5.2"
    },
    "x3-web-services.access-denied": {
      level: "authorization",
      codes: ["access_denied"],
      reason: "CallbackRejected",
      meaning: "The user did not give consent at the identity provider.",
      cause: "The user declined, or the identity provider does not let this user use the client.",
      remedy: "Offer the user to connect again; the identity provider has to let the user in.",
      source: "RFC 6749, section 4.1.2.1"
    },
    "x3-web-services.authorization-invalid": {
      level: "authorization",
      codes: ["invalid_request", "invalid_scope", "unsupported_response_type"],
      reason: "CallbackRejected",
      meaning: "The identity provider refused the authorization request for its form.",
      cause: "`redirectUri`, `scope` or one of `parameters` is not what is registered for the client.",
      remedy: "Compare these options with the client's registration at the identity provider, character by character.",
      source: "RFC 6749, section 4.1.2.1"
    },
    "x3-web-services.authorization-unavailable": {
      level: "authorization",
      codes: ["server_error", "temporarily_unavailable"],
      reason: "ServiceUnavailable",
      meaning: "The identity provider could not serve the authorization request for the moment.",
      cause: "An overload, an outage or maintenance.",
      remedy: "Let the user try again after a few minutes.",
      retryable: true,
      source: "RFC 6749, section 4.1.2.1"
    },
    "x3-web-services.rate-limited": {
      level: "http",
      codes: ["429"],
      reason: "RateLimited",
      meaning: "Too many requests: the identity provider, or a gateway in front of X3, wants fewer.",
      cause: "A limit of the identity provider's on token requests, or of a gateway's on calls.",
      remedy: "Send fewer requests at once; `permits` limits those of a connection. `Retry-After` is obeyed.",
      retryable: true,
      note: "X3 itself publishes no limit on requests and no status 429.",
      source: "RFC 6585, section 4"
    },
    "x3-web-services.service-unavailable": {
      level: "http",
      codes: ["500", "502", "503", "504"],
      reason: "ServiceUnavailable",
      meaning: "The server, the identity provider or a gateway in front of them could not serve the request.",
      cause: "A restart, an overload or an outage.",
      remedy: "Try again later. Before repeating a write, find out whether it was carried out.",
      retryable: true,
      source: "RFC 9110, section 15.6"
    },
    "x3-web-services.unreadable-answer": {
      level: "client",
      reason: "ProtocolViolation",
      meaning:
        "What came back is no answer of X3's or of a token endpoint. It is a web page, a redirect, or a broken document.",
      cause: "A proxy answered in the server's place, or an address leads to another server.",
      remedy: "Check `baseUrl`, `tokenUrl` and the proxies on the way.",
      source: "@sage-auth/core"
    },
    "x3-web-services.client-rejected": {
      level: "token",
      codes: ["invalid_client"],
      reason: "CredentialRejected",
      meaning: "The identity provider refused the client id and secret.",
      cause: "`clientId` or `clientSecret` is wrong or has expired at the identity provider.",
      remedy:
        "Compare both with the identity provider. Compare them with X3's record in Administration > Administration > Settings > Authentication > OAuth2 Servers.",
      source: "RFC 6749, section 5.2; online-help.sagex3.com, OAuth2 servers"
    }
  }
)

/** Sage X3, GraphQL with a connected application. */
export const x3GraphQLEntries = defineEntries(
  { product: "X3", surface: "x3-graphql" },
  {
    "x3-graphql.token-rejected": {
      level: "http",
      codes: ["401"],
      text: "Error <number>: Invalid token",
      reason: "CredentialRejected",
      meaning: "The token that this library made for the connected application was not accepted. The number says why.",
      cause: "Secret, client id, user, address or clock do not agree with the connected application's record.",
      remedy:
        "Compare `app`, `url` and `audience` with the connected application's record, and the clocks of both machines.",
      note: "The full list of numbers is not published.",
      source: connectedApp
    },
    "x3-graphql.error-21": {
      level: "call",
      codes: ["Error 21"],
      text: "Error 21: Invalid token",
      reason: "CredentialRejected",
      meaning: "The token was issued in the future by the server's clock.",
      cause:
        "The clock of this machine is too far ahead of the X3 server's. Tokens are backdated by a margin, which was not enough.",
      remedy: "Synchronise both clocks, or raise `backdate`.",
      source: nodeClient
    },
    "x3-graphql.error-41": {
      level: "call",
      codes: ["Error 41"],
      text: "Error 41: Invalid token",
      reason: "CredentialRejected",
      meaning: "The server does not know the connected application.",
      cause: "`app.clientId` is wrong, or the connected application was deleted.",
      remedy:
        "Compare `app.clientId` with Administration > Administration > Settings > Authentication > Connected applications.",
      source: connectedApp
    },
    "x3-graphql.error-42": {
      level: "call",
      codes: ["Error 42"],
      text: "Error 42: Invalid token",
      reason: "CredentialRejected",
      meaning: "The user is not the one that the connected application allows.",
      cause: "`app.user` differs from the application's allowed user.",
      remedy:
        "Set `app.user` to the login of the allowed user in the connected application's record, or change that record.",
      source: connectedApp
    },
    "x3-graphql.error-45": {
      level: "call",
      codes: ["Error 45"],
      text: "Error 45: Invalid token",
      reason: "CredentialRejected",
      meaning: "The token is meant for another address.",
      cause:
        "`url` is not exactly the URL in the connected application's record. Look for a slash at the end, another host name, or http for https.",
      remedy: "Make `url` and the URL of the connected application the same, or set `audience`.",
      note: "Sage's sample leaves the audience empty by default. Its users send the registered URL, which is this library's default.",
      source: `${connectedApp}; ${nodeClient}`
    },
    "x3-graphql.error-50": {
      level: "call",
      codes: ["Error 50"],
      text: "Error 50: Invalid token",
      reason: "CredentialRejected",
      meaning: "The token's signature is wrong or its time is over.",
      cause:
        "`app.clientSecret` is wrong, or the clock of this machine is behind the server's. Or the token lives longer than the connected application's tokens validity.",
      remedy:
        "Compare `app.clientSecret` with the connected application, synchronise the clocks, and set `tokensValidity` to that of the record.",
      note: "This library makes one new token and repeats the call before it reports this.",
      source: connectedApp
    },
    "x3-graphql.document-rejected": {
      level: "call",
      codes: ["400"],
      text: "Cannot query field <field>",
      reason: "RequestRejected",
      meaning: "The GraphQL document does not fit the schema; it did not run.",
      cause:
        "A field or argument is misspelt or not there in this version. Or the document belongs to another endpoint.",
      remedy: "Check the document in the explorer at `/xtrem/explorer/`, and `endpoint`.",
      source: graphqlErrors
    },
    "x3-graphql.errors-beside-data": {
      level: "function",
      codes: ["200"],
      reason: "PermissionDenied",
      meaning: "The answer has status 200 and holds `errors` beside, or in place of, its `data`.",
      cause: "Mostly the user may not read some of the fields. Those come back empty, and the rest is there.",
      remedy: "Read `errors` before using `data`. Give the user of the token access to the fields, or ask for fewer.",
      source: "developer.sage.com, X3, GraphQL; GraphQL specification, section 7.1"
    },
    "x3-graphql.basic-rejected": {
      level: "http",
      codes: ["401"],
      reason: "CredentialRejected",
      meaning: "User and password were not accepted.",
      cause:
        'Either is wrong, `session.auth` in nodelocal.js does not list "basic", or the user\'s authentication method is another one.',
      remedy:
        "Check `user` and `password`, the authentication method in the user's record, and `session.auth` in nodelocal.js. In production use a connected application, `app`.",
      note: "No page of Sage's shows basic authentication here; several projects use it for development.",
      source: `${basicPage}; ${configurationPage}`
    },
    "x3-graphql.services-missing": {
      level: "http",
      codes: ["404"],
      reason: "Misconfigured",
      meaning: "There is no GraphQL API at this address: it needs Sage X3 Services 2021 R2 or later.",
      cause:
        "The server is older or Sage X3 Services are not installed. Or `url` has another path than `/xtrem/api`, or leads to the login page of the classic server.",
      remedy:
        "Have Sage X3 Services 2021 R2 or later installed. Set `url` to the URL in the connected application's record, such as `https://x3.acme.example:8124/xtrem/api`.",
      source: connectedApp
    },
    "x3-graphql.forbidden": {
      level: "http",
      codes: ["403"],
      reason: "PermissionDenied",
      meaning: "The user of the token is known and may not do this.",
      cause:
        "The user's role or security profile does not cover it. Or the user has no access to the endpoint in `endpoint`.",
      remedy: "Ask an administrator to check the user's roles, security profile and endpoints.",
      source: "RFC 9110, section 15.5.4; online-help.sagex3.com, Users"
    },
    "x3-graphql.request-rejected": {
      level: "http",
      codes: ["4xx"],
      reason: "RequestRejected",
      meaning: "The server refused the request itself.",
      cause:
        "The request is too large or has another form than the server takes. Or something between here and the server refused it.",
      remedy: "Compare the request with Sage's samples, and check the proxies on the way.",
      source: "RFC 9110, section 15.5"
    },
    "x3-graphql.execution-failed": {
      level: "function",
      reason: "FunctionFailed",
      meaning: "The document ran and brought no data: the answer has status 200, `errors`, and nothing in `data`.",
      cause:
        "X3 refused it. The record does not exist, a rule of the application forbids it, or `endpoint` does not name its folder.",
      remedy: "Read the server's words in the message, and correct the document, its variables or `endpoint`.",
      source: "developer.sage.com, X3, GraphQL; GraphQL specification, section 7.1"
    },
    "x3-graphql.service-unavailable": {
      level: "http",
      codes: ["429", "500", "502", "503", "504"],
      reason: "ServiceUnavailable",
      meaning: "The server failed, is away, or asks to be left alone.",
      cause: "A failure of X3 or of something in front of it, a restart, or too much at once.",
      remedy: "Wait and try again. Before repeating a mutation, find out whether it was carried out.",
      retryable: true,
      source: "RFC 9110, section 15.6"
    },
    "x3-graphql.unreadable-answer": {
      level: "http",
      reason: "ServiceUnavailable",
      meaning: "The answer is not one of a GraphQL server.",
      cause: "A proxy or another server answered in X3's place, or the answer was cut off.",
      remedy: "Check `url`, and what stands between here and the X3 server.",
      source: "GraphQL specification, section 7.1"
    }
  }
)
