import { INestApplication } from "@nestjs/common"
import { Test } from "@nestjs/testing"
import { isSageAuthError, SageAuthError } from "@sage-auth/core"
import { SageAuthTestingModule, SageSandbox } from "@sage-auth/nest/testing"
import { AppModule, SageModule } from "./app.module"
import { VendorsService } from "./vendors.service"

// for a machine that is busy with something else
jest.setTimeout(60_000)

describe("AppModule", () => {
  let app: INestApplication
  let sage: SageSandbox

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideModule(SageModule)
      .useModule(SageAuthTestingModule.forRoot())
      .compile()
    app = module.createNestApplication()
    await app.listen(0, "127.0.0.1")
    sage = app.get(SageSandbox)
  })

  afterAll(() => app.close())

  const get = async (path: string) => fetch(`${await app.getUrl()}${path}`)

  it("injects a client that works", async () => {
    expect(await app.get(VendorsService).names()).not.toHaveLength(0)
  })

  it("renews when the clock of the sandbox has moved on", async () => {
    await sage.consent("books")
    await sage.sandbox.clock.advance("6 minutes")
    expect((await get("/contacts")).status).toBe(200)
    expect(sage.sandbox.requests({ surface: "business-cloud", step: "token" })).toHaveLength(2)
  })

  it("answers with a problem what fails", async () => {
    sage.sandbox.requests()
    const response = await get("/sage/connect/nobody")
    expect(response.status).toBe(404)
  })

  it("throws errors of one class", async () => {
    const lone = await Test.createTestingModule({ imports: [AppModule] })
      .compile()
      .catch((thrown: unknown) => thrown)
    expect(lone).toBeInstanceOf(SageAuthError)
    expect(isSageAuthError(lone)).toBe(true)
  })
})
