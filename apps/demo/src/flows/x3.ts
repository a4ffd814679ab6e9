import type { Flow } from "../Flow.ts"
import { consentAndCall } from "./oauth/consent.ts"
import { erpCloud, erpSso } from "./oauth/kit.ts"
import { expiryAndRotation, lostAnswer } from "./oauth/renewal.ts"
import { revocation } from "./oauth/revocation.ts"
import { basic, notTriedAgain } from "./x3/basic.ts"
import { clientCredentials, suppliedBearer } from "./x3/bearer.ts"
import { certificate } from "./x3/certificate.ts"
import { nodelocal, twoReadings } from "./x3/configuration.ts"
import { absentApi, partialAnswer, wrongRegistration } from "./x3/graphqlAnswers.ts"
import { keptAlive } from "./x3/keptAlive.ts"
import { mintedTokens } from "./x3/mintedTokens.ts"
import { onlineAtStart } from "./x3/online.ts"
import { pairing } from "./x3/pairing.ts"
import { regions } from "./x3/regions.ts"
import { rest } from "./x3/rest.ts"
import { busyPool, soap } from "./x3/soap.ts"

/** Everything that users of X3 do: web services on premise and online, GraphQL, and the cloud gateway. */
export const x3Flows: ReadonlyArray<Flow> = [
  basic,
  notTriedAgain,
  certificate,
  consentAndCall(erpSso),
  expiryAndRotation(erpSso),
  lostAnswer(erpSso),
  revocation(erpSso),
  clientCredentials,
  suppliedBearer,
  consentAndCall(erpCloud),
  onlineAtStart,
  rest,
  soap,
  busyPool,
  nodelocal,
  twoReadings,
  mintedTokens,
  partialAnswer,
  wrongRegistration,
  absentApi,
  pairing,
  regions,
  keptAlive
]
