import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from "@nestjs/common"
import type { Request } from "express"
import { companyOf } from "./visitor.ts"

/** Lets visitors pass who have signed in to this application. */
@Injectable()
export class SignedInGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (companyOf(context.switchToHttp().getRequest<Request>()) !== undefined) return true
    throw new UnauthorizedException("Sign in first, at the start page")
  }
}
