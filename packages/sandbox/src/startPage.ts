import { colours, escapeHtml, escapeXml } from "./markup.ts"
import type { SurfaceResponse } from "./surface.ts"

/** What the start page shows of a sandbox. */
export interface StartPage {
  /** Addresses by surface and name. */
  readonly urls: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly accounts: object
  /** A login of the XML gateway, for the sample. */
  readonly sample: {
    readonly sender: { readonly id: string; readonly password: string }
    readonly login: { readonly companyId: string; readonly userId: string; readonly password: string }
    readonly client: { readonly clientId: string; readonly clientSecret: string }
    readonly username: string
  }
  /** The address of the control API; undefined when there is none. */
  readonly control: string | undefined
}

const style = `${colours}main{box-sizing:border-box;max-width:64rem;margin:2rem auto;padding:clamp(1rem,4vw,2rem);background:var(--surface);border:1px solid var(--line);border-radius:.5rem}h1{font-size:1.5rem;margin-top:0}h2{font-size:1.2rem;margin-top:2rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0;border-bottom:1px solid var(--line);font-weight:400;overflow-wrap:anywhere}th{min-width:6rem}code,pre{font:0.9rem/1.45 ui-monospace,monospace}pre{padding:1rem;background:var(--ground);border:1px solid var(--line);border-radius:.25rem;white-space:pre-wrap;overflow-wrap:anywhere}caption{text-align:left;font-weight:600;padding:.5rem 0}summary{cursor:pointer;font-weight:600}`

/** The page at `/`: where everything is, who there is, and what to paste. It needs no script. */
export const startPage = (page: StartPage): SurfaceResponse => ({
  status: 200,
  headers: {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy":
      "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin"
  },
  body: `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The sandbox</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>The sandbox is running</h1>
<p>It stands in for Sage's servers on this machine. Nothing in it is real, and every secret below is known to everybody.</p>
<h2 id="samples">To paste</h2>
${samples(page)
  .map(([title, code]) => `<p>${escapeHtml(title)}</p>\n<pre><code>${escapeHtml(code)}</code></pre>\n`)
  .join("")}<h2 id="addresses">Addresses</h2>
${Object.entries(page.urls).map(table).join("")}<h2 id="accounts">Accounts</h2>
${Object.entries(page.accounts)
  .map(([surface, accounts]) => accountTable(surface, accounts))
  .join(
    ""
  )}${page.control === undefined ? "" : `<h2 id="control">Control</h2>\n<p>The control API is at <code>${escapeHtml(page.control)}</code>, for programs on this machine.</p>\n`}</main>
</body>
</html>
`
})

const row = (name: string, value: string): string =>
  `<tr><th scope="row">${escapeHtml(name)}</th><td><code>${escapeHtml(value)}</code></td></tr>\n`

const table = ([surface, rows]: readonly [string, Readonly<Record<string, string>>]): string =>
  `<table>\n<caption>${escapeHtml(surface)}</caption>\n<tbody>\n${Object.entries(rows)
    .map(([name, value]) => row(name, value))
    .join("")}</tbody>\n</table>\n`

const accountTable = (surface: string, accounts: unknown): string =>
  `<details>\n<summary>${escapeHtml(surface)}</summary>\n<table>\n<tbody>\n${leaves(accounts, "")
    .map(([name, value]) => row(name, value))
    .join("")}</tbody>\n</table>\n</details>\n`

/** Every text in some accounts, by the way that leads to it. Certificates are left out: they are files. */
const leaves = (value: unknown, path: string): ReadonlyArray<readonly [string, string]> => {
  if (typeof value === "string") return value.startsWith("-----BEGIN") ? [] : [[path, value]]
  if (typeof value === "number" || typeof value === "boolean") return [[path, String(value)]]
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return []
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return [[path, value.join(", ")]]
  return Object.entries(value).flatMap(([name, each]) => leaves(each, path === "" ? name : `${path}.${name}`))
}

/** XML for a document in single quotes on a command line. */
const xmlText = (text: string): string => escapeXml(text).replaceAll("'", "&#39;")

const samples = ({ urls, sample }: StartPage): ReadonlyArray<readonly [title: string, code: string]> => {
  const { client, login, sender, username } = sample
  const xml = urls["intacct-xml"]?.["xml"] ?? ""
  const token = urls["intacct-rest"]?.["token"] ?? ""
  return [
    [
      "Vendors of Intacct, by XML:",
      `curl ${xml} -H 'Content-Type: application/xml' -d '<request><control><senderid>${xmlText(sender.id)}</senderid><password>${xmlText(sender.password)}</password><controlid>1</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion></control><operation><authentication><login><userid>${xmlText(login.userId)}</userid><companyid>${xmlText(login.companyId)}</companyid><password>${xmlText(login.password)}</password></login></authentication><content><function controlid="1"><query><object>VENDOR</object><select><field>VENDORID</field><field>NAME</field></select><pagesize>3</pagesize></query></function></content></operation></request>'`
    ],
    [
      "An access token of Intacct's REST API:",
      `curl ${token} -d grant_type=client_credentials -d client_id=${client.clientId} -d client_secret=${client.clientSecret} --data-urlencode 'username=${username}'`
    ],
    [
      "The same from a program:",
      `import { createSageAuth, intacctXml } from "@sage-auth/core"

const sage = createSageAuth({
  connections: {
    ledger: intacctXml({
      sender: { id: ${JSON.stringify(sender.id)}, password: ${JSON.stringify(sender.password)} },
      login: {
        companyId: ${JSON.stringify(login.companyId)},
        userId: ${JSON.stringify(login.userId)},
        password: ${JSON.stringify(login.password)}
      },
      environment: "sandbox",
      urls: { xml: ${JSON.stringify(xml)} }
    })
  }
})`
    ]
  ]
}
