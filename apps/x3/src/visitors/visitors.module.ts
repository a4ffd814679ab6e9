import { Body, Controller, HttpStatus, Module, Post, Redirect, Req } from "@nestjs/common"
import type { Request } from "express"
import { companies } from "./companies.ts"

/** This application's own login. */
@Controller()
export class VisitorsController {
  @Post("sign-in")
  @Redirect("/", HttpStatus.SEE_OTHER)
  signIn(@Req() request: Request, @Body("company") wanted: unknown): void {
    const company = companies.find(({ id }) => id === wanted)
    // a real application asks for a password here
    request.session = company === undefined ? null : { company: company.id }
  }

  @Post("sign-out")
  @Redirect("/", HttpStatus.SEE_OTHER)
  signOut(@Req() request: Request): void {
    request.session = null
  }
}

@Module({ controllers: [VisitorsController] })
export class VisitorsModule {}
