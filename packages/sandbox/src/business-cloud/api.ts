import { randomBytes, randomUUID } from "node:crypto"
import { EarlyAnswer, json } from "../oauth/answers.ts"
import { formParams, isObject, mediaType, type Params, parseJson } from "../oauth/params.ts"
import type { SurfaceRequest, SurfaceResponse } from "../surface.ts"
import { accounts } from "./accounts.ts"
import type { Business, Contact } from "./directory.ts"
import { diagnosis, forbidden, invalid, notFound, notPlayed, unauthorized } from "./errors.ts"
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
  if (edition === "v3" || state.options().threeHeaders) checkV3(request)
  const token = accessOf(state, request)
  const answer = dispatch(state, request, edition, rest, token)
  return { ...answer, headers: { ...answer.headers, x_request_id: randomUUID() } }
}

/** The two headers that version 3 wants beside the access token. @throws `EarlyAnswer` */
const checkV3 = (request: SurfaceRequest): void => {
  const key = request.headers["ocp-apim-subscription-key"]
  if (key === undefined || key === "") {
    throw new EarlyAnswer(
      json(401, {
        statusCode: 401,
        message:
          "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API."
      })
    )
  }
  const site = request.headers["x-site"]
  if (site === undefined || site === "") {
    throw new EarlyAnswer(
      diagnosis(401, "HeaderNotFound", "Header X-Site was not found in the request. Access denied.", {
        severity: "APIM error",
        source: "check-header[2]"
      })
    )
  }
  if (key !== accounts.v3.subscriptionId) {
    const message = "Access denied. Cannot verify subscription. Please try again later. (MRF)"
    throw new EarlyAnswer(diagnosis(401, "AuthorizationFailure", message))
  }
  if (site !== accounts.v3.resourceOwnerId)
    throw new EarlyAnswer(diagnosis(401, "AuthorizationFailure", "Access denied."))
}

/** @throws `EarlyAnswer` without a good access token, or over the day's limit. */
const accessOf = (state: BusinessCloudState, request: SurfaceRequest): AccessToken => {
  const options = state.options()
  const token = presentedToken(state, request)
  if (token === undefined || !state.grants.isGood(token)) throw new EarlyAnswer(unauthorized("Access denied.", options))
  const { clientId } = token.family.client
  const now = state.clock.now()
  if (!state.limits.countDay(clientId, options.requestsPerDay, now))
    throw new EarlyAnswer(rateLimited(options, now, 429))
  if (options.callsProlong) state.grants.prolong(token.family)
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
  if (first === "") return notFound()
  if (more.length > 0) return notPlayed(`/${rest}`)
  switch (first) {
    case "user":
      if (second !== undefined) return notPlayed(`/${rest}`)
      checkParameters(request, [])
      return only(request, ["GET"], () => json(200, { id: user.id, displayed_as: user.email, email: user.email }))
    case "businesses":
      return only(request, ["GET"], () => businesses(request, user.businesses, second))
    case "contacts":
      return contacts(state, request, edition, token, second)
    default:
      return notPlayed(`/${first}`)
  }
}

/** @throws `EarlyAnswer` for a parameter of the URL that nothing here looks at, or that comes twice. */
const checkParameters = (request: SurfaceRequest, known: ReadonlyArray<string>): Params => {
  const params = formParams(request.query)
  const unknown = params.names.find((each) => !known.includes(each))
  if (unknown !== undefined) throw new EarlyAnswer(notPlayed(`the parameter ${unknown} here`, unknown))
  const { repeated } = params
  if (repeated !== undefined) throw new EarlyAnswer(invalid(repeated, "This parameter comes twice."))
  return params
}

/**
 * What a list shows of an item: a reference to it, and the `attributes` that were asked for by name or as `all`.
 *
 * @throws `EarlyAnswer` for a name that the sandbox does not have.
 */
const chosen =
  <Item>(params: Params, reference: (item: Item) => object, body: (item: Item) => object) =>
  (item: Item): object => {
    const all = new Map(Object.entries(body(item)) as Array<[string, unknown]>)
    const names = attributesOf(params, all)
    if (names.includes("all")) return body(item)
    return { ...reference(item), ...Object.fromEntries([...all].filter(([name]) => names.includes(name))) }
  }

/** The `attributes` that were asked for. @throws `EarlyAnswer` for a name that the sandbox does not have. */
const attributesOf = (params: Params, all: ReadonlyMap<string, unknown>): ReadonlyArray<string> => {
  const names = (params.get("attributes") ?? "").split(",").map((name) => name.trim())
  const unknown = names.find((name) => name !== "" && name !== "all" && !all.has(name))
  if (unknown !== undefined) throw new EarlyAnswer(notPlayed(`the attribute ${unknown}`, "attributes"))
  return names
}

/** A whole item, which has every attribute that may be asked for. @throws `EarlyAnswer` for any other. */
const whole = (params: Params, item: object): SurfaceResponse => {
  attributesOf(params, new Map(Object.entries(item)))
  return json(200, item)
}

const paging = ["page", "items_per_page", "$page", "$items_per_page"]

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
    const params = checkParameters(request, ["attributes"])
    const business = id === "lead" ? seen[0] : seen.find((each) => each.id === id)
    return business === undefined ? notFound() : whole(params, businessBody(business))
  }
  const params = checkParameters(request, ["active_only", "attributes", ...paging])
  const activeOnly = params.get("active_only") ?? "false"
  if (activeOnly !== "true" && activeOnly !== "false")
    return invalid("active_only", "This field must be true or false.")
  const wanted = activeOnly === "true" ? seen.filter((each) => each.active) : seen
  // Unpaged unless it is asked for, as the published sample shows.
  return page("businesses", params, wanted.map(chosen(params, businessReference, businessBody)), {
    usual: 2_147_483_647,
    most: 2_147_483_647
  })
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
    if (params.has(key) && params.has(`$${key}`)) throw new EarlyAnswer(invalid(key, "This parameter comes twice."))
    const text = params.get(key) ?? params.get(`$${key}`)
    if (text === undefined) return otherwise
    if (/^[1-9]\d{0,9}$/.test(text)) return Number(text)
    throw new EarlyAnswer(invalid(key, "This field must be a whole number from 1."))
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

/** The business that a request is about. @throws `EarlyAnswer` when there is none, or it cannot be used. */
const businessOf = (state: BusinessCloudState, request: SurfaceRequest, token: AccessToken): Business => {
  const options = state.options()
  const { user } = token.family
  const asked = request.headers["x-business"]
  if ((asked === undefined || asked === "") && options.businessRequired && user.businesses.length > 1) {
    throw new EarlyAnswer(unauthorized("Access denied.", options))
  }
  const business =
    asked === undefined || asked === "" ? user.businesses[0] : user.businesses.find((each) => each.id === asked)
  if (business === undefined) {
    switch (options.foreignBusiness) {
      case 401:
        throw new EarlyAnswer(unauthorized("Access denied.", options))
      case 403:
        throw new EarlyAnswer(forbidden())
      case 404:
        throw new EarlyAnswer(notFound())
    }
  }
  if (!business.active) throw new EarlyAnswer(unauthorized("No active subscription. (MSE)", options))
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
  const params = checkParameters(request, writes ? [] : id === undefined ? ["attributes", ...paging] : ["attributes"])
  if (user.rights === "none" || (writes && (user.rights === "read" || scope === "readonly"))) return forbidden()
  const answer =
    id === undefined
      ? only(request, ["GET", "POST"], () =>
          writes
            ? createContact(state, request, business)
            : page(
                "contacts",
                params,
                [...business.contacts.values()].map(chosen(params, contactReference, contactBody)),
                {
                  usual: 20,
                  most: 200
                }
              )
        )
      : only(request, ["GET", "PUT", "DELETE"], () => oneContact(state, request, business, id, params))
  return options.echoBusiness ? { ...answer, headers: { ...answer.headers, "X-Business": business.id } } : answer
}

const oneContact = (
  state: BusinessCloudState,
  request: SurfaceRequest,
  business: Business,
  id: string,
  params: Params
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
      return whole(params, contactBody(contact))
  }
}

const createContact = (state: BusinessCloudState, request: SurfaceRequest, business: Business): SurfaceResponse => {
  const given = contactIn(request)
  if (given.name === undefined) throw new EarlyAnswer(invalid("name", "This field is required."))
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

/** The contact in a body. @throws `EarlyAnswer` for one that is no JSON or holds none. */
const contactIn = (
  request: SurfaceRequest
): { name?: string; reference?: string; email?: string; typeIds?: ReadonlyArray<string> } => {
  if (mediaType(request.headers["content-type"]) !== "application/json") {
    throw new EarlyAnswer(diagnosis(415, "UnsupportedMediaType", "Only application/json is accepted."))
  }
  const body = parseJson(request.body)
  const given = isObject(body) ? body["contact"] : undefined
  if (!isObject(given)) throw new EarlyAnswer(invalid("contact", "This field is required."))
  const beside = Object.keys(body as object).find((each) => each !== "contact")
  if (beside !== undefined) throw new EarlyAnswer(notPlayed(`${beside} beside contact`, beside))
  const unknown = Object.keys(given).find((each) => !contactFields.has(each))
  if (unknown !== undefined) throw new EarlyAnswer(notPlayed(`${unknown} of a contact`, unknown))
  const text = (field: string): string | undefined => {
    const value = given[field]
    if (value === undefined || typeof value === "string") return value
    throw new EarlyAnswer(invalid(field, "This field must be text."))
  }
  const name = text("name")
  const reference = text("reference")
  const email = text("email")
  const types = given["contact_type_ids"] ?? []
  if (!Array.isArray(types) || !types.every((each) => typeof each === "string")) {
    throw new EarlyAnswer(invalid("contact_type_ids", "This field must be a list of texts."))
  }
  if (name?.trim() === "") throw new EarlyAnswer(invalid("name", "This field is required."))
  const type = types.find((each) => !contactTypes.has(each))
  if (type !== undefined) throw new EarlyAnswer(notPlayed(`the contact type ${type}`, "contact_type_ids"))
  return {
    ...(name === undefined ? {} : { name }),
    ...(reference === undefined ? {} : { reference }),
    ...(email === undefined ? {} : { email }),
    ...("contact_type_ids" in given ? { typeIds: types } : {})
  }
}

const contactTypes: ReadonlySet<string> = new Set(["CUSTOMER", "VENDOR"])

const contactFields: ReadonlySet<string> = new Set(["name", "reference", "email", "contact_type_ids"])

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
