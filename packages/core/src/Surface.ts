/** One API of Sage with its own way in. */
export type Surface =
  | "intacct-xml"
  | "intacct-rest"
  | "business-cloud"
  | "x3-web-services"
  | "x3-graphql"
  | "x3-gateway"
