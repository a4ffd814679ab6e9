/** Text as it may stand in HTML. */
export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

/** A whole page, as plain HTML. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}main{max-width:48rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}th,td{text-align:start;padding:.125rem 1rem .125rem 0}div{margin:1rem 0}form{display:inline}</style>
</head>
<body><main><h1>${escape(title)}</h1>${body}</main></body>
</html>
`

/** A button that posts. */
export const button = (action: string, label: string, fields: Readonly<Record<string, string>> = {}): string => {
  const hidden = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`
  )
  return `<form method="post" action="${escape(action)}">${hidden.join("")}<button>${escape(label)}</button></form>`
}

/** A table of texts. */
export const table = (headings: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const head = headings.map((heading) => `<th scope="col">${escape(heading)}</th>`).join("")
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`)
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join("\n")}</tbody></table>`
}
