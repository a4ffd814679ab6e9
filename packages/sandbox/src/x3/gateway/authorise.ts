import { callbackOf, callbackParams, deliver } from "./callback.ts"
import { redirect } from "../../oauth/answers.ts"
import { deadEnd, type Language, languageOf, type Page, pageAnswer, words } from "../../oauth/pages.ts"
import { formParams, type Params, readBody } from "../../oauth/params.ts"
import type { Pairing, PairingCallback } from "./pairings.ts"
import type { CloudGatewayState } from "./state.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { refusal } from "./errors.ts"
import { otherBase, routeOf } from "./paths.ts"

/** Calls the application back, when nothing is missing for that; the browser's part is left to its page. */
const callBack = async (state: CloudGatewayState, pairing: Pairing): Promise<PairingCallback> => {
  pairing.callback = callbackOf(pairing, state.options())
  if (state.options().callbackSender === "server") pairing.callback = await deliver(pairing.callback)
  return pairing.callback
}

/** Accepts a request as an X3 user. @returns its callback, which goes out now or went out before */
export const accept = async (
  state: CloudGatewayState,
  pairing: Pairing,
  user: string,
  folders: ReadonlyArray<string>
): Promise<PairingCallback> => {
  state.pairings.accept(pairing, user, folders)
  return pairing.callback ?? callBack(state, pairing)
}

/** Declines a request. @returns the callback that follows, if any */
export const decline = async (state: CloudGatewayState, pairing: Pairing): Promise<PairingCallback | undefined> => {
  pairing.status = "declined"
  return pairing.callback === undefined && state.options().declinedCallback ? callBack(state, pairing) : undefined
}

const texts = {
  en: {
    sent: (name: string) => `${name} asks to be paired with X3 (sandbox)`,
    waiting: (customer: string) =>
      `The request was sent to the customer, ${customer}. Somebody there has to accept it and to choose folders.`,
    check: "Has it been accepted?",
    review: "Decide as an X3 user",
    signIn: "Sign in to X3 (sandbox)",
    noRight: "Your security profile has no create, read and write for thirdParties",
    asks: (name: string) => `${name} asks for:`,
    folders: "Folders that it may use",
    noFolder: "Choose at least one folder",
    accepted: (name: string) => `The request was accepted, and ${name} has been told`,
    back: "You can go back to the application.",
    continue: (name: string) => `Continue to ${name}`,
    declined: (name: string) => `The request of ${name} was declined`,
    ended: "Start again from the application."
  },
  fr: {
    sent: (name: string) => `${name} demande à être associée à X3 (sandbox)`,
    waiting: (customer: string) =>
      `La demande a été envoyée au client, ${customer}. Un utilisateur doit l'accepter et choisir des dossiers.`,
    check: "A-t-elle été acceptée ?",
    review: "Décider en tant qu'utilisateur X3",
    signIn: "Se connecter à X3 (sandbox)",
    noRight: "Votre profil de sécurité n'a pas création, lecture et écriture pour thirdParties",
    asks: (name: string) => `${name} demande :`,
    folders: "Dossiers que l'application pourra utiliser",
    noFolder: "Choisissez au moins un dossier",
    accepted: (name: string) => `La demande a été acceptée, et ${name} en est informée`,
    back: "Vous pouvez revenir à l'application.",
    continue: (name: string) => `Continuer vers ${name}`,
    declined: (name: string) => `La demande de ${name} a été refusée`,
    ended: "Recommencez depuis l'application."
  }
}

// api.* and businessDomain.* as documented; `user.?` stands for the user who accepts.
const scopes: ReadonlySet<string> = new Set([
  "api.graphQL",
  "api.dataIngestion",
  "api.dataDelivery",
  "businessDomain.ALL",
  "user.?"
])

/** The authorization endpoint: the pairing request, and the pages for the user who opened it. */
export const authorise = (
  state: CloudGatewayState,
  request: SurfaceRequest
): SurfaceResponse | Promise<SurfaceResponse> => {
  if (request.method === "GET") return begin(state, request)
  if (request.method !== "POST") return { status: 405, headers: { allow: "GET, POST" }, body: "" }
  const { params } = readBody(request.headers["content-type"], request.body, false)
  const pairing = state.pairings.byTicket.get(params?.get("transaction") ?? "")
  const language = languageOf(request.headers["accept-language"])
  return params === undefined || pairing === undefined
    ? deadEnd(language, words[language].expired)
    : proceed(state, request, language, pairing, params)
}

const begin = (state: CloudGatewayState, request: SurfaceRequest): SurfaceResponse | Promise<SurfaceResponse> => {
  const options = state.options()
  const params = formParams(request.query)
  const redirectUri = params.get("redirect_uri")
  const given = params.get("state")
  const asked = [...new Set((params.get("scope") ?? "").split(" ").filter((each) => each !== ""))]
  if (redirectUri === undefined || given === undefined || params.repeated !== undefined) return refusal("missing")
  if (asked.length === 0 || !params.has("client_id") || params.get("customer") === undefined) return refusal("missing")
  // Which answer an unknown scope gets is published nowhere.
  if (!asked.every((each) => scopes.has(each))) return refusal("missing")
  const application = state.applications.get(params.get("client_id") ?? "")
  if (application === undefined) return refusal("client")
  if (application.disabled) return refusal("disabled")
  if (!application.redirectUris.has(redirectUri) && !options.redirectUris.includes(redirectUri)) {
    return refusal("redirectUri")
  }
  const customer = state.customers.get((params.get("customer") ?? "").replace(/\/$/, ""))
  if (customer === undefined) return refusal("customer")
  const endpoint = options.endpoint === "none" ? undefined : otherBase(request, options.endpoint)
  const pairing = state.pairings.begin({
    application,
    customer,
    redirectUri,
    state: given,
    asked,
    endpoint,
    issuer: new URL(endpoint ?? routeOf(request).base).host
  })
  const language = languageOf(request.headers["accept-language"])
  if (options.callbackOrder === "after-acceptance") return waitingPage(request, language, pairing)
  return callBack(state, pairing).then((callback) => wayBack(state, request, language, pairing, callback))
}

const proceed = async (
  state: CloudGatewayState,
  request: SurfaceRequest,
  language: Language,
  pairing: Pairing,
  params: Params
): Promise<SurfaceResponse> => {
  if (pairing.status === "declined") return declinedPage(language, pairing)
  if (
    pairing.callback !== undefined &&
    (pairing.status === "accepted" || state.options().callbackSender === "browser")
  ) {
    return wayBack(state, request, language, pairing, pairing.callback)
  }
  if (!state.pairings.isWaiting(pairing)) return deadEnd(language, words[language].expired)
  if (params.has("user") || params.has("reviewer")) return signIn(state, request, language, pairing, params)
  const decision = params.get("decision")
  if (pairing.reviewer === undefined || (decision !== "allow" && decision !== "deny")) {
    return params.get("next") === "review"
      ? signInPage(state, request, language, pairing)
      : waitingPage(request, language, pairing)
  }
  if (decision === "deny") {
    const callback = await decline(state, pairing)
    return callback === undefined
      ? declinedPage(language, pairing)
      : wayBack(state, request, language, pairing, callback)
  }
  const chosen = new URLSearchParams(request.body).getAll("folder")
  const folders = pairing.customer.folders.filter((folder) => chosen.includes(folder))
  if (folders.length === 0) return reviewPage(request, language, pairing, texts[language].noFolder)
  return wayBack(state, request, language, pairing, await accept(state, pairing, pairing.reviewer, folders))
}

const signIn = (
  state: CloudGatewayState,
  request: SurfaceRequest,
  language: Language,
  pairing: Pairing,
  params: Params
): SurfaceResponse => {
  const login = params.get("user")
  const password = params.get("password")
  const clicked = state.options().signInButtons ? params.get("reviewer") : undefined
  const reviewer = state.reviewers.find(
    (each) => each.user === (clicked ?? login) && (clicked !== undefined || each.password === password)
  )
  if (reviewer === undefined) return signInPage(state, request, language, pairing, words[language].wrongLogin, login)
  if (!reviewer.thirdParties) return signInPage(state, request, language, pairing, texts[language].noRight, login)
  pairing.reviewer = reviewer.user
  return reviewPage(request, language, pairing)
}

const form = (request: SurfaceRequest, pairing: Pairing): Pick<NonNullable<Page["form"]>, "action" | "hidden"> => ({
  action: request.path,
  hidden: { transaction: pairing.ticket }
})

const waitingPage = (request: SurfaceRequest, language: Language, pairing: Pairing): SurfaceResponse => {
  const text = texts[language]
  return pageAnswer({
    language,
    title: text.sent(pairing.application.name),
    paragraphs: [text.waiting(pairing.customer.url)],
    form: {
      ...form(request, pairing),
      fields: [],
      buttons: [
        { label: text.review, name: "next", value: "review" },
        { label: text.check, name: "next", value: "check" }
      ]
    }
  })
}

const signInPage = (
  state: CloudGatewayState,
  request: SurfaceRequest,
  language: Language,
  pairing: Pairing,
  alert?: string,
  login?: string
): SurfaceResponse =>
  pageAnswer({
    language,
    title: texts[language].signIn,
    paragraphs: [pairing.customer.url],
    alert,
    form: {
      ...form(request, pairing),
      fields: [
        { name: "user", label: words[language].user, type: "text", autocomplete: "username", value: login },
        { name: "password", label: words[language].password, type: "password", autocomplete: "current-password" }
      ],
      buttons: [{ label: words[language].signIn }],
      quick: (state.options().signInButtons ? state.reviewers : []).map(({ user }) => ({
        label: words[language].signInAs(user),
        name: "reviewer",
        value: user,
        note: pairing.customer.url
      }))
    }
  })

const reviewPage = (request: SurfaceRequest, language: Language, pairing: Pairing, alert?: string): SurfaceResponse => {
  const text = texts[language]
  return pageAnswer({
    language,
    title: text.sent(pairing.application.name),
    paragraphs: [pairing.customer.url, text.asks(pairing.application.name)],
    list: pairing.asked,
    alert,
    form: {
      ...form(request, pairing),
      fields: [],
      choices: { name: "folder", label: text.folders, values: pairing.customer.folders },
      buttons: [
        { label: words[language].allow, name: "decision", value: "allow" },
        { label: words[language].deny, name: "decision", value: "deny" }
      ]
    }
  })
}

const declinedPage = (language: Language, pairing: Pairing): SurfaceResponse =>
  pageAnswer({
    status: 403,
    language,
    title: texts[language].declined(pairing.application.name),
    paragraphs: [texts[language].ended]
  })

/** How the browser gets back to the application: by redirect, by a form that sends itself off, or not at all. */
const wayBack = (
  state: CloudGatewayState,
  request: SurfaceRequest,
  language: Language,
  pairing: Pairing,
  callback: PairingCallback
): SurfaceResponse => {
  const text = texts[language]
  const { name } = pairing.application
  const { callbackSender } = state.options()
  if (callbackSender === "browser" && callback.method === "GET") return redirect(callback.url)
  if (callbackSender === "browser") {
    return pageAnswer({
      language,
      title: text.continue(name),
      paragraphs: [],
      form: {
        action: callback.url,
        hidden: callbackParams(pairing),
        fields: [],
        buttons: [{ label: text.continue(name) }],
        sendsItself: true
      }
    })
  }
  if (pairing.status === "declined") return declinedPage(language, pairing)
  return pairing.status === "waiting"
    ? waitingPage(request, language, pairing)
    : pageAnswer({ language, title: text.accepted(name), paragraphs: [text.back] })
}
