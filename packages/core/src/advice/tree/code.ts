// The code to paste of each recommendation: a TypeScript module that compiles as it is. Its secrets come from the
// environment. Where a human has to consent, it exports `connect` and `callback`; `firstCall` is a first call.

const secretOf = (name: string): string => `process.env["${name}"] ?? ""`

const kept = `  store: "sqlite:.sage-auth/grants.db",
  keys: [${secretOf("SAGE_AUTH_KEY")}],
  keepAlive: { every: "7 days" }
})`

const consent = (client: string): string => `
// once, in a browser: send it to url, with the cookie
export const connect = () => ${client}.authorize({ returnTo: "/settings" })
// when it comes back
export const callback = (url: string, cookie: string) => sage.completeAuthorization({ url, cookie })
// from then on, unattended`

const sender = `{
        id: ${secretOf("SAGE_INTACCT_XML_SENDER_ID")},
        password: ${secretOf("SAGE_INTACCT_XML_SENDER_PASSWORD")}
      }`

const xml = (more = ""): string => `intacctXml({
      sender: ${sender},
      login: {
        companyId: ${secretOf("SAGE_INTACCT_XML_COMPANY_ID")},
        userId: ${secretOf("SAGE_INTACCT_XML_USER_ID")},
        password: ${secretOf("SAGE_INTACCT_XML_USER_PASSWORD")}
      }${more}
    })`

const vendorsByXml = `
export const firstCall = async () => {
  const [vendors] = await sage
    .client("ledger")
    .execute([
      { readByQuery: { object: "VENDOR", fields: "VENDORID,NAME", query: "STATUS = 'active'", pagesize: 100 } }
    ])
  return vendors?.records()
}
`

export const xmlSession = `import { createSageAuth, intacctXml } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    ledger: ${xml()}
  }
})

// one login for all calls${vendorsByXml}`

export const xmlLogin = `import { createSageAuth, intacctXml } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    ledger: ${xml(',\n      authentication: "login"')}
  }
})

// the login goes with each request: for a script that makes one${vendorsByXml}`

const restSecret = `clientId: ${secretOf("SAGE_INTACCT_REST_CLIENT_ID")},
      clientSecret: ${secretOf("SAGE_INTACCT_REST_CLIENT_SECRET")}`

const vendorsByRest = (client: string): string => `
export const firstCall = async () => {
  const answer = await ${client}.fetch("objects/accounts-payable/vendor?size=50")
  if (!answer.ok) throw new Error(\`Intacct answered \${answer.status}\`)
  return answer.json()
}
`

export const restConsent = `import { createSageAuth, intacctRest } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    payables: intacctRest.authorizationCode({
      ${restSecret},
      redirectUri: "https://app.example/sage/callback/payables"
    })
  },
${kept}
${consent('sage.client("payables")')}${vendorsByRest('sage.client("payables")')}`

export const restPublic = `import { createSageAuth, intacctRest } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    // no secret: it would ship with the program. PKCE takes its place
    payables: intacctRest.authorizationCode({
      clientId: ${secretOf("SAGE_INTACCT_REST_CLIENT_ID")},
      redirectUri: "https://app.example/sage/callback/payables"
    })
  },
  // a key of this installation, from the system's key store
${kept}
${consent('sage.client("payables")')}${vendorsByRest('sage.client("payables")')}`

export const restProgram = `import { createSageAuth, intacctRest } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    vendors: intacctRest.clientCredentials({
      ${restSecret},
      // userId@companyId, or userId@companyId|entityId
      username: ${secretOf("SAGE_INTACCT_REST_USERNAME")}
    })
  }
})
${vendorsByRest('sage.client("vendors")')}`

export const restBridge = `import { createSageAuth, intacctRest, intacctXml } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    ledger: ${xml()},
    // its token is made of the session of ledger
    vendors: intacctRest.clientCredentials({
      ${restSecret},
      session: "ledger"
    })
  }
})
${vendorsByRest('sage.client("vendors")')}`

const books = `businessCloud({
      clientId: ${secretOf("SAGE_BUSINESS_CLOUD_CLIENT_ID")},
      clientSecret: ${secretOf("SAGE_BUSINESS_CLOUD_CLIENT_SECRET")},
      redirectUri: "https://app.example/sage/callback/books",
      // "full_access" where something is written
      scope: "readonly"
    })`

export const businessCloud = `import { businessCloud, createSageAuth } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    books: ${books}
  },
${kept}
${consent('sage.client("books")')}
export const firstCall = async () => {
  const answer = await sage.client("books").fetch("contacts?items_per_page=20")
  if (!answer.ok) throw new Error(\`Business Cloud Accounting answered \${answer.status}\`)
  return answer.json()
}
`

const customers = (client: string): string => `
export const firstCall = async () => {
  const path = "api1/x3/erp/SEED/BPCUSTOMER?representation=BPCUSTOMER.$query&count=20"
  const answer = await ${client}.fetch(path)
  if (!answer.ok) throw new Error(\`X3 answered \${answer.status}\`)
  return answer.json()
}
`

const provider = (name: string): string => `x3.oauth2({
        // of the customer's identity provider
        authorizeUrl: ${secretOf("SAGE_X3_WEB_SERVICES_AUTHORIZE_URL")},
        tokenUrl: ${secretOf("SAGE_X3_WEB_SERVICES_TOKEN_URL")},
        clientId: ${secretOf("SAGE_X3_WEB_SERVICES_CLIENT_ID")},
        clientSecret: ${secretOf("SAGE_X3_WEB_SERVICES_CLIENT_SECRET")},
        redirectUri: "https://app.example/sage/callback/${name}",
        scope: "openid email offline_access"
      })`

const byProvider = (
  builder: string,
  name: string,
  hint: string
): string => `import { createSageAuth, x3 } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    ${name}: x3.${builder}({
      baseUrl: ${secretOf("SAGE_X3_WEB_SERVICES_BASE_URL")}, // such as ${hint}
      auth: ${provider(name)}
    })
  },
${kept}
${consent(`sage.client("${name}")`)}${customers(`sage.client("${name}")`)}`

export const x3Online = byProvider("online", "erp", "https://acme.sagex3.com")

export const x3OAuth2 = byProvider("onPremise", "erp", "https://x3.acme.example:8124")

export const x3Certificate = `import { pathToFileURL } from "node:url"
import { createSageAuth, x3 } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    erp: x3.onPremise({
      baseUrl: ${secretOf("SAGE_X3_WEB_SERVICES_BASE_URL")}, // the port with client authentication, such as https://x3.acme.example:8443
      auth: x3.certificate({
        pfx: pathToFileURL(process.env["SAGE_X3_WEB_SERVICES_PFX"] ?? "integration.pfx"),
        passphrase: ${secretOf("SAGE_X3_WEB_SERVICES_PASSPHRASE")}
      }),
      // most X3 servers have an authority of their own
      ca: pathToFileURL(process.env["SAGE_X3_WEB_SERVICES_CA"] ?? "ca.pem")
    })
  }
})
${customers('sage.client("erp")')}`

export const x3Basic = `import { createSageAuth, x3 } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    erp: x3.onPremise({
      baseUrl: ${secretOf("SAGE_X3_WEB_SERVICES_BASE_URL")}, // such as https://x3.acme.example:8124
      auth: x3.basic({
        user: ${secretOf("SAGE_X3_WEB_SERVICES_USER")},
        password: ${secretOf("SAGE_X3_WEB_SERVICES_PASSWORD")}
      })
    })
  }
})
${customers('sage.client("erp")')}`

export const x3GraphQL = `import { createSageAuth, x3 } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    graph: x3.graphql({
      url: ${secretOf("SAGE_X3_GRAPHQL_URL")}, // as the connected application has it, such as https://x3.acme.example:8124/xtrem/api
      endpoint: ${secretOf("SAGE_X3_GRAPHQL_ENDPOINT")}, // such as SEED
      app: {
        clientId: ${secretOf("SAGE_X3_GRAPHQL_CLIENT_ID")},
        clientSecret: ${secretOf("SAGE_X3_GRAPHQL_CLIENT_SECRET")},
        user: ${secretOf("SAGE_X3_GRAPHQL_USER")}
      }
    })
  }
})

export const firstCall = async () => {
  const document = "{ x3MasterData { customer { query(first: 5) { edges { node { code } } } } } }"
  const { data, errors } = await sage.client("graph").query(document)
  return { data, errors }
}
`

export const x3Gateway = `import { createSageAuth, x3 } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    gateway: x3.gateway({
      rootUrl: ${secretOf("SAGE_X3_GATEWAY_ROOT_URL")}, // of the region, such as https://api.eu-sagex3.com/v1
      clientId: ${secretOf("SAGE_X3_GATEWAY_CLIENT_ID")},
      clientSecret: ${secretOf("SAGE_X3_GATEWAY_CLIENT_SECRET")},
      redirectUri: "https://app.example/sage/callback/gateway",
      customer: ${secretOf("SAGE_X3_GATEWAY_CUSTOMER")}, // such as https://acme.sagex3.com
      scope: "api.graphQL businessDomain.ALL"
    })
  },
${kept}

// once, in a browser; then a user of the customer accepts the pairing in X3
export const connect = () => sage.client("gateway").authorize({ returnTo: "/settings" })
// the gateway POSTs here, perhaps days later
export const callback = (url: string, body: string) => sage.completeAuthorization({ url, body })
// once the pairing was accepted
export const firstCall = () => sage.client("gateway").folders()
`

export const several = `import { businessCloud, createSageAuth, intacctRest, x3 } from "@sage-auth/core"

// a connection for each product, each with credentials of its own: nothing of one opens another
export const sage = createSageAuth({
  connections: {
    vendors: intacctRest.clientCredentials({
      ${restSecret},
      username: ${secretOf("SAGE_INTACCT_REST_USERNAME")}
    }),
    books: ${books},
    graph: x3.graphql({
      url: ${secretOf("SAGE_X3_GRAPHQL_URL")},
      endpoint: ${secretOf("SAGE_X3_GRAPHQL_ENDPOINT")},
      app: {
        clientId: ${secretOf("SAGE_X3_GRAPHQL_CLIENT_ID")},
        clientSecret: ${secretOf("SAGE_X3_GRAPHQL_CLIENT_SECRET")},
        user: ${secretOf("SAGE_X3_GRAPHQL_USER")}
      }
    })
  },
${kept}
${consent('sage.client("books")')}
export const firstCall = () =>
  Promise.all([
    sage.client("vendors").fetch("objects/accounts-payable/vendor?size=50"),
    sage.client("books").fetch("contacts?items_per_page=20"),
    sage.client("graph").query("{ x3MasterData { customer { query(first: 5) { edges { node { code } } } } } }")
  ])
`
