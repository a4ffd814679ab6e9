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

/** The answers by path; the path's number is that of the vendors in it. */
const vendors = new Map([1, 1_000].map((count) => [`/vendors/${count}`, Buffer.from(vendorsAnswer(count))]))

const token = Buffer.from(
  JSON.stringify({
    access_token: "a".repeat(900),
    refresh_token: "r".repeat(200),
    token_type: "Bearer",
    expires_in: 86_400
  })
)

/** so many records, as REST APIs answer them */
const pageOf = (count: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      result: Array.from({ length: count }, (_, index) => ({
        key: `${index}`,
        id: `V-${index}`,
        href: `/vendor/${index}`
      })),
      meta: { totalCount: count, start: 1, pageSize: 100, totalSuccess: count, totalError: 0 }
    })
  )

/** Intacct's gateway says in every answer how many requests at a time it takes. Source: developer.sage.com, Sage Intacct REST API. */
const restHeaders = {
  "content-type": "application/json",
  "x-ia-throttle-limit": "1000",
  "x-ia-throttle-remaining": "999"
}

const smallPage = pageOf(20)
const page = pageOf(100)

/** What a server answers. */
export interface Canned {
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

/** What the canned server at that origin answers to a request; `asks` looks for something in its body. */
export const cannedAnswer = (origin: string, path: string, asks: (part: string) => boolean): Canned => {
  const found = vendors.get(path)
  if (found !== undefined) {
    const opens = asks("<getAPISession")
    return {
      headers: { "content-type": "text/xml" },
      bytes: opens ? Buffer.from(sessionAnswer("s".repeat(56), `${origin}${path}`)) : found
    }
  }
  const bytes = path === "/token" ? token : path.endsWith("/bill") ? page : smallPage
  return { headers: restHeaders, bytes }
}
