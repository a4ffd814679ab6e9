/** The path of the gateway that everybody calls first. */
export const gatewayPath = "/ia/xml/xmlgw.phtml"

/** Whether a path is the gateway's or one of its pods'. */
export const isGatewayPath = (path: string): boolean =>
  path === gatewayPath || (path.startsWith("/pods/") && path.endsWith(gatewayPath))
