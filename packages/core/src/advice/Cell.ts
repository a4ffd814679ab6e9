import { type SourceId, sources } from "./sources.ts"

/**
 * How sure a statement is.
 *
 * - `confirmed`: a page of Sage's, a recorded answer or a project that calls the product says the same
 * - `card-only`: it stands in the comparison card alone
 * - `contradicted`: something that is nearer to the product says otherwise
 */
export type Standing = "confirmed" | "card-only" | "contradicted"

/** One statement, and where it stands. */
export interface Cell {
  /** what to use, whatever a reference document says */
  readonly value: string
  /** what the reference document of the table says here, word for word; undefined where it says nothing */
  readonly says: string | undefined
  /** how sure `value` is, and with `contradicted`, that it replaces `says` */
  readonly standing: Standing
  /** the page, document or project that `standing` rests on */
  readonly source: string
  /** what a reader needs beside it */
  readonly note: string | undefined
}

/**
 * A cell as it is written in a table: its words, then ` @` and a source.
 *
 * - `"Session ID (opaque) @responses"`: the document's words, and who confirms them. `@card` is nobody
 * - `"~1h access ≠ 300 s @books"`: the document's words, then what to use in their place
 * - `"+ 31 days @books"`: not the document's words, or not in this place
 * - ` // ` begins a note: `"Yes (OAuth2) // no page of Sage's shows it @card"`
 *
 * The compiler knows the sources, and refuses another one.
 */
export type Written = `${string} @${SourceId}`

const added = "+ "
const otherwise = " ≠ "
const remark = " // "

const isSource = (id: string): id is SourceId => Object.hasOwn(sources, id)

/** A cell from its notation. `section` is where the document says it. */
export const cell = (written: Written, section = ""): Cell => {
  const at = written.lastIndexOf(" @")
  const id = written.slice(at + 2)
  if (!isSource(id)) throw new Error(`no source ${id}`)
  const [words = "", note] = written.slice(0, at).split(remark)
  const source = id === "card" && section !== "" ? `${sources.card}, ${section}` : sources[id]
  const standing = id === "card" ? "card-only" : "confirmed"
  if (words.startsWith(added)) return { value: words.slice(added.length), says: undefined, standing, source, note }
  const [says = "", value] = words.split(otherwise)
  return value === undefined
    ? { value: says, says, standing, source, note }
    : { value, says, standing: "contradicted", source, note }
}
