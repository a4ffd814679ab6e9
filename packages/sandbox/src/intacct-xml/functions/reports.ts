import { toMilliseconds } from "../../clock.ts"
import { companyKey } from "../companies.ts"
import { notPlayed } from "../notPlayed.ts"
import type { IntacctRecord } from "../records.ts"
import { childText, node, type XmlNode } from "../xml.ts"
import { project, queryFailed, recordNode, typeFor, visible } from "./common.ts"
import type { FunctionContext, Outcome, Play } from "./context.ts"

interface Report {
  readonly name: string
  readonly interactive: boolean
  readonly object: string
  readonly columns: ReadonlyArray<string>
  readonly shows: (record: IntacctRecord) => boolean
}

/** The custom reports that every company has, one of each kind. */
export const reports: ReadonlyArray<Report> = [
  {
    name: "OpenBills",
    interactive: true,
    object: "APBILL",
    columns: ["RECORDID", "VENDORNAME", "WHENDUE", "TOTALDUE"],
    shows: (record) => record["STATE"] !== "Paid"
  },
  {
    name: "OpenInvoices",
    interactive: false,
    object: "ARINVOICE",
    columns: ["RECORDID", "CUSTOMERNAME", "WHENDUE", "TOTALDUE"],
    shows: (record) => record["STATE"] !== "Paid"
  }
]

/** `readReport`: what a report is, or a run of it whose rows `readMore` gives. */
export const readReport: Play = (context) => {
  const { called, cursors, identity, now, session } = context
  const { element } = called
  const interactive = element.attributes.get("type") === "interactive"
  const name = (childText(element, "report") ?? "").trim()
  const report = reports.find((each) => each.name === name && each.interactive === interactive)
  if (report === undefined) {
    throw queryFailed(`${interactive ? "Interactive custom report" : "Custom report"} ${name} not found`)
  }
  const type = typeFor(context, report.object, "READ_REPORT")
  if (["true", "1"].includes(element.attributes.get("returnDef") ?? "false")) {
    return { content: [node("data", [definition(report)])] }
  }
  for (const [what, shown] of [
    ["arguments", "arguments of a report"],
    ["listSeparator", "listSeparator"]
  ] as const) {
    const given = element.children.find((each) => each.name === what)
    if (given !== undefined && (given.children.length > 0 || given.text.trim() !== "")) {
      throw notPlayed(shown, "Leave them out: the reports of the sandbox have none.")
    }
  }
  if (Number(childText(element, "waitTime") ?? "0") > 0) {
    throw notPlayed("waitTime", "Leave it out, and ask with readMore until the report is done.")
  }
  const format = (childText(element, "returnFormat") ?? "xml").trim()
  if (format !== "xml") throw notPlayed(`reports as ${format}`, "Leave returnFormat out.")
  const records = visible(context, type).filter(report.shows)
  const id = cursors.open({
    kind: "report",
    company: companyKey(identity.company.companyId),
    userId: identity.user.userId,
    session,
    name: report.name,
    type,
    records: records.map((record) => project(type, record, report.columns)),
    pageSize: Number((childText(element, "pagesize") ?? "1000").trim()),
    position: 0,
    readyAt: now() + toMilliseconds(context.options().reportTime, "reportTime")
  })
  return {
    content: [node("data", [node("report_results", [node("REPORTID", id), node("STATUS", "PENDING")])])]
  }
}

const definition = ({ name, interactive, object, columns }: Report): XmlNode =>
  node(
    "report_definition",
    interactive
      ? [
          node("REPORTNAME", name),
          node("REPORTTYPE", "CRW"),
          node("OBJECT", object),
          node("DOCPARID"),
          node(
            "COLUMNS",
            columns.map((column) => node("COLUMN", [node("PATH", column), node("FULLPATH", `${object}.${column}`)]))
          )
        ]
      : [
          node("REPORTNAME", name),
          node("REPORTTYPE", "tabular"),
          node("ROOT", object),
          node("PARAMETERS"),
          node("SORTBY")
        ]
  )

/** `readMore` of a report: pending, or a page of its rows, each of which is a `<data>`. */
export const moreOfReport = ({ cursors, identity, now }: FunctionContext, id: string): Outcome => {
  const cursor = cursors.report(id, companyKey(identity.company.companyId))
  if (cursor === undefined) throw queryFailed(`Report ${id} not found`)
  if (now() < cursor.readyAt) {
    return { content: [node("data", [node("report", [node("data", [node("STATUS", "PENDING")])])])] }
  }
  const page = cursor.records.slice(cursor.position, cursor.position + cursor.pageSize)
  cursor.position += page.length
  const remaining = cursor.records.length - cursor.position
  if (remaining === 0) cursors.close(id)
  return {
    content: [
      node("data", [node("report", [...page.map((record) => recordNode("data", record)), node("STATUS", "DONE")])], {
        count: String(page.length),
        numremaining: String(remaining)
      })
    ]
  }
}
