import { createParamDecorator, type ExecutionContext } from "@nestjs/common"
import type { Request } from "express"
import { companies, type Company } from "./companies.ts"

/**
 * The company that a visitor has signed in for, by the cookie that this application signed: never something that the
 * browser says by itself.
 */
export const companyOf = ({ session }: Request): Company | undefined =>
  companies.find(({ id }) => id === session?.["company"])

/** Gives a handler the company of its visitor; behind `SignedInGuard` there is one. */
export const CurrentCompany = createParamDecorator((_: unknown, context: ExecutionContext) =>
  companyOf(context.switchToHttp().getRequest<Request>())
)
