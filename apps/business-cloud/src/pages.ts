import type { Business, Status } from "@sage-auth/core"

/** A customer of this application. */
export interface Company {
  readonly id: string
  readonly name: string
}

/** The customers of this application. A real one has them in its database. */
export const companies: ReadonlyArray<Company> = [
  { id: "harbour", name: "Harbour Coffee" },
  { id: "lantern", name: "Lantern Books" }
]

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

const whole = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}main{max-width:42rem;margin:2rem auto;padding:0 1rem}form{display:inline}</style>
</head>
<body><main><h1>${escape(title)}</h1>${body}</main></body>
</html>
`

const button = (action: string, label: string, fields = ""): string =>
  `<form method="post" action="${action}">${fields}<button>${escape(label)}</button></form>`

const hidden = (name: string, value: string): string => `<input type="hidden" name="${name}" value="${escape(value)}">`

/** The pages, as plain HTML. */
export const page = {
  signIn: (): string =>
    whole(
      "Who are you?",
      companies
        .map(({ id, name }) => `<p>${button("/sign-in", `Sign in for ${name}`, hidden("company", id))}</p>`)
        .join("")
    ),
  home: ({ name }: Company, { credentialExpiresAt, grantExpiresAt, state }: Status): string =>
    whole(
      name,
      `<p>Business Cloud Accounting: <strong>${state}</strong></p>
${credentialExpiresAt === undefined ? "" : `<p>The token in hand ends at ${credentialExpiresAt.toISOString()}, and is renewed by itself.</p>`}
${grantExpiresAt === undefined ? "" : `<p>Without any use, the consent ends at ${grantExpiresAt.toISOString()}.</p>`}
<p><a href="/contacts">Contacts</a> · <a href="/sage/connect/books?returnTo=/">${state === "connected" ? "Consent again" : "Connect"}</a></p>
<p>${state === "connected" ? button("/sage/disconnect/books?returnTo=/", "Disconnect") : ""} ${button("/sign-out", "Sign out")}</p>`
    ),
  contacts: (
    contacts: ReadonlyArray<{ readonly displayed_as: string; readonly reference?: string | null }>,
    businesses: ReadonlyArray<Business>,
    chosen: string | undefined
  ): string => {
    const at = businesses.find(({ id }) => id === chosen) ?? businesses[0]
    return whole(
      `Contacts of ${at?.name ?? "the lead business"}`,
      `<ul>${contacts.map(({ displayed_as: name, reference }) => `<li>${escape(name)} ${escape(reference ?? "")}</li>`).join("")}</ul>
<p>${businesses.map(({ id, name }) => button("/business", name, hidden("business", id))).join(" ")}</p>
<p><a href="/contacts.ndjson">All of them, as a file</a> · <a href="/">Back</a></p>`
    )
  },
  refused: (status: number): string =>
    whole("Sage refused", `<p>Business Cloud Accounting answered with HTTP ${status}.</p><p><a href="/">Back</a></p>`)
}
