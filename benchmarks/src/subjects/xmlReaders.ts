import { sessionAnswer, vendorsAnswer } from "../answers.ts"
import type { Effort } from "../effort.ts"
import { interleaved } from "../rounds.ts"
import { number, type Table, times } from "../table.ts"
import { withWorkers } from "../worker.ts"
import type { Reader, XmlReaderWorker } from "../workers/xmlReader.ts"

const vendors = 1_000

const dataOf = (answer: string): string => answer.slice(answer.indexOf("<data"), answer.indexOf("</data>") + 7)

/** The library's own reader beside a general parser, on what Intacct's gateway answers. */
export const xmlReaders = (effort: Effort): Promise<Table> =>
  withWorkers(async (start) => {
    const session = sessionAnswer("a-session-id-of-usual-length..", "https://api.intacct.com/ia/xml/xmlgw.phtml")
    const page = vendorsAnswer(vendors)
    const texts: ReadonlyArray<readonly [what: string, text: string, ours: Reader]> = [
      ["an answer with a session", session, "our reader, the head"],
      [`an answer with ${vendors.toLocaleString("en-US")} vendors, its head`, page, "our reader, the head"],
      [`the ${vendors.toLocaleString("en-US")} vendors as objects`, dataOf(page), "our reader, records"]
    ]
    const rows: Array<ReadonlyArray<string>> = []
    for (const [what, text, ours] of texts) {
      const own = start<XmlReaderWorker>("xmlReader")
      const other = start<XmlReaderWorker>("xmlReader")
      await own.ask("open", ours)
      await other.ask("open", "fast-xml-parser")
      const figures = await interleaved(
        [
          { name: "own", round: (milliseconds) => own.ask("load", { text, concurrency: 1, milliseconds }) },
          { name: "other", round: (milliseconds) => other.ask("load", { text, concurrency: 1, milliseconds }) }
        ],
        effort
      )
      rows.push([what, number(figures.own.cpu), number(figures.other.cpu), times(figures.other.cpu, figures.own.cpu)])
    }
    return {
      title: "Reading an answer of Intacct's gateway, microseconds of processor each",
      header: ["", "our reader", "fast-xml-parser", "of ours"],
      rows,
      notes: [
        "The head is what execute() reads: statuses, errors, and where each result lies. data() reads the records when asked.",
        "fast-xml-parser reads the whole text in each row, and is told to convert and to trim nothing, as our reader does."
      ]
    }
  })
