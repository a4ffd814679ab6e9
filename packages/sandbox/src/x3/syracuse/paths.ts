/** Where X3 has what, on every one of its ports. */
export const paths = {
  api: "/api1/",
  sdata: "/sdata/",
  soap: "/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC",
  wsdl: "/soap-wsdl/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC",
  login: "/auth/login",
  loginPage: "/auth/login/page",
  forget: "/auth/forgetMe",
  graphql: "/xtrem/api"
} as const

const prefixes = ["/api1", "/sdata", "/soap-generic", "/soap-wsdl", "/auth"]

const below = (path: string, prefix: string): boolean => path === prefix || path.startsWith(`${prefix}/`)

/** Whether a path is of the web services, their login pages included. */
export const isWebServicesPath = (path: string): boolean => prefixes.some((prefix) => below(path, prefix))

/** Whether a path is of GraphQL. */
export const isGraphqlPath = (path: string): boolean => below(path, "/xtrem")
