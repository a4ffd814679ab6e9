import { Module } from "@nestjs/common"
import { APP_FILTER } from "@nestjs/core"
import { SignInFilter } from "./sign-in.filter.ts"
import { VisitorsController } from "./visitors.controller.ts"

@Module({ controllers: [VisitorsController], providers: [{ provide: APP_FILTER, useClass: SignInFilter }] })
export class VisitorsModule {}
