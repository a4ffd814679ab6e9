import { defineEntries } from "./Entry.ts"

const errorHandling = "developer.intacct.com, Web Services, Error handling"
const responses = "developer.intacct.com, Web Services, Responses"
const sessions = "developer.intacct.com, API sessions"

/** Sage Intacct, XML API. XL03000006 stands for many things: level and text decide. */
export const intacctXmlEntries = defineEntries(
  { product: "Intacct", surface: "intacct-xml" },
  {
    "intacct-xml.sender-rejected": {
      level: "control",
      codes: ["XL03000006", "XL03000004"],
      text: "Incorrect Intacct XML Partner ID or password.",
      reason: "CredentialRejected",
      meaning: "The sender id or its password is wrong, or the Web Services developer licence behind it has lapsed.",
      cause:
        "The password was changed or mistyped; both are case-sensitive. Or an unquoted ; or # cut it short in an ini file. Or the licence was not renewed, which it has to be every year. When it lapses, every integration fails, with authentication errors only.",
      remedy:
        "Check `sender.id` and `sender.password` with the holder of the Web Services developer licence. The licence must be in force, and only Sage can reset the password. Set `sender.licenseExpires` to be warned 60 days ahead.",
      note: "Some guides give XL03000004 for this. Every published answer to a wrong sender has XL03000006; both are taken for it at this level.",
      source: errorHandling
    },
    "intacct-xml.license-expired": {
      level: "control",
      codes: ["XL03000006", "XL03000004"],
      text: "Incorrect Intacct XML Partner ID or password.",
      reason: "LicenseExpired",
      meaning: "The sender is rejected, and the date given as the end of its licence has passed.",
      cause:
        "The Web Services developer licence is renewed once a year and was not. Intacct does not say so: it rejects the sender as if its password were wrong.",
      remedy:
        "Renew the licence with your Sage Intacct account manager, then set `sender.licenseExpires` to the new date. A warning is given from 60 days before.",
      note: "Intacct has no code of its own for a lapsed licence; this library tells it by `sender.licenseExpires`.",
      source: "developer.intacct.com, Frequently asked questions"
    },
    "intacct-xml.transport-policy-unknown": {
      level: "control",
      codes: ["XL03000006"],
      text: "<policy> is not a valid transport policy.",
      reason: "RequestRejected",
      meaning: "The request names a transport policy that the company does not have.",
      cause: "`policyid` in the control element is misspelt, or belongs to another company.",
      remedy:
        "Call `execute` without `policyid` for an answer with results. Or use the name of a policy that exists in the company.",
      source: "intacct/intacct-sdk-js (responses)"
    },
    "intacct-xml.document-rejected": {
      level: "control",
      codes: ["XL03000003"],
      text: "XML Parse schema error: <detail> / XML Parse error: <detail>",
      reason: "RequestRejected",
      meaning: "The request is not well-formed, or it breaks the schema of its DTD version. None of its functions ran.",
      cause:
        "Raw XML has a tag that is not closed, an unknown element, or elements in the wrong order. Or a value is not in a list of allowed ones. There may be one error for each place.",
      remedy:
        "Correct the function at the line and column that the text gives. Compare it with the function's page at developer.intacct.com.",
      source: errorHandling
    },
    "intacct-xml.company-expired": {
      level: "control",
      codes: ["PL04000055"],
      text: "This company is a demo company and has expired.",
      reason: "AccountInactive",
      meaning: "The company was a demo company and its time is over.",
      cause: "Trial and demo companies end on a date.",
      remedy:
        "Ask your Sage Intacct account manager to extend the company, or set `login.companyId` to one that is active.",
      source: "intacct/intacct-sdk-js (responses)"
    },
    "intacct-xml.control-failed": {
      level: "control",
      reason: "ProtocolViolation",
      meaning: "Intacct refused the whole request with a code or text that this library does not know.",
      cause: "A state of the company, the sender or the gateway that is not documented.",
      remedy: "Read the server's code and text on the error, and give Sage support its support id.",
      source: responses
    },
    "intacct-xml.acknowledged-only": {
      level: "control",
      reason: "ProtocolViolation",
      meaning: "Intacct took the request for later processing and sent an acknowledgement in place of results.",
      cause:
        "The request was handled as an asynchronous one. A transport policy (`policyid`) asks for that, and this call asked for none.",
      remedy:
        "Check what stands between this library and Intacct and may add a policy. The functions may yet run: find out before repeating a write.",
      source: "developer.intacct.com, Synchronous vs asynchronous requests"
    },
    "intacct-xml.result-missing": {
      level: "function",
      reason: "ProtocolViolation",
      meaning: "Intacct let the request in, and its answer does not say what became of every function.",
      cause:
        "A result is missing, or has neither a status nor an error. Answers of this form were seen where a control id was refused that Intacct had seen before.",
      remedy:
        "Read `error.results` for what the answer does say. Before repeating a write, find out whether it was carried out. With `uniqueid`, look for what an earlier call with the same control id has written.",
      source: responses
    },
    "intacct-xml.data-malformed": {
      level: "client",
      reason: "ProtocolViolation",
      meaning:
        "The records of a result cannot be parsed. The function ran, and one of its values is not XML as it came.",
      cause:
        "A field holds something that Intacct did not escape. Examples are an ampersand, a character that XML forbids, or a piece of HTML.",
      remedy:
        "Name the fields that are needed instead of asking for `*`. Leave out the one at the place that the error gives. Or read `raw`, the text as it came.",
      source: responses
    },
    "intacct-xml.data-over-limit": {
      level: "client",
      reason: "ProtocolViolation",
      meaning: "The records of a result are well-formed as far as they were read. They go beyond what is read.",
      cause:
        "Elements, or the objects and arrays of JSON, are nested in more than 100 levels. Or an element has more than 64 attributes, or a name has over 256 characters. Or `parse` was asked for more than 16 MiB of text.",
      remedy:
        "Name the fields that are needed instead of asking for `*`. Or read `raw`, the text as it came. `data` and `records` read more than `parse`.",
      source: "@sage-auth/core"
    },
    "intacct-xml.data-refused": {
      level: "client",
      reason: "ProtocolViolation",
      meaning: "fast-xml-parser does not take the records of a result, although they are well-formed.",
      cause:
        "An element has a name that the parser refuses, because JavaScript uses it itself, such as `constructor`. Or a limit among the options given to `parse` was passed.",
      remedy: "Read them by `data()` or `records()`, which take every name. Or raise the limit.",
      source: "@sage-auth/core"
    },
    "intacct-xml.login-rejected": {
      level: "authentication",
      codes: ["XL03000006", "XMLGW_JPP0002", "UJPP0002", "401"],
      text: "Sign-in information is incorrect",
      reason: "CredentialRejected",
      meaning: "The company login was rejected: user, password, company or entity.",
      cause:
        'The user id, password or entity id is wrong, or the user is locked out or inactive. Or the password has expired, which those of Web Services users do not. Or the user may not enter the entity or the top level. All of them may be right as well. Then the user needs two-step verification, because it is not marked as "Web Services only". Or the company admits only such users to its API. Or its IP address filters leave out the address of this machine.',
      remedy:
        'Check `login.userId`, `login.password` and `login.entityId`, and the user in Company > Admin > Web Services Users. Use a separate user for the integration, marked as "Web Services only". Its password does not expire, and it needs no two-step verification. If everything is right, have an administrator look at that mark, and at Company > Setup > Configuration > Company > Security. Where IP address filters are enforced, they must admit the address of your requests. The same password is not sent again until it changes, 15 minutes pass or a refresh is asked for.',
      note: "The gateway says the same with HTTP 401, a bare control failure and XMLGW_JPP0002 or UJPP0002. A wrong entity has no text of its own. An unknown authentication failure is taken for this one: repeating it could lock the user out.",
      source:
        "intacct/intacct-sdk-js (responses); developer.intacct.com, Web Services, Requests; Sage Intacct help, Cannot log in, and Set up 2-step verification"
    },
    "intacct-xml.sender-not-authorized": {
      level: "authentication",
      codes: ["XL03000006"],
      text: "Invalid Web Services Authorization: The sender ID '<sender>' is not authorized to make Web Services requests to company ID '<company>'.",
      reason: "CredentialRejected",
      meaning: "The sender is known to Intacct, but this company has not admitted it.",
      cause:
        "The sender id is not on the company's list of Web Services authorizations. Or it is inactive there, or written in another case.",
      remedy:
        "Ask an administrator of the company to add the sender id and to set it active. The place is Company > Setup > Configuration > Company > Security, under Web Services authorizations.",
      note: "Some guides send readers to Company > Admin > Web Services Sender. The place above is the one in Sage Intacct's help.",
      source: "developer.intacct.com, Frequently asked questions; Sage Intacct help, Web Services authorizations"
    },
    "intacct-xml.session-invalid": {
      level: "authentication",
      codes: ["XL03000006"],
      text: "Invalid session <session id>",
      reason: "CredentialRejected",
      meaning: "The session has ended or is not known at this endpoint.",
      cause:
        "It was idle for longer than the company's inactivity limit. Or it reached the company's session duration, which use does not extend. Or it was sent to another endpoint than its own. Long-running jobs meet this when they keep a session over a pause.",
      remedy:
        "A connection needs nothing: this library logs in again once and repeats the call. For a session that was handed over, take a new one from `session()`. Send it only to the endpoint that came with it. `keepSessionAlive` covers pauses.",
      retryable: true,
      note: "Some guides give 30 minutes as the default. There is no fixed figure: `sessiontimeout` in each response says how long. It moves with use, and the absolute limit may still cut it short. The text holds the session id, which this library masks.",
      source: `${sessions}; Sage Intacct help, Company sign-in settings`
    },
    "intacct-xml.session-lost": {
      level: "authentication",
      codes: ["XL03000006"],
      text: "Invalid session <session id>",
      reason: "CredentialRejected",
      meaning: "A session that was opened a moment ago is rejected, so opening another one would not help.",
      cause:
        "The session was not accepted at the endpoint that Intacct returned with it. A proxy sends requests elsewhere, or the company or user ends sessions at once.",
      remedy:
        "Check that requests reach the endpoint of the session unchanged. Then check the user, and the session limits in Company > Setup > Configuration > Company > Security.",
      source: sessions
    },
    "intacct-xml.result-lost": {
      level: "client",
      reason: "ServiceUnavailable",
      meaning: "Intacct has the rest of a list no more.",
      cause: "A `resultId` ends with its session. A lost answer to `readMore` takes its page with it.",
      remedy: 'Read the list again. `onLostResult: "restart"` does so where the records have not moved.',
      retryable: true,
      source: sessions
    },
    "intacct-xml.endpoint-refused": {
      level: "client",
      reason: "ProtocolViolation",
      meaning:
        "Intacct's answer names a session endpoint that is not https on a host below intacct.com. The session was not used.",
      cause:
        "The answer was changed on its way or does not come from Intacct. Or a stand-in server is used as if it were production.",
      remedy: 'Find out who answered. For a stand-in server set `environment: "sandbox"` and `urls.xml`.',
      note: "A session must be used at the endpoint that came with it. This library does not fall back to the general address.",
      source: sessions
    },
    "intacct-xml.entity-not-visible": {
      level: "client",
      reason: "PermissionDenied",
      meaning: "The user cannot see an entity that the connection says it needs.",
      cause:
        "The user is restricted to other entities. Intacct does not answer with an error then. Queries come back empty, as if the entity had no data.",
      remedy:
        "Give the user access to the top level in Company > Admin > Web Services Users, or list every entity it needs. Then call `probeEntities()`, or run a query that must return known records.",
      source: "Sage Intacct help, Web Services users; developer.intacct.com, Web Services, Requests"
    },
    "intacct-xml.permission-denied": {
      level: "function",
      codes: ["PL04000005"],
      text: "You do not have permission for API operation <operation> on objects of type <object>",
      reason: "PermissionDenied",
      meaning: "The login is fine; the user's role does not grant this operation on this kind of object.",
      cause: "The role lacks the permission, the module is not subscribed, or the user type does not reach it.",
      remedy:
        "Ask an administrator to grant the permission to a role of this Web Services user, in Company > Admin > Roles.",
      source: "developer.intacct.com, Web Services, Error handling"
    },
    "intacct-xml.query-failed": {
      level: "function",
      codes: ["Query Failed"],
      text: "Object definition <object> not found",
      reason: "FunctionFailed",
      meaning: "The query could not be run.",
      cause: "The object name does not exist in this company. Or the query is not a valid one for it.",
      remedy:
        "Check the object's name with the `inspect` function. Check the query's syntax with the page of `readByQuery` or `query`.",
      note: "The code of this error is free text with a space in it.",
      source: "intacct/intacct-sdk-js (responses)"
    },
    "intacct-xml.unknown-field": {
      level: "function",
      codes: ["XL03000006", "XL03000010"],
      text: "The following fields cannot be queried <fields>",
      reason: "FunctionFailed",
      meaning: "The query names fields that the object does not have or that cannot be queried.",
      cause:
        "A field is misspelt, belongs to another object, or is not there in this company. Several errors may be joined.",
      remedy: "Take the field names from `inspect` or `lookup` for this object in this company.",
      note: "XL03000006 at function level has nothing to do with a login or a session.",
      source: "developer.intacct.com, Queries"
    },
    "intacct-xml.record-not-created": {
      level: "function",
      codes: ["BL01001973"],
      text: "Could not create <object> record",
      reason: "FunctionFailed",
      meaning: "A record was not created; the other errors beside this one say why.",
      cause:
        "A required field is missing, or a value refers to a record that does not exist. Or a rule of the company forbids it.",
      remedy: "Read the errors that come with it and correct the record.",
      note: "The REST API gives the same code inside the `details` of its error.",
      source: errorHandling
    },
    "intacct-xml.duplicate": {
      level: "function",
      codes: ["BL34000061", "PL05000104"],
      reason: "FunctionFailed",
      meaning: "The record breaks a rule about duplicates or documents.",
      cause:
        "A record with the same id or document number exists, often because an earlier attempt succeeded after all.",
      remedy: "Look for the record before sending it again; it may be the one that was to be created.",
      source: "fylein/sageintacct-sdk-py; developer.intacct.com, Web Services, Error handling"
    },
    "intacct-xml.transaction-rolled-back": {
      level: "function",
      codes: ["XL03000009"],
      text: "The entire transaction in this operation has been rolled back due to an error.",
      reason: "FunctionFailed",
      meaning: "The functions were sent as one transaction, one of them failed, and none of them took effect.",
      cause: "Another result of the same request holds the error that caused it; this one may well be fine.",
      remedy:
        "Read `error.results`, which has every result. Correct the function that failed and send all of them again. If none has an error of its own, send the functions one by one in a company for tests.",
      note: "Intacct marks every result of a failed transaction as `aborted`, the one that failed included. Only that one has an error of its own, and the call fails with it. Some guides call this a session error. It is not: a new login changes nothing.",
      source: "intacct/intacct-sdk-php (responses); developer.intacct.com, Web Services, Requests"
    },
    "intacct-xml.service-offline": {
      level: "function",
      text: "The Service is Temporarily Off-line",
      reason: "ServiceUnavailable",
      meaning: "Intacct could not run the function for the moment.",
      cause: "Maintenance or an overload behind the gateway, said inside an answer with status 200.",
      remedy: "Wait and try again.",
      retryable: true,
      source: "fylein/sageintacct-sdk-py; hotgluexyz/tap-intacct"
    },
    "intacct-xml.replay-refused": {
      level: "function",
      reason: "FunctionFailed",
      meaning:
        "A function was sent again with `uniqueid` and the same control id, because its first answer was lost. It did not succeed. The first attempt may have been executed.",
      cause:
        "Intacct refuses a control id that it has seen, which makes repeating safe. Or the repeated function failed by itself.",
      remedy:
        "Look for the record that the function was to write. Only if it is not there, send the function with a new control id.",
      source: "developer.intacct.com, Web Services, Requests"
    },
    "intacct-xml.function-failed": {
      level: "function",
      reason: "FunctionFailed",
      meaning: "Intacct ran the function and it failed, with a code that has no entry of its own here.",
      cause: "A rule of the application: the server's code, text and correction say which.",
      remedy:
        "Read them on the error and correct the function. Give Sage support the support id if they do not say enough.",
      source: responses
    }
  }
)
