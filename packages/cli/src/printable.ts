/**
 * A text that others may have written, fit for a terminal: without control characters and escape sequences, which could
 * move the cursor, change the title or hide what stands before them. Line ends and tabs stay.
 */
export const printable = (text: string): string =>
  text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- these are what is taken out
    /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b(?:\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])?|\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g,
    ""
  )

/** The same on one line, for a cell of a table or a line of a feed. */
export const oneLine = (text: string): string => printable(text).replaceAll(/[\t\r\n\u2028\u2029]+/g, " ")

// oxlint-disable-next-line no-control-regex -- these are what begins a colour, and what ends it
const colour = /(\u001b\[(?:0|1|2|31|32|33)m)/

/** The same with the colours that `Output` has put into it. */
export const printableInColours = (text: string): string =>
  text
    .split(colour)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join("")

/** JSON in characters that a terminal does nothing but show. It means the same. */
export const printableJson = (data: unknown): string =>
  JSON.stringify(data ?? null).replaceAll(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`
  )
