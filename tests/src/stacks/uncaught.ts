// lets an error escape, as an application's first attempt does
import { createSageAuth, intacctXml } from "@sage-auth/core"

const connections = { ledger: intacctXml({ sender: { id: "" }, login: { companyId: "Acme" } } as never) }

const sender = { id: "acme", password: "hush" }
const login = { companyId: "acme", userId: "robot", password: "hush" }

const makes = {
  configuration: () => {
    createSageAuth({ connections })
  },
  call: async () => {
    await createSageAuth({ connections: { ledger: intacctXml({ sender, login }) } }).completeAuthorization({
      url: 1
    } as never)
  }
}

await makes[process.argv[2] as keyof typeof makes]()
