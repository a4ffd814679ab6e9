import { EarlyAnswer, json } from "../../oauth/answers.ts"
import type { SurfaceRequest, SurfaceResponse } from "../../surface.ts"
import { answer, notImplemented, refusal } from "./errors.ts"
import type { AccessToken, Pairing } from "./pairings.ts"
import { type Route, routeOf } from "./paths.ts"
import type { CloudGatewayState } from "./state.ts"
import { isAtHome, nowhere } from "./tokenEndpoint.ts"

/** The root document, which is open to everybody. */
export const root = ({ base, urls }: Route): SurfaceResponse =>
  json(200, {
    customerAccess: { authorise: urls.authorise, token: urls.token },
    customerUsage: {
      folder: urls.folder,
      graphQL: urls.graphQL,
      dataIngestion: `${base}/dataingestion/{folderName}`,
      dataDelivery: `${base}/datadelivery/{folderName}`
    },
    apiDoc: `${base}/swagger`,
    businessDomains: ["ALL"]
  })

/** The access token that a request carries, good or not. */
export const presentedToken = (state: CloudGatewayState, request: SurfaceRequest): AccessToken | undefined =>
  state.pairings.accessTokens.get(/^Bearer +(\S+) *$/i.exec(request.headers["authorization"] ?? "")?.[1] ?? "")

/** Everything behind an access token. */
export const api = (state: CloudGatewayState, request: SurfaceRequest): SurfaceResponse | Promise<SurfaceResponse> => {
  const route = routeOf(request)
  const token = presentedToken(state, request)
  if (token === undefined || !state.pairings.isGood(token) || !isAtHome(state, request, token.pairing)) {
    return refusal("unauthorised")
  }
  const { pairing } = token
  if (route.rest === "folders") return only(request, "GET", () => folders(route, pairing))
  const service = /^service\/([^/]+)\/api$/.exec(route.rest)?.[1]
  if (service !== undefined) return only(request, "POST", () => graphql(state, request, pairing, service))
  if (/^(?:dataingestion|datadelivery)\//.test(route.rest)) {
    return notImplemented("the sandbox moves no files")
  }
  return nowhere()
}

const only = <Answer>(request: SurfaceRequest, method: string, work: () => Answer): Answer => {
  if (request.method === method) return work()
  throw new EarlyAnswer({ status: 405, headers: { allow: method }, body: "" })
}

/** The folders of a pairing ("Folders listing"), with the links that it shows. */
const folders = ({ base }: Route, pairing: Pairing): SurfaceResponse =>
  json(200, {
    folders: pairing.folders.map((name) => ({
      name,
      $urls: {
        dataIngestion: `${base}/dataingestion/${name}/`,
        dataDelivery: `${base}/datadelivery/${name}/`,
        graphQL: `${base}/service/${name}/api`
      }
    }))
  })

const graphql = (
  state: CloudGatewayState,
  request: SurfaceRequest,
  pairing: Pairing,
  endpoint: string
): SurfaceResponse | Promise<SurfaceResponse> => {
  if (!pairing.scope.includes("api.graphQL")) return answer(403, "Forbidden")
  if (!pairing.folders.includes(endpoint)) {
    const { foreignFolder } = state.options()
    return foreignFolder === 401
      ? refusal("unauthorised")
      : answer(foreignFolder, foreignFolder === 403 ? "Forbidden" : "Not Found")
  }
  return state.graphql({ endpoint, login: pairing.user, body: request.body })
}
