import { randomBytes, randomUUID } from "node:crypto"
import { json } from "../oauth/answers.ts"
import { formParams, isObject, mediaType, type Params, parseJson } from "../oauth/params.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { accounts } from "./accounts.ts"
import type { Business, Contact } from "./directory.ts"
import { Refusal } from "../oauth/answered.ts"
import { diagnosis, forbidden, notFound, unauthorized } from "./errors.ts"
import type { AccessToken } from "./grants.ts"
import { rateLimited } from "./limits.ts"
import type { Edition } from "./paths.ts"
import type { BusinessCloudState } from "./state.ts"

/** The access token that a request carries, good or not. */
export const presentedToken = (state: BusinessCloudState, request: SurfaceRequest): AccessToken | undefined =>
  state.grants.accessTokens.get(bearerOf(request) ?? "")

const bearerOf = (request: SurfaceRequest): string | undefined =>
  /^Bearer +(\S+) *$/i.exec(request.headers["authorization"] ?? "")?.[1]

/** Everything behind an access token. `rest` is the path below the base. */
export const api = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  edition: Edition,
  rest: string
): SurfaceResponse => {
  if (edition === "v3") checkV3(request)
  const token = accessOf(state, request)
  const answer = dispatch(state, request, edition, rest, token)
  return { ...answer, headers: { ...answer.headers, x_request_id: randomUUID() } }
}

/** The two headers that version 3 wants beside the access token. @throws `Refusal` */
const checkV3 = (request: SurfaceRequest): void => {
  const key = request.headers["ocp-apim-subscription-key"]
  if (key === undefined || key === "") {
    throw new Refusal(
      json(401, {
        statusCode: 401,
        message:
          "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
      })
    )
  }
  const site = request.headers["x-site"]
  if (site === undefined || site === "") {
    throw new Refusal(
      diagnosis(401, "HeaderNotFound", "Header X-Site was not found in the request. Access denied.", {
        severity: "APIM error",
        source: "check-header[2]"
      })
    )
  }
  if (key !== accounts.v3.subscriptionId) {
    const message = "Access denied. Cannot verify subscription. Please try again later. (MRF)"
    throw new Refusal(diagnosis(401, "AuthorizationFailure", message))
  }
  if (site !== accounts.v3.resourceOwnerId) throw new Refusal(diagnosis(401, "AuthorizationFailure", "Access denied."))
}

/** @throws `Refusal` without a good access token, or over the day's limit. */
const accessOf = (state: BusinessCloudState, request: SurfaceRequest): AccessToken => {
  const options = state.options()
  const token = presentedToken(state, request)
  if (token === undefined || !state.grants.isGood(token)) throw new Refusal(unauthorized("Access denied.", options))
  const { clientId } = token.family.client
  const now = state.clock.now()
  if (!state.limits.countDay(clientId, options.requestsPerDay, now)) throw new Refusal(rateLimited(options, now, 429))
  return token
}

const dispatch = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  edition: Edition,
  rest: string,
  token: AccessToken
): SurfaceResponse => {
  const { user } = token.family
  const [first = "", second, ...more] = rest.replace(/\/$/, "").split("/")
  if (more.length > 0) return notFound()
  switch (first) {
    case "user":
      if (second !== undefined) return notFound()
      return only(request, ["GET"], () => json(200, { id: user.id, displayed_as: user.email, email: user.email }))
    case "businesses":
      return only(request, ["GET"], () => businesses(request, user.businesses, second))
    case "contacts":
      return contacts(state, request, edition, token, second)
    default:
      return notFound()
  }
}

const only = (request: SurfaceRequest, methods: ReadonlyArray<string>, work: () => SurfaceResponse): SurfaceResponse =>
  methods.includes(request.method)
    ? work()
    : diagnosis(405, "MethodNotAllowed", "The method is not allowed for this resource.", {
        headers: { allow: methods.join(", ") }
      })

const businesses = (
  request: SurfaceRequest,
  seen: ReadonlyArray<Business>,
  id: string | undefined
): SurfaceResponse => {
  if (id !== undefined) {
    const business = id === "lead" ? seen[0] : seen.find((each) => each.id === id)
    return business === undefined ? notFound() : json(200, businessBody(business))
  }
  const params = formParams(request.query)
  const wanted = params.get("active_only") === "true" ? seen.filter((each) => each.active) : seen
  // Unpaged unless it is asked for, as the published sample shows.
  return page("businesses", params, wanted.map(businessReference), { usual: 2_147_483_647, most: 2_147_483_647 })
}

const businessReference = (business: Business): object => ({
  displayed_as: business.name,
  id: business.id,
  $path: `/businesses/${business.id}`
})

const businessBody = (business: Business): object => ({
  ...businessReference(business),
  name: business.name,
  country: { displayed_as: business.country, id: business.country, $path: `/countries/${business.country}` }
})

const page = (
  name: string,
  params: Params,
  items: ReadonlyArray<object>,
  sizes: { readonly usual: number; readonly most: number }
): SurfaceResponse => {
  const read = (key: string, otherwise: number): number => {
    const text = params.get(key) ?? params.get(`$${key}`)
    return text !== undefined && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : otherwise
  }
  const size = Math.min(read("items_per_page", sizes.usual), sizes.most)
  const number = read("page", 1)
  const start = (number - 1) * size
  const link = (to: number): string => `/${name}?page=${to}&items_per_page=${size}`
  return json(200, {
    $total: items.length,
    $page: number,
    $next: start + size < items.length ? link(number + 1) : null,
    $back: number > 1 ? link(number - 1) : null,
    $items_per_page: size,
    $items: items.slice(start, start + size)
  })
}

/** The business that a request is about. @throws `Refusal` when there is none, or it cannot be used. */
const businessOf = (state: BusinessCloudState, request: SurfaceRequest, token: AccessToken): Business => {
  const options = state.options()
  const { user } = token.family
  const asked = request.headers["x-business"]
  if ((asked === undefined || asked === "") && options.businessRequired && user.businesses.length > 1) {
    throw new Refusal(unauthorized("Access denied.", options))
  }
  const business =
    asked === undefined || asked === "" ? user.businesses[0] : user.businesses.find((each) => each.id === asked)
  if (business === undefined) {
    switch (options.foreignBusiness) {
      case 401:
        throw new Refusal(unauthorized("Access denied.", options))
      case 403:
        throw new Refusal(forbidden())
      case 404:
        throw new Refusal(notFound())
    }
  }
  if (!business.active) throw new Refusal(unauthorized("No active subscription. (MSE)", options))
  return business
}

const contacts = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  edition: Edition,
  token: AccessToken,
  id: string | undefined
): SurfaceResponse => {
  const options = state.options()
  const business = businessOf(state, request, token)
  const now = state.clock.now()
  if (edition === "v3" && !state.limits.countMinute(business.id, options.v3RequestsPerMinute, now)) {
    return rateLimited(options, now, 429)
  }
  const { user, scope } = token.family
  const writes = request.method !== "GET"
  if (user.rights === "none" || (writes && (user.rights === "read" || scope === "readonly"))) return forbidden()
  const answer =
    id === undefined
      ? only(request, ["GET", "POST"], () =>
          writes
            ? createContact(state, request, business)
            : page("contacts", formParams(request.query), [...business.contacts.values()].map(contactReference), {
                usual: 20,
                most: 200
              })
        )
      : only(request, ["GET", "PUT", "DELETE"], () => oneContact(state, request, business, id))
  return options.echoBusiness ? { ...answer, headers: { ...answer.headers, "X-Business": business.id } } : answer
}

const oneContact = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  business: Business,
  id: string
): SurfaceResponse => {
  const contact = business.contacts.get(id)
  if (contact === undefined) return notFound()
  switch (request.method) {
    case "PUT": {
      const next = { ...contact, ...contactIn(request), updatedAt: new Date(state.clock.now()).toISOString() }
      business.contacts.set(id, next)
      return json(200, contactBody(next))
    }
    case "DELETE":
      business.contacts.delete(id)
      return { status: 204, headers: {}, body: "" }
    default:
      return json(200, contactBody(contact))
  }
}

const createContact = (state: BusinessCloudState, request: SurfaceRequest, business: Business): SurfaceResponse => {
  const given = contactIn(request)
  if (given.name === undefined)
    throw new Refusal(diagnosis(422, "ValidationError", "This field is required.", { source: "name" }))
  const id = randomBytes(16).toString("hex")
  const at = new Date(state.clock.now()).toISOString()
  const contact: Contact = {
    id,
    name: given.name,
    reference: given.reference ?? "",
    email: given.email ?? "",
    typeIds: given.typeIds ?? ["CUSTOMER"],
    createdAt: at,
    updatedAt: at
  }
  business.contacts.set(id, contact)
  return json(201, contactBody(contact))
}

/** The contact in a body. @throws `Refusal` for one that is no JSON or holds none. */
const contactIn = (
  request: SurfaceRequest
): { name?: string; reference?: string; email?: string; typeIds?: ReadonlyArray<string> } => {
  if (mediaType(request.headers["content-type"]) !== "application/json") {
    throw new Refusal(diagnosis(415, "UnsupportedMediaType", "Only application/json is accepted."))
  }
  const body = parseJson(request.body)
  const given = isObject(body) ? body["contact"] : undefined
  if (!isObject(given))
    throw new Refusal(diagnosis(422, "ValidationError", "This field is required.", { source: "contact" }))
  const text = (name: string): string | undefined => (typeof given[name] === "string" ? given[name] : undefined)
  const name = text("name")
  const reference = text("reference")
  const email = text("email")
  const types = given["contact_type_ids"]
  return {
    ...(name === undefined || name === "" ? {} : { name }),
    ...(reference === undefined ? {} : { reference }),
    ...(email === undefined ? {} : { email }),
    ...(Array.isArray(types) ? { typeIds: types.filter((each): each is string => typeof each === "string") } : {})
  }
}

const contactReference = (contact: Contact): object => ({
  displayed_as: contact.name,
  id: contact.id,
  $path: `/contacts/${contact.id}`
})

const contactBody = (contact: Contact): object => ({
  ...contactReference(contact),
  name: contact.name,
  reference: contact.reference,
  email: contact.email,
  contact_types: contact.typeIds.map((id) => ({ displayed_as: id, id, $path: `/contact_types/${id}` })),
  created_at: contact.createdAt,
  updated_at: contact.updatedAt
})
