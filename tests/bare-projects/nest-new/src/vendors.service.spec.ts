import { Test, TestingModule } from "@nestjs/testing"
import { getSageClientToken } from "@sage-auth/nest"
import { VendorsService } from "./vendors.service"

describe("VendorsService", () => {
  let service: VendorsService

  beforeEach(async () => {
    const module: TestingModule = await Test.createTestingModule({
      providers: [
        VendorsService,
        {
          provide: getSageClientToken("vendors"),
          useValue: { fetch: async () => Response.json({ "ia::result": [{ id: "V-1" }] }) }
        }
      ]
    }).compile()
    service = module.get<VendorsService>(VendorsService)
  })

  it("reads the names of vendors from a client of its own", async () => {
    expect(await service.names()).toEqual(["V-1"])
  })
})
