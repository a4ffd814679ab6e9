import { defineEntries } from "./Entry.ts"

/** What Intacct's XML and REST APIs have in common: one gateway, one pool, one meter. */
export const intacctEntries = defineEntries(
  { product: "Intacct", surface: undefined },
  {
    "intacct.invalid-request": {
      level: "gateway",
      codes: ["GW-0011", "invalidRequest"],
      text: "Invalid Request",
      reason: "CredentialRejected",
      meaning:
        "The gateway knows no active company, sender or client application by the ids in the request (HTTP 400).",
      cause:
        "The company id is wrong, or the company is not active. Or the sender id or client id is wrong or inactive. A client id belongs to one sender id, whose licence must be in force. Often the ids of the two APIs were mixed up. XML takes a sender id with a company login; REST takes a client id with its secret.",
      remedy:
        "Compare the ids with what Sage issued; they are case-sensitive. For XML these are `login.companyId` and `sender.id`. For REST these are `clientId` and the company after the @ in `username`. If all are right, ask Sage whether the sender id is active.",
      note: "The gateway says GW-0011; its older edition, still seen on the XML API, says invalidRequest. On the REST API invalidRequest is also the general code of a request that was refused: see `intacct-rest.request-invalid`.",
      source:
        "developer.sage.com, Sage Intacct REST API, Error handling; developer.intacct.com, Web Services, Error handling"
    },
    "intacct.rate-limited": {
      level: "gateway",
      codes: ["GW-0010", "429"],
      text: "API rate limit exceeded",
      reason: "RateLimited",
      meaning: "More requests arrived at once, or in a minute or hour, than the company's performance tier admits.",
      cause:
        "Processes that share the company's connections compete. With the default of two, a third request waits about 30 seconds and is then refused. A login with every call makes each call hold its connection longer than one session for all.",
      remedy:
        "Wait and let the retry schedule repeat it. If it goes on, send all of the company's calls through one pool; several processes need a shared `coordination`. Put calls one after the other, or batch them. Or buy a higher performance tier and set `tier`.",
      retryable: true,
      note: "Some guides answer GW-0010 by logging in again. This library does not: it is a limit, and a login is one more request. Two connections are the older statement and the default. Sage's page on the REST API gives tier 1 six at once for an application and eight for a company. The text was also seen in answers with status 200.",
      source:
        "developer.intacct.com, Web Services, Error handling; developer.sage.com, Sage Intacct REST API, Transaction volume and concurrency"
    },
    "intacct.budget-exhausted": {
      level: "client",
      reason: "BudgetExhausted",
      meaning:
        "The company's budget of billable transactions for this calendar month is used up. The policy is to stop, so nothing was sent.",
      cause:
        "Each create, update, delete, query and readByQuery counts as one transaction. Tier 1 includes 100,000 a month. Single calls where one could carry many use them up early, and so do queries with small pages.",
      remedy:
        "Batch functions and raise page sizes. Compare the count with Company > Admin > Usage Insights and set the meter from there. Then raise the budget, move to the next tier, or let the policy warn instead of stop.",
      note: "Intacct itself does not stop a company over its allowance; it bills the transactions beyond it.",
      source: "developer.sage.com, Sage Intacct REST API, Transaction volume and concurrency"
    },
    "intacct.service-unavailable": {
      level: "http",
      codes: ["500", "502", "503", "504", "520", "521", "522", "523", "525", "526", "527"],
      reason: "ServiceUnavailable",
      meaning: "Intacct, or the proxy in front of it, could not serve the request.",
      cause: "An overload, an outage or a release. 520 to 527 come from the proxy, mostly as an HTML page.",
      remedy:
        "Wait and try again. Look at Sage Intacct's status page if it lasts. Only 503 from Intacct itself says that nothing was done. Before repeating a write after another status, find out whether it was carried out.",
      retryable: true,
      source:
        "developer.sage.com, Sage Intacct REST API, Error handling; intacct/intacct-sdk-js (retries of 500 to 599)"
    },
    "intacct.timeout-at-origin": {
      level: "http",
      codes: ["524"],
      reason: "ServiceUnavailable",
      meaning:
        "The proxy in front of Intacct stopped waiting for an answer. Intacct may still be working on the request.",
      cause: "The request takes longer than the proxy waits: a large query, or many functions in one request.",
      remedy:
        "Ask for less at once: fewer fields, smaller pages, fewer functions in a request. Before repeating a write, find out whether it was carried out.",
      retryable: true,
      note: "Intacct goes on for up to 15 minutes after the connection is gone. The official SDKs never repeat a 524; this library repeats only what is idempotent.",
      source: "developer.intacct.com, Synchronous vs asynchronous requests; intacct/intacct-sdk-js"
    },
    "intacct.unreadable-answer": {
      level: "client",
      reason: "ProtocolViolation",
      meaning:
        "What came back is not an answer of Intacct's API. It is not well-formed, cut off, too deep, or of another kind.",
      cause:
        "A proxy, firewall or sign-in page answered in Intacct's place. Or the address is not the API's, or the answer was damaged on its way.",
      remedy: "Check `urls` and the proxies on the way. Before repeating a write, find out whether it was carried out.",
      source: "developer.intacct.com, Web Services, Responses"
    },
    "intacct.answer-too-large": {
      level: "client",
      reason: "ProtocolViolation",
      meaning: "The answer is larger than is read, so the rest of it was dropped.",
      cause: "Too many records, or too many fields of each, were asked for at once.",
      remedy:
        "Ask for less at a time: a smaller `pagesize` and `readMore`, and the needed fields instead of `*`. Before repeating a write, find out whether it was carried out.",
      source: "@sage-auth/core"
    },
    "intacct.redirect-refused": {
      level: "http",
      codes: ["301", "302", "303", "307", "308"],
      reason: "ProtocolViolation",
      meaning: "The server answered with a redirect, which was not followed because the request carries a credential.",
      cause: "A proxy or sign-in page sits in front of the API. Or a configured address is not the API's own.",
      remedy: "Configure the address that the API itself answers at; Intacct's APIs do not redirect.",
      source: "RFC 9110, section 15.4"
    }
  }
)
