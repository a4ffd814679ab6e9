const head = (fn: string, sessionTimeout: string): string =>
  '<?xml version="1.0" encoding="UTF-8"?><response><control><status>success</status><senderid>sender</senderid>' +
  "<controlid>c</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation>" +
  "<authentication><status>success</status><userid>user</userid><companyid>company</companyid><locationid></locationid>" +
  `<sessiontimestamp>2026-01-01T00:00:00+00:00</sessiontimestamp><sessiontimeout>${sessionTimeout}</sessiontimeout>` +
  `</authentication><result><status>success</status><function>${fn}</function><controlid>f</controlid>`

const tail = "</result></operation></response>"

/** Far enough away that no session of a benchmark is renewed. */
const inADay = (): string => new Date(Date.now() + 24 * 60 * 60_000).toISOString().replace(/\.\d+Z$/, "+00:00")

/** The answer to `getAPISession`. Source: developer.intacct.com, API Sessions. */
export const sessionAnswer = (sessionId: string, endpoint: string): string =>
  `${head("getAPISession", inADay())}<data><api><sessionid>${sessionId}</sessionid><endpoint>${endpoint}</endpoint><locationid></locationid></api></data>${tail}`

const vendor = (index: number): string =>
  `<vendor><RECORDNO>${index}</RECORDNO><VENDORID>V-${String(index).padStart(5, "0")}</VENDORID>` +
  `<NAME>Harbor Paper &amp; Sons ${index}</NAME><STATUS>active</STATUS><CURRENCY>USD</CURRENCY>` +
  `<TERMNAME>Net 30</TERMNAME><TOTALDUE>${(index * 17.31).toFixed(2)}</TOTALDUE>` +
  `<DISPLAYCONTACT.EMAIL1>v-${index}@example.com</DISPLAYCONTACT.EMAIL1><WHENCREATED>03/14/2026</WHENCREATED>` +
  "<WHENMODIFIED>03/15/2026 09:26:53</WHENMODIFIED><MEGAENTITYID>E1</MEGAENTITYID>" +
  "<MEGAENTITYNAME>East Region</MEGAENTITYNAME></vendor>"

/** The answer to a `readByQuery` with so many vendors. Source: developer.intacct.com, Web Services, Queries. */
export const vendorsAnswer = (count: number): string =>
  `${head("readByQuery", inADay())}<data listtype="vendor" count="${count}" totalcount="${count}" numremaining="0" resultId="">` +
  `${Array.from({ length: count }, (_, index) => vendor(index + 1)).join("")}</data>${tail}`
