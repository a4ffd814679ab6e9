/** A file of an attachment: its name without the ending, the ending, the content in base64. */
export interface AttachedFile {
  readonly name: string
  readonly type: string
  readonly data: string
}

/** Reads what {@link writeAttachments} has written. */
export const attachmentsOf = (text: string): ReadonlyArray<AttachedFile> =>
  text === "" ? [] : (JSON.parse(text) as ReadonlyArray<AttachedFile>)

/** The files of an attachment as the one field of its record that they are kept in. */
export const writeAttachments = (files: ReadonlyArray<AttachedFile>): string => JSON.stringify(files)
