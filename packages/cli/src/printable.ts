/**
 * A text of a server's, fit for a terminal: without control characters and escape sequences, which could move the
 * cursor, change the title or hide what stands before them. Line ends and tabs stay.
 */
export const printable = (text: string): string =>
  text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- these are what is taken out
    /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    ""
  )

/** The same on one line, for a cell of a table or a line of a feed. */
export const oneLine = (text: string): string => printable(text).replaceAll(/[\t\n\u2028\u2029]+/g, " ")
