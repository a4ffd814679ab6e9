import type { NodelocalReport } from "../../../src/x3/nodelocal/lintNodelocal.ts"
import { lintNodelocal } from "../../../src/x3/nodelocal/lintNodelocal.ts"

/** Every finding of a file as `id line:column path`, without the prefix that all ids share. */
export const found = (source: string): ReadonlyArray<string> =>
  lintNodelocal(source).findings.map(({ column, id, line, path }) =>
    `${id.replace("nodelocal.", "")} ${line}:${column} ${path}`.trim()
  )

/** The ids of a file's findings. */
export const ids = (source: string): ReadonlyArray<string> => found(source).map((line) => line.split(" ")[0] ?? "")

/** A file whose section `session` has those settings. */
export const session = (settings: string): string => `exports.config = { session: { ${settings} } }`

/** A file with that `session.auth`. */
export const auth = (value: string): string => session(`auth: ${value}`)

/** What a file answers for each way in. */
export const ways = (source: string): Record<keyof NodelocalReport["waysIn"], string> => {
  const { basic, bearer, certificate, connectedApp, interactive } = lintNodelocal(source).waysIn
  return {
    basic: basic.answer,
    certificate: certificate.answer,
    bearer: bearer.answer,
    interactive: interactive.answer,
    connectedApp: connectedApp.answer
  }
}
