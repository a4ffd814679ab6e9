import type { Flow } from "../Flow.ts"
import { bridge } from "./intacct-rest/bridge.ts"
import { clientCredentials } from "./intacct-rest/clientCredentials.ts"
import { entitySwitch } from "./intacct-rest/entities.ts"
import { consentAndCall, declinedConsent } from "./oauth/consent.ts"
import { payables } from "./oauth/kit.ts"
import { expiryAndRotation, lostAnswer } from "./oauth/renewal.ts"
import { revocation } from "./oauth/revocation.ts"
import { fourApplications, keepAlive } from "./oauth/store.ts"

/** Everything that users of Intacct's REST API do. */
export const intacctRestFlows: ReadonlyArray<Flow> = [
  clientCredentials,
  consentAndCall(payables),
  declinedConsent(payables),
  expiryAndRotation(payables),
  lostAnswer(payables),
  fourApplications(payables),
  keepAlive(payables),
  entitySwitch,
  bridge,
  revocation(payables)
]
