import { Module } from "@nestjs/common"
import { businessCloud, intacctRest } from "@sage-auth/core"
import { SageAuthModule } from "@sage-auth/nest"
import { AppController } from "./app.controller"
import { VendorsService } from "./vendors.service"

export const SageModule = SageAuthModule.forRootAsync({
  useFactory: () => ({
    connections: {
      vendors: intacctRest.clientCredentials({
        clientId: process.env.SAGE_CLIENT_ID!,
        clientSecret: process.env.SAGE_CLIENT_SECRET!,
        username: "xml_gateway@acme"
      }),
      books: businessCloud({
        clientId: process.env.SAGE_CLIENT_ID!,
        clientSecret: process.env.SAGE_CLIENT_SECRET!,
        redirectUri: "https://app.example/sage/callback/books",
        country: "gb",
        scope: "full_access"
      })
    },
    store: "sqlite:grants.db",
    keys: [process.env.SAGE_AUTH_KEY!]
  })
})

@Module({
  imports: [SageModule],
  controllers: [AppController],
  providers: [VendorsService]
})
export class AppModule {}
