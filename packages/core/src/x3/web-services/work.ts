import * as Result from "../../config/Result.ts"
import type { Application } from "../../application/Application.ts"
import type { OpenConnection, Work } from "../../OpenConnection.ts"
import type { Fetch } from "../../transport/Answer.ts"
import { fetchTrusting } from "../../transport/privateCa.ts"
import { clientsOf } from "./clients.ts"
import { basicCredentials, certificateCredentials, suppliedCredentials } from "./configuredCredentials.ts"
import type { Carried, Credentials } from "./Credentials.ts"
import { grantCredentials } from "./grantCredentials.ts"
import { decodeOptions, type Deployment, type WebServicesConfiguration } from "./options.ts"
import { ServerOptions } from "./ServerOptions.ts"
import { WebServicesConnection } from "./WebServicesConnection.ts"

const open = (application: Application, name: string, configuration: WebServicesConfiguration): OpenConnection => {
  const { auth, ca } = configuration
  const options = new ServerOptions(application, name, configuration)
  const fetch: Fetch = ca === undefined ? application.settings.fetch : fetchTrusting(ca)
  const clients = <V extends Carried>(credentials: Credentials<V>) =>
    clientsOf(new WebServicesConnection(options, credentials, fetch))
  switch (auth.kind) {
    case "basic":
      return clients(basicCredentials(options, auth.options))
    case "certificate":
      return clients(certificateCredentials(options, auth.options))
    case "supplied":
      return clients(suppliedCredentials(options, auth.options))
    case "oauth2":
    case "client-credentials":
      return clients(grantCredentials(options, auth, fetch))
  }
}

/** How connections to X3's web services are put to work. */
export const workOf = (deployment: Deployment): Work => ({
  validate: (options, at) =>
    Result.match(decodeOptions(options, deployment, at), { onSuccess: () => [], onFailure: (issues) => issues }),
  open: (options, application, name) =>
    open(application, name, Result.getOrThrow(decodeOptions(options, deployment, `connections.${name}`)))
})
