/** The number of everything that Sage has and the sandbox does not. No number of Sage's looks like it. */
export const notPlayedNumber = "SANDBOX-NOT-PLAYED"

/** Says of something right that the sandbox cannot do it. `server` is whose answer is missing, such as "Intacct". */
export const notPlayedText = (what: string, server: string): string =>
  `The sandbox does not play ${what}. ${server} may well accept this: nothing is wrong with the request.`

/** The status of such an answer over HTTP: 501, "Not Implemented". No server of Sage's is known to answer with it. */
export const notPlayedStatus = 501
