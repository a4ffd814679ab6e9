import { XMLParser } from "fast-xml-parser"
import { answerTasks } from "../answerTasks.ts"
import { type Load, load, type LoadOptions } from "../load.ts"

type Read = (text: string) => unknown

/** A reader of the library's, which no entry of the package shows: its source, as this Node runs it. */
const source = async (path: string, name: string): Promise<Read> => {
  const module = (await import(new URL(`../../../packages/core/src/${path}`, import.meta.url).href)) as Readonly<
    Record<string, Read | undefined>
  >
  const read = module[name]
  if (read === undefined) throw new Error(`${path} has no ${name} any more`)
  return read
}

/** The same values as the library's own: nothing converted, nothing trimmed, attributes kept. */
const theirs = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "@",
  parseTagValue: false,
  trimValues: false
})

const readers = {
  "our reader, the head": () => source("intacct-xml/wire/response.ts", "readResponse"),
  "our reader, records": () => source("xml/parseRecords.ts", "parseRecords"),
  "fast-xml-parser": async (): Promise<Read> => (text) => theirs.parse(text) as unknown
} as const

export type Reader = keyof typeof readers

let read: Read = () => {
  throw new Error("open comes first")
}

const tasks = {
  open: async (reader: Reader): Promise<void> => {
    read = await readers[reader]()
  },
  load: ({ text, ...options }: { readonly text: string } & LoadOptions): Promise<Load> =>
    load(async () => {
      if (typeof read(text) !== "object") throw new Error("nothing was read")
    }, options)
}

/** One reader of XML, which reads the same text again and again. */
export type XmlReaderWorker = typeof tasks

answerTasks(tasks)
