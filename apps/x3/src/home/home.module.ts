import { Controller, Get, Header, Inject, Module, Req } from "@nestjs/common"
import type { Status } from "@sage-auth/core"
import { InjectSage, type RegisteredSage } from "@sage-auth/nest"
import type { Request } from "express"
import { DEPLOYMENT, type Deployment } from "../deployment/deployment.ts"
import { type Way, waysOf } from "../ways.ts"
import { companyOf } from "../visitors/visitor.ts"
import { homePage, type ShownWay, signInPage } from "./page.ts"

@Controller()
export class HomeController {
  readonly #deployment: Deployment
  readonly #sage: RegisteredSage

  constructor(@Inject(DEPLOYMENT) deployment: Deployment, @InjectSage() sage: RegisteredSage) {
    this.#deployment = deployment
    this.#sage = sage
  }

  @Get()
  @Header("content-type", "text/html; charset=utf-8")
  @Header("cache-control", "no-store")
  async home(@Req() request: Request): Promise<string> {
    const company = companyOf(request)
    if (company === undefined) return signInPage()
    const ways = waysOf(this.#deployment.kind).map((way) => this.#shown(way, company.id))
    return homePage(company, this.#deployment, await Promise.all(ways))
  }

  async #shown(way: Way, tenant: string): Promise<ShownWay> {
    const { connection } = way
    const { connections } = this.#deployment
    const configured = connection === undefined ? undefined : connections[connection]
    if (connection === undefined || configured === undefined) {
      return { ...way, configured: false, state: undefined, interactive: false }
    }
    // status() sends nothing
    const status: Status | undefined = await this.#sage
      .client(connection, { tenant })
      .status()
      .catch(() => undefined)
    return { ...way, configured: true, state: status?.state, interactive: configured.interactive }
  }
}

@Module({ controllers: [HomeController] })
export class HomeModule {}
