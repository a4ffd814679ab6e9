import { defineEntries } from "./Entry.ts"

const source = "@sage-auth/core"

/** What this library raises on every surface, before an answer or without one. */
export const clientEntries = defineEntries(
  { product: "any", surface: undefined },
  {
    "client.misconfigured": {
      level: "client",
      reason: "Misconfigured",
      meaning: "The configuration cannot work, so nothing was sent.",
      cause:
        "An option is missing, has the wrong form or contradicts another one. Or a name was used that no connection has.",
      remedy:
        "Correct the options that the error lists; each is named with what was expected. All mistakes are listed at once.",
      source
    },
    "client.option-failed": {
      level: "client",
      reason: "Misconfigured",
      meaning: "An option that is a function of the tenant gave no usable value.",
      cause:
        "The function threw, or its promise was rejected. Or it returned something of the wrong form. Examples are an unknown tenant, a vault without an answer and a missing field.",
      remedy:
        "Look at the function of the option that the error names. Check what it does for this tenant, and whether the place it reads from answers. The next call asks it again.",
      source
    },
    "client.host-refused": {
      level: "client",
      reason: "Misconfigured",
      meaning: "The request would have taken a credential to a host that is not the surface's own. It was not sent.",
      cause:
        "`fetch` was given an absolute address of another host, or a configured address is not https. Or the address is a stand-in server's and the connection is a production one.",
      remedy:
        'Give `fetch` a path, or an address on the connection\'s own host. For a stand-in server set `environment: "sandbox"` and its `urls`.',
      source
    },
    "client.function-refused": {
      level: "client",
      reason: "RequestRejected",
      meaning: "A function or one of its values cannot be written as XML, so nothing was sent.",
      cause:
        "A name is not an XML name. Or a value holds a control character or half of a surrogate pair. Or raw XML is not one well-formed element. Or `getAPISession` was put among other functions.",
      remedy:
        "Correct the value at the place that the error names. Use `session()` and `entity(id)` instead of sending `getAPISession`, which must travel alone.",
      source
    },
    "client.request-rejected": {
      level: "client",
      reason: "RequestRejected",
      meaning: "The request cannot be sent as it is, so nothing was sent.",
      cause:
        "`fetch` was given a path that is not text, or a method that HTTP or the platform does not have. Or GET or HEAD had a body. Or the body is a stream that was read already or is being read.",
      remedy: "Correct what the error names. It is not tried again, since it would fail in the same way.",
      source
    },
    "client.credential-blocked": {
      level: "client",
      reason: "CredentialRejected",
      meaning: "The server rejected exactly these secrets a short while ago, so they were not sent again.",
      cause: "Sending a rejected password over and over can lock its user out.",
      remedy:
        "Correct the secret in the connection's options. It is sent again when it has changed, after 15 minutes, or when a refresh is asked for.",
      source
    },
    "client.deadline-exceeded": {
      level: "client",
      reason: "DeadlineExceeded",
      meaning: "The caller's deadline passed before there was a result. A renewal that was under way goes on.",
      cause: "The server is slow or hangs. Or the call waited behind other calls for a permit of the company's pool.",
      remedy:
        "Raise `deadline` for this call, make the call smaller, or send fewer calls at once. Before repeating a write, find out whether it was carried out.",
      retryable: true,
      source
    },
    "client.lease-held": {
      level: "client",
      reason: "DeadlineExceeded",
      meaning:
        "The caller's deadline passed while another process held the lease of the grant. No other process could renew it.",
      cause:
        "That process is stopped, hangs, or waits for a slow server. The error names its host and process id, and how long it was seen to hold the lease.",
      remedy:
        "Look at the process that the error names: let it go on, or end it. Then the next call takes the lease. A longer `deadline` helps only if that process is merely slow.",
      retryable: true,
      note: "A process that asks for a token anew, with client credentials, is overtaken after 15 seconds without a sign of life. One that renews with a refresh token, or exchanges a code, is not overtaken while it lives: only it can bring the new token.",
      source
    },
    "client.closed": {
      level: "client",
      reason: "Closed",
      meaning: "The call came after `close()`.",
      cause:
        "The application is shutting down. Or the scope of the service has ended while something still uses its clients.",
      remedy: "Close after the last call, or make the call with an instance that is open.",
      source
    },
    "client.not-sent": {
      level: "client",
      codes: ["ECONNREFUSED", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"],
      reason: "ServiceUnavailable",
      meaning: "The request surely never left this machine, for a reason that may pass by itself.",
      cause:
        "The connection was refused or not made in time, or there was no route to the host. Or its name could not be resolved for the moment.",
      remedy:
        "Check that something listens at the host and port that the error names. Check the firewall, proxy and DNS on the way. Any call may be repeated.",
      retryable: true,
      source
    },
    "client.name-not-found": {
      level: "client",
      codes: ["ENOTFOUND"],
      reason: "ServiceUnavailable",
      meaning:
        "The host's name does not exist, so the request never left this machine. It is not tried again by itself.",
      cause:
        "The name is misspelt in `url`, `urls` or `endpoint`. Or this machine asks a DNS server that does not know it.",
      remedy:
        "Compare the host that the error names with the one that you were given. Look it up on this very machine: containers and VPNs know other names. Any call may be repeated.",
      source
    },
    "client.certificate-not-trusted": {
      level: "client",
      codes: [
        "CERT_HAS_EXPIRED",
        "CERT_NOT_YET_VALID",
        "CERT_REVOKED",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "SELF_SIGNED_CERT_IN_CHAIN",
        "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
        "UNABLE_TO_GET_ISSUER_CERT",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        "ERR_TLS_CERT_ALTNAME_INVALID"
      ],
      reason: "ServiceUnavailable",
      meaning:
        "The server's certificate was not accepted, so the request was not sent. It is not tried again by itself: the error says what is wrong with the certificate.",
      cause:
        "It has expired, or it is for another name. Or its authority is a private one that this process does not know. Or a proxy opens TLS and shows a certificate of its own.",
      remedy:
        "Give a private authority as `ca`, or to the process as NODE_EXTRA_CA_CERTS. The server's operator must replace a certificate that has expired or is for another name. Find out what answers at the host and port that the error names. Verification cannot be switched off.",
      source
    },
    "client.tls-failed": {
      level: "client",
      codes: ["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER"],
      reason: "ServiceUnavailable",
      meaning: "TLS could not be agreed on, so the request was not sent. It is not tried again by itself.",
      cause:
        "That port speaks plain HTTP or something else. Or the two sides have no version or cipher of TLS in common. Or the server asks for a client certificate.",
      remedy:
        "Check the port and the scheme of the address that the error names, and what the server admits. Any call may be repeated.",
      source
    },
    "client.port-blocked": {
      level: "client",
      reason: "ServiceUnavailable",
      meaning:
        "`fetch` connects to no server on that port, so the request was not sent. It is not tried again by itself.",
      cause:
        "The port belongs to another protocol, such as 6000 (X11) or 6667 (IRC). Every browser and Node block these.",
      remedy:
        "Have the server listen on another port, and name it in `url`, `urls` or `endpoint`. Or give the application a `fetch` that does not block ports.",
      source: "Fetch Standard, section 2.9, Port blocking"
    },
    "client.answer-lost": {
      level: "client",
      codes: ["ECONNRESET", "EPIPE", "ETIMEDOUT", "UND_ERR_SOCKET"],
      reason: "ServiceUnavailable",
      meaning:
        "The request may have left and no complete answer came back. It is not known whether it was carried out.",
      cause:
        "The connection was reset, the answer was cut off, or it took longer than the time-out of a request. Or a `fetch` of the application's own threw: then the error has its words.",
      remedy:
        "Repeat what only reads. Before repeating a write, find out whether it was carried out. Or send writes in a form that can be repeated: XML functions with `uniqueid: true` and their own control id, REST with an `Idempotency-Key`.",
      retryable: true,
      note: "A time-out is not a refusal. Intacct goes on with a request for up to 15 minutes after the connection is gone.",
      source: "@sage-auth/core; developer.intacct.com, Synchronous vs asynchronous requests"
    },
    "client.never-authorized": {
      level: "client",
      reason: "ReauthorizationRequired",
      meaning: "No user has given consent for this connection and tenant yet, or it was disconnected.",
      cause:
        "The store holds no grant. No consent was completed, or the store is another one, or a restart emptied a memory store.",
      remedy:
        "Send a user to the address that `authorize()` gives, and pass the callback to `completeAuthorization()`.",
      source
    },
    "client.consent-of-another-client": {
      level: "client",
      reason: "ReauthorizationRequired",
      meaning: "The consent in the store was given for another client, server or customer than the connection has now.",
      cause:
        "`clientId`, the address of the server or `customer` was changed under the same connection's name. Or two applications with one store have connections of the same name.",
      remedy:
        "Send a user to the address that `authorize()` gives. If the change was not meant, put the old value back: the consent from before is still in the store, and counts again.",
      note: "A refresh token is of use to the client that it was issued to, and is shown to the server that issued it and to no other. So it is not tried.",
      source: "RFC 6749, sections 6 and 10.4"
    },
    "client.grant-expired": {
      level: "client",
      reason: "ReauthorizationRequired",
      meaning: "The grant has ended, and there is no refresh token to renew it with.",
      cause:
        "The server gave none. The scope or the client's registration does not ask for one, such as `offline_access` at many servers.",
      remedy:
        "Ask a user to authorize the connection again. Use a scope that brings a refresh token, where the server has one.",
      source
    },
    "client.interaction-required": {
      level: "token",
      codes: ["interaction_required", "login_required", "consent_required", "account_selection_required"],
      reason: "ReauthorizationRequired",
      meaning: "The server wants the user: it renews nothing until a human has signed in or consented again.",
      cause:
        "A rule of the server's asks for a second factor, a new sign-in, new terms or another consent. Or the user's password has changed.",
      remedy: "Ask the user to authorize the connection again. The browser shows what the server asks for.",
      note: "The code is the server's own word for what is missing. OpenID Connect has these codes for the browser; identity providers answer refresh tokens with them as well.",
      source: "OpenID Connect Core 1.0, section 3.1.2.6"
    },
    "client.administrator-required": {
      level: "token",
      codes: ["interaction_required", "login_required", "consent_required", "account_selection_required"],
      reason: "CredentialRejected",
      meaning:
        "The identity provider gives this client no token until a human has acted there. The client's id and secret may be right.",
      cause:
        "An administrator has not consented to what the client asks for. Or a rule of the identity provider's asks for a sign-in, which client credentials cannot give.",
      remedy:
        "Ask the identity provider's administrator to consent for this client, or to take it out of the rule. The server's words say which. Nothing has to change in this application.",
      note: "With client credentials no user is there to ask. What is said to a refresh token is `client.interaction-required`.",
      source: "OpenID Connect Core 1.0, section 3.1.2.6; RFC 6749, section 4.4"
    },
    "client.rotation-in-doubt": {
      level: "client",
      reason: "ReauthorizationRequired",
      meaning:
        "A refresh token was sent, and its answer was lost. The same token was then refused when it was sent once more. Its successor was issued and is lost.",
      cause:
        "The server rotated the refresh token. Then the process or the network ended before the answer was stored.",
      remedy: "Ask a user to authorize the connection again.",
      source
    },
    "client.callback-rejected": {
      level: "client",
      reason: "CallbackRejected",
      meaning: "The callback does not belong to a consent that this application is waiting for.",
      cause:
        "Its `state` is missing, unknown, used already or too old. Or its cookie is that of another browser. Or it was started for another tenant.",
      remedy:
        "Start again with `authorize()` in the same browser. Do not reload the callback's address: it works once.",
      source: "@sage-auth/core; RFC 6749, section 10.12"
    },
    "client.tenant-refused": {
      level: "client",
      reason: "PermissionDenied",
      meaning: "The application does not know for whom this request is, so no connection may be used for it.",
      cause:
        "The adapter's `tenant` resolver gave nothing: no user is signed in, or the session has ended. At the callback of a consent, a session cookie with `SameSite=Strict` is not sent by the browser.",
      remedy:
        "Sign in and try again. If this comes at callbacks alone, set the session cookie of the application to `SameSite=Lax`.",
      source
    },
    "client.store-unavailable": {
      level: "client",
      reason: "StoreUnavailable",
      meaning: "The grant store could not be read or written, or what it holds could not be unsealed.",
      cause:
        "The database does not answer, its disk is full or its file is not writable. Or a grant was sealed with a key that is no longer among `keys`.",
      remedy:
        "Check the `store` and its permissions. Keep old keys in `keys`, behind the newest, until every grant was sealed again.",
      retryable: true,
      source
    },
    "client.consent-being-stored": {
      level: "client",
      reason: "StoreUnavailable",
      meaning: "The consent was given, and is being stored: the grant store did not answer at that moment.",
      cause: "The database is busy, restarting or away. What the server gave is kept in the memory of this process.",
      remedy:
        "Do not consent again. It is stored as soon as the store answers; `status()` is `storing` until then. Keep this process running and look at the `store`. If the process ends before, the tokens are revoked at the server where that hits this grant alone. A user then has to consent again.",
      retryable: true,
      source
    },
    "client.page-refused": {
      level: "client",
      reason: "ProtocolViolation",
      meaning: "The next page of a list is refused.",
      cause: "The server leads back, to another host, or on for ever.",
      remedy: "Look at the page that the error names, or raise `maxPages`.",
      source
    },
    "client.schema-mismatch": {
      level: "client",
      reason: "ProtocolViolation",
      meaning: "An answer does not fit the schema that the caller gave.",
      cause: "The schema is stricter than the data. In Intacct's XML every value is a text.",
      remedy: "Correct the schema at the places that the error names.",
      source
    },
    "client.defect": {
      level: "client",
      reason: "ProtocolViolation",
      meaning: "Something failed in a way that this library does not expect of itself.",
      cause: "A mistake in this library, or in a fetch, store or layer that was handed to it.",
      remedy: "Report it with the error's code and stack, which hold no secret. Check first what was handed in.",
      source
    }
  }
)
