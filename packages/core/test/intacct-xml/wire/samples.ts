/** Answers of the XML gateway as Sage documents them or as they were recorded. */

const control = (status: string): string =>
  `<control><status>${status}</status><senderid>SENDERID</senderid><controlid>1559435393</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>`

const authenticated =
  "<authentication><status>success</status><userid>fakeuser</userid><companyid>fakecompany</companyid><locationid></locationid></authentication>"

const failedControl = (errors: string): string =>
  `<response>${control("failure")}\n<errormessage>${errors}</errormessage></response>`

export const session = `<?xml version="1.0" encoding="UTF-8"?>
<response>
  <control><status>success</status><senderid>testsenderid</senderid><controlid>ControlIdHere</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>
  <operation>
    <authentication><status>success</status><userid>fakeuser</userid><companyid>fakecompany</companyid><locationid></locationid><sessiontimestamp>2015-10-22T20:58:27-07:00</sessiontimestamp><sessiontimeout>2015-10-23T20:58:27-07:00</sessiontimeout></authentication>
    <result><status>success</status><function>getAPISession</function><controlid>testControlId</controlid>
      <data><api><sessionid>fAkESesSiOnId..</sessionid><endpoint>https://api.intacct.com/ia/xml/xmlgw.phtml</endpoint><locationid></locationid></api></data>
    </result>
  </operation>
</response>`

export const wrongSender = failedControl(
  "<error><errorno>XL03000006</errorno><description></description><description2>Incorrect Intacct XML Partner ID or password.</description2><correction></correction></error>"
)

export const brokenDocument = failedControl(
  "<error><errorno>XL03000003</errorno><description></description><description2>XML Parse schema error: Fatal Error 76: Opening and ending tag mismatch: delete line 16 and function. Line: 19, column: 18. [Support ID: p5rxS%7EYxEXrDEnVyr0F531W8X9bQAAACQ]</description2><correction></correction></error>" +
    '<error><errorno>XL03000003</errorno><description></description><description2>XML Parse error: Error 502: Value "whatever" for attribute object of get_list is not among the enumerated set. Line: 19, column: 70.</description2><correction></correction></error>'
)

export const unknownPolicy = failedControl(
  "<error><errorno>XL03000006</errorno><description></description><description2>test is not a valid transport policy.</description2><correction></correction></error>"
)

export const companyExpired =
  "<response><control><status>failure</status><senderid></senderid><controlid></controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control>" +
  "<errormessage><error><errorno>PL04000055</errorno><description></description><description2>This company is a demo company and has expired.</description2><correction></correction></error></errormessage></response>"

export const gatewayInvalidRequest = `<?xml version="1.0" encoding="UTF-8"?>
<response><control><status>failure</status></control>
<errormessage><error><errorno>GW-0011</errorno><description>Invalid Request [Request ID: AC47C2BE:D9EE_63EBC07F.59]</description></error></errormessage></response>`

export const gatewaySignIn = `<response><control><status>failure</status></control>
<errormessage><error><errorno>XMLGW_JPP0002</errorno><description>Sign-in information is incorrect. Please check your request.</description></error></errormessage></response>`

export const wrongLogin = `<response>${control("success")}
<operation><authentication><status>failure</status><userid>fakeuser</userid><companyid>fakecompany</companyid></authentication>
<errormessage><error><errorno>XL03000006</errorno><description></description><description2>Sign-in information is incorrect</description2><correction></correction></error></errormessage></operation></response>`

export const unauthorizedSender = `<response>${control("success")}
<operation><authentication><status>failure</status><userid>fakeuser</userid><companyid>fakecompany</companyid></authentication>
<errormessage><error><errorno>XL03000006</errorno><description>Invalid Web Services Authorization</description><description2>The sender ID &#039;test_sender_id&#039; is not authorized to make Web Services requests to company ID &#039;test_company_id&#039;.</description2><correction>Contact the company administrator to grant Web Services authorization to this sender ID.</correction></error></errormessage></operation></response>`

export const deadSessionId = "CkAU0b-G_RCd42yvvJvCo7aUEJwmVwcCFNG-xJE6neNsr7ybwuKriRKe"

export const deadSession = `<response>${control("success")}
<operation><authentication><status>failure</status><userid></userid><companyid></companyid></authentication>
<errormessage><error><errorno>XL03000006</errorno><description></description><description2>Invalid session ${deadSessionId}</description2><correction></correction></error></errormessage></operation></response>`

export const result = (inner: string): string =>
  `<response>${control("success")}<operation>${authenticated}${inner}</operation></response>`

const failedResult = (name: string, status: string, errors: string): string =>
  `<result><status>${status}</status><function>${name}</function><controlid>testControlId</controlid><errormessage>${errors}</errormessage></result>`

export const error = (errorno: string, description2: string, correction = ""): string =>
  `<error><errorno>${errorno}</errorno><description></description><description2>${description2}</description2><correction>${correction}</correction></error>`

export const failedFunction = (errors: string): string => result(failedResult("readByQuery", "failure", errors))

export const functionFailure = failedFunction(error("Query Failed", "Object definition BADOBJECT not found"))

export const permission = failedFunction(
  error(
    "PL04000005",
    "You do not have permission for API operation READ_BY_QUERY on objects of type arinvoice [Support ID: 9PvcxEBXMLGW216418822-AG%7EaodusP0p7fz-eBbWcXdqqwAAAAI]"
  )
)

const rollback = error("XL03000009", "The entire transaction in this operation has been rolled back due to an error.")

export const rolledBack = result(
  failedResult("create", "aborted", rollback) +
    failedResult("create", "failure", error("BL34000061", "A record with this number exists") + rollback)
)

export const acknowledged = `<response><acknowledgement><status>success</status></acknowledgement>${control("success")}</response>`

export const cloudflare =
  '<!DOCTYPE html>\n<html lang="en-US"><head><title>api.intacct.com | 524: A timeout occurred</title></head><body><div id="cf-error-details">…</div></body></html>'

export const all: ReadonlyArray<string> = [
  session,
  wrongSender,
  brokenDocument,
  unknownPolicy,
  companyExpired,
  gatewayInvalidRequest,
  gatewaySignIn,
  wrongLogin,
  unauthorizedSender,
  deadSession,
  functionFailure,
  permission,
  rolledBack,
  acknowledged
]
