import { businessCloud, createSageAuth, intacctRest, intacctXml } from "@sage-auth/core"

export const sage = createSageAuth({
  connections: {
    books: businessCloud({ clientId: "", clientSecret: "", redirectUri: "" }),
    ledger: intacctXml({
      sender: { id: "", password: "" },
      login: { companyId: "", userId: "", password: "" }
    }),
    vendors: intacctRest.clientCredentials({ clientId: "", clientSecret: "", username: "a@b" }),
    payables: intacctRest.authorizationCode({ clientId: "", redirectUri: "" })
  }
})

declare module "@sage-auth/core" {
  interface Register {
    readonly connections: typeof sage.connections
  }
}

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- as an application with passport has it
  namespace Express {
    interface User {
      companyId: string
    }
    interface Request {
      user?: User
    }
  }
}
