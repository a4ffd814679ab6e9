import type { Sandbox } from "@sage-auth/sandbox"

/** The variables of both connections to Intacct that need no consent: `intacct-xml` and `intacct-rest`. */
export const intacctEnvironment = (sandbox: Sandbox): NodeJS.ProcessEnv => {
  const { login, sender } = sandbox.accounts["intacct-xml"]
  const rest = sandbox.accounts["intacct-rest"]
  const urls = sandbox.urls["intacct-rest"]
  return {
    SAGE_INTACCT_XML_SENDER_ID: sender.id,
    SAGE_INTACCT_XML_SENDER_PASSWORD: sender.password,
    SAGE_INTACCT_XML_COMPANY_ID: login.companyId,
    SAGE_INTACCT_XML_USER_ID: login.userId,
    SAGE_INTACCT_XML_USER_PASSWORD: login.password,
    SAGE_INTACCT_XML_ENVIRONMENT: "sandbox",
    SAGE_INTACCT_XML_URL_XML: sandbox.urls["intacct-xml"].xml,
    SAGE_INTACCT_REST_CLIENT_ID: rest.client.clientId,
    SAGE_INTACCT_REST_CLIENT_SECRET: rest.client.clientSecret,
    SAGE_INTACCT_REST_USERNAME: rest.user.username,
    SAGE_INTACCT_REST_ENVIRONMENT: "sandbox",
    SAGE_INTACCT_REST_URL_AUTHORIZE: urls.authorize,
    SAGE_INTACCT_REST_URL_TOKEN: urls.token,
    SAGE_INTACCT_REST_URL_REVOKE: urls.revoke,
    SAGE_INTACCT_REST_URL_API: urls.api
  }
}
