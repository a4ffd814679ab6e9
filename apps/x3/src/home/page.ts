import type { Status } from "@sage-auth/core"
import type { Deployment } from "../deployment/deployment.ts"
import { companies, type Company } from "../visitors/companies.ts"
import type { Way } from "../ways.ts"

/** A way, and how its connection is doing where it is configured. */
export interface ShownWay extends Way {
  readonly configured: boolean
  /** undefined where it is not configured, or cannot be told */
  readonly state: Status["state"] | undefined
  readonly interactive: boolean
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

/** A note with its code in code's letters. */
const noteHtml = (note: string): string => escape(note).replaceAll(/`([^`]*)`/g, "<code>$1</code>")

const actionsOf = ({
  as,
  by,
  configured,
  connection,
  interactive,
  note,
  state,
  unproven,
  variables
}: ShownWay): string => {
  if (connection === undefined) return `<td>not here</td><td>${noteHtml(note)}</td>`
  if (!configured) return `<td>not configured</td><td>Set ${escape((variables ?? []).join(", "))}.</td>`
  const read = `<a href="/customers?by=${by}&amp;as=${as}">Read customers</a>`
  const connect = `<a href="/sage/connect/${connection}?returnTo=/">${state === "connected" ? "Consent again" : "Connect"}</a>`
  const disconnect =
    state === "connected"
      ? ` <form method="post" action="/sage/disconnect/${connection}?returnTo=/"><button>Disconnect</button></form>`
      : ""
  return `<td>${escape(state ?? "unknown")}</td><td>${read}${interactive ? ` · ${connect}${disconnect}` : ""}${unproven ? `<br>Unproven. ${noteHtml(note)}` : ""}</td>`
}

const rowOf = (way: ShownWay): string => `<tr><th scope="row">${way.by}</th><td>${way.as}</td>${actionsOf(way)}</tr>`

const whole = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}main{max-width:52rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}th,td{text-align:start;vertical-align:top;padding:.25rem .75rem .25rem 0}form{display:inline}</style>
</head>
<body><main><h1>${escape(title)}</h1>
${body}
</main></body>
</html>
`

const signInButton = ({ id, name }: Company): string =>
  `<div><form method="post" action="/sign-in"><button name="company" value="${id}">Sign in for ${escape(name)}</button></form></div>`

export const signInPage = (): string => whole("Who are you?", companies.map(signInButton).join("\n"))

/** What the deployment allows, as plain HTML. */
export const homePage = (company: Company, deployment: Deployment, ways: ReadonlyArray<ShownWay>): string =>
  whole(
    `Customers of ${company.name}`,
    `<p>X3 ${deployment.kind}${deployment.real ? "" : ", played by a sandbox on this machine"}. <a href="/health">Health</a></p>
<table><thead><tr><th scope="col">Interface</th><th scope="col">Credential</th><th scope="col">State</th><th scope="col"></th></tr></thead>
<tbody>${ways.map(rowOf).join("\n")}</tbody></table>
<form method="post" action="/sign-out"><button>Sign out</button></form>`
  )
