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
        readonly buttons: ReadonlyArray<Button>
      }
    | undefined
}

const style =
  "body{font:1rem/1.5 system-ui,sans-serif;margin:0;background:#f2f4f7;color:#1b1f24}main{max-width:26rem;margin:3rem auto;padding:2rem;background:#fff;border:1px solid #8a94a3;border-radius:.5rem}h1{font-size:1.4rem;margin-top:0}label{display:block;margin-top:1rem;font-weight:600}input{box-sizing:border-box;width:100%;padding:.5rem;font:inherit;border:1px solid #5b6573;border-radius:.25rem}button{margin:1.5rem .5rem 0 0;padding:.5rem 1.25rem;font:inherit;border:1px solid #00591b;border-radius:.25rem;background:#006b20;color:#fff}button+button{background:#fff;color:#1b1f24;border-color:#5b6573}:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}.alert{padding:.5rem .75rem;border-left:4px solid #b3261e;background:#fdecea}"

/** Text that a page can hold anywhere. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;")

/** Text of a page as it was before {@link escapeHtml}. */
export const unescapeHtml = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")

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
      "content-security-policy":
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
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
${alert}${paragraphs}${items === "" ? "" : `<ul>${items}</ul>\n`}${form === undefined ? "" : formHtml(form, page.alert !== undefined)}</main>
</body>
</html>
`
  }
}

const formHtml = (form: NonNullable<Page["form"]>, invalid: boolean): string => {
  const hidden = Object.entries(form.hidden)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">\n`)
    .join("")
  const fields = form.fields
    .map(
      ({ name, label, type, autocomplete, value }) =>
        `<label for="${name}">${escapeHtml(label)}</label>\n<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required${invalid ? ' aria-invalid="true"' : ""}${value === undefined ? "" : ` value="${escapeHtml(value)}"`}>\n`
    )
    .join("")
  const buttons = form.buttons
    .map(
      ({ name, value, label }) =>
        `<button type="submit"${name === undefined ? "" : ` name="${name}" value="${escapeHtml(value ?? "")}"`}>${escapeHtml(label)}</button>\n`
    )
    .join("")
  return `<form method="post" action="${escapeHtml(form.action)}">\n${hidden}${fields}${buttons}</form>\n`
}

/** The words that both authorization servers use. */
export const words = {
  en: {
    signIn: "Sign in",
    continue: "Continue",
    allow: "Allow",
    deny: "Deny",
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
    continue: "Continuer",
    allow: "Autoriser",
    deny: "Refuser",
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
