import { Module } from "@nestjs/common"
import { StatusModule } from "../status/status.module.ts"
import { HomeController } from "./home.controller.ts"

@Module({ imports: [StatusModule], controllers: [HomeController] })
export class HomeModule {}
