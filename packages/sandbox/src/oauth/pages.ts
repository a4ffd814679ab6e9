import { createHash } from "node:crypto"
import { colours, escapeHtml } from "../markup.ts"
import type { SurfaceResponse } from "../surface.ts"

/** A language that the pages are written in. */
export type Language = "en" | "fr"

/** The language of a locale such as `fr-CA`; English for one that the pages do not speak. */
export const languageOf = (locale: string | undefined): Language => (/^fr\b/i.test(locale ?? "") ? "fr" : "en")

/** A line of a form that somebody fills in. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly type: "text" | "email" | "password"
  readonly autocomplete: string
  readonly value?: string | undefined
}

/** A form's button. */
export interface Button {
  readonly label: string
  readonly name?: string | undefined
  readonly value?: string | undefined
  /** Whether it works with fields left empty, as Deny does beside a login. */
  readonly skipsFields?: boolean | undefined
  /** Whose it is, such as a company or the businesses of a user. */
  readonly note?: string | undefined
}

/** Boxes to tick, all of them ticked at first. */
export interface CheckBoxes {
  readonly name: string
  readonly label: string
  readonly values: ReadonlyArray<string>
}

/** One page of a consent: a form, or the end of the road. */
export interface Page {
  readonly status?: number | undefined
  readonly language: Language
  /** The language tag, when it says more than the language, such as `fr-CA`. */
  readonly locale?: string | undefined
  readonly title: string
  readonly paragraphs: ReadonlyArray<string>
  /** What the page lists, such as what will be shared. */
  readonly list?: ReadonlyArray<string> | undefined
  /** What went wrong with the last attempt. */
  readonly alert?: string | undefined
  readonly form?:
    | {
        readonly action: string
        readonly hidden: Readonly<Record<string, string>>
        readonly fields: ReadonlyArray<Field>
        readonly choices?: CheckBoxes | undefined
        readonly buttons: ReadonlyArray<Button>
        /** Buttons of the sandbox alone, which stand before the fields and need none of them. */
        readonly quick?: ReadonlyArray<Button> | undefined
        /** Whether a browser that runs scripts sends it off by itself. */
        readonly sendsItself?: boolean | undefined
      }
    | undefined
}

const style = `${colours}main{max-width:26rem;margin:3rem auto;padding:2rem;background:var(--surface);border:1px solid var(--line);border-radius:.5rem}@media(max-width:30rem){main{margin:0;border-width:0 0 1px;border-radius:0;padding:1.25rem}}h1{font-size:1.4rem;margin-top:0}h2{font-size:1rem;margin:1.75rem 0 0}label{display:block;margin-top:1rem;font-weight:600}input:not([type=checkbox]){box-sizing:border-box;width:100%;padding:.5rem;font:inherit;color:inherit;background:var(--ground);border:1px solid var(--edge);border-radius:.25rem}button{margin:1.5rem .5rem 0 0;padding:.5rem 1.25rem;font:inherit;border:1px solid var(--accent);border-radius:.25rem;background:var(--accent);color:var(--on-accent);cursor:pointer}button+button,.quick button{background:var(--surface);color:var(--text);border-color:var(--edge)}.quick button{display:block;width:100%;margin:.5rem 0 0;padding:.5rem .75rem;text-align:left;overflow-wrap:anywhere}.quick small{display:block;color:var(--muted)}fieldset{margin-top:1rem;border:1px solid var(--line)}legend{font-weight:600}.alert{padding:.5rem .75rem;border-left:4px solid var(--bad);background:var(--bad-ground)}`

const sendScript = "document.forms[0].submit()"

// The policy allows this one script by what it says.
const sendScriptHash = createHash("sha256").update(sendScript).digest("base64")

/** Writes a page: plain HTML that works without script, with a keyboard and with a screen reader. */
export const pageAnswer = (page: Page): SurfaceResponse => {
  const { form } = page
  const alert = page.alert === undefined ? "" : `<p class="alert" role="alert">${escapeHtml(page.alert)}</p>\n`
  const paragraphs = page.paragraphs.map((text) => `<p>${escapeHtml(text)}</p>\n`).join("")
  const items = (page.list ?? []).map((text) => `<li>${escapeHtml(text)}</li>`).join("")
  return {
    status: page.status ?? 200,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      // Without form-action: browsers would apply it to the redirect that ends the consent.
      "content-security-policy": `default-src 'none'; style-src 'unsafe-inline'; ${form?.sendsItself === true ? `script-src 'sha256-${sendScriptHash}'; ` : ""}base-uri 'none'; frame-ancestors 'none'`,
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff"
    },
    body: `<!DOCTYPE html>
<html lang="${escapeHtml(page.locale ?? page.language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(page.title)}</h1>
${alert}${paragraphs}${items === "" ? "" : `<ul>${items}</ul>\n`}${form === undefined ? "" : formHtml(form, page.language, page.alert !== undefined)}</main>
</body>
</html>
`
  }
}

const formHtml = (form: NonNullable<Page["form"]>, language: Language, invalid: boolean): string => {
  const hidden = Object.entries(form.hidden)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">\n`)
    .join("")
  const fields = form.fields
    .map(
      ({ name, label, type, autocomplete, value }) =>
        `<label for="${name}">${escapeHtml(label)}</label>\n<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required${invalid ? ' aria-invalid="true"' : ""}${value === undefined ? "" : ` value="${escapeHtml(value)}"`}>\n`
    )
    .join("")
  const script = form.sendsItself === true ? `<script>${sendScript}</script>\n` : ""
  const begin = (attributes: string): string =>
    `<form method="post" action="${escapeHtml(form.action)}"${attributes}>\n${hidden}`
  const { quick = [] } = form
  // a form of their own: Enter in a field clicks on the first button of its form
  const before =
    quick.length === 0
      ? ""
      : `<h2 id="quick">${escapeHtml(words[language].quick)}</h2>\n${begin(' class="quick" aria-labelledby="quick"')}${quick.map(buttonHtml).join("")}</form>\n<h2>${escapeHtml(words[language].byHand)}</h2>\n`
  return `${before}${begin("")}${fields}${form.choices === undefined ? "" : choicesHtml(form.choices)}${form.buttons.map(buttonHtml).join("")}</form>\n${script}`
}

const buttonHtml = ({ name, value, label, note, skipsFields = false }: Button): string =>
  `<button type="submit"${name === undefined ? "" : ` name="${name}" value="${escapeHtml(value ?? "")}"`}${skipsFields ? " formnovalidate" : ""}>${escapeHtml(label)}${note === undefined ? "" : ` <small>${escapeHtml(note)}</small>`}</button>\n`

const choicesHtml = ({ name, label, values }: CheckBoxes): string => {
  const boxes = values.map((value) => {
    const escaped = escapeHtml(value)
    return `<label><input type="checkbox" name="${name}" value="${escaped}" checked> ${escaped}</label>\n`
  })
  return `<fieldset>\n<legend>${escapeHtml(label)}</legend>\n${boxes.join("")}</fieldset>\n`
}

/** The words that several authorization servers use. */
export const words = {
  en: {
    signIn: "Sign in",
    signInAs: (user: string) => `Sign in as ${user}`,
    continue: "Continue",
    allow: "Allow",
    allowAs: (user: string) => `Allow as ${user}`,
    deny: "Deny",
    quick: "With one click, in the sandbox alone",
    byHand: "Or as a user does it",
    companyOf: (companyId: string) => `Company ${companyId}`,
    password: "Password",
    email: "Email address",
    company: "Company ID",
    user: "User ID",
    wrongLogin: "Sign-in information is incorrect",
    expired: "This page has expired. Go back to the application and start again.",
    cannotContinue: "This request cannot be continued"
  },
  fr: {
    signIn: "Se connecter",
    signInAs: (user: string) => `Se connecter en tant que ${user}`,
    continue: "Continuer",
    allow: "Autoriser",
    allowAs: (user: string) => `Autoriser en tant que ${user}`,
    deny: "Refuser",
    quick: "En un clic, dans le sandbox seulement",
    byHand: "Ou comme un utilisateur",
    companyOf: (companyId: string) => `Société ${companyId}`,
    password: "Mot de passe",
    email: "Adresse e-mail",
    company: "Identifiant de la société",
    user: "Identifiant de l'utilisateur",
    wrongLogin: "Les informations de connexion sont incorrectes",
    expired: "Cette page a expiré. Revenez à l'application et recommencez.",
    cannotContinue: "Cette demande ne peut pas être poursuivie"
  }
} as const

/** The page for a request that must not be answered with a redirect (RFC 6749, section 4.1.2.1). */
export const deadEnd = (language: Language, text: string): SurfaceResponse =>
  pageAnswer({ status: 400, language, title: words[language].cannotContinue, paragraphs: [text] })
