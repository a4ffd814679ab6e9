import { type ArgumentsHost, Catch, type ExceptionFilter, UnauthorizedException } from "@nestjs/common"
import type { Request, Response } from "express"
import { signInPage } from "./sign-in.page.ts"

/** Asks a visitor who has not signed in who they are. */
@Catch(UnauthorizedException)
export class SignInFilter implements ExceptionFilter<UnauthorizedException> {
  catch(exception: UnauthorizedException, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>()
    const response = host.switchToHttp().getResponse<Response>().status(exception.getStatus())
    if (request.accepts(["json", "html"]) === "html") response.type("html").send(signInPage())
    else response.json(exception.getResponse())
  }
}
