import type { Flow } from "../Flow.ts"
import { businesses } from "./business-cloud/businesses.ts"
import { refusals } from "./business-cloud/refusals.ts"
import { consentAndCall, declinedConsent } from "./oauth/consent.ts"
import { hungOwner } from "./oauth/hung.ts"
import { books } from "./oauth/kit.ts"
import { expiryAndRotation, lostAnswer } from "./oauth/renewal.ts"
import { revocation } from "./oauth/revocation.ts"
import { fourApplications, keepAlive, newKey } from "./oauth/store.ts"

/** Everything that users of Business Cloud Accounting do. */
export const businessCloudFlows: ReadonlyArray<Flow> = [
  consentAndCall(books),
  declinedConsent(books),
  expiryAndRotation(books),
  lostAnswer(books),
  fourApplications(books),
  newKey(books),
  keepAlive(books),
  hungOwner,
  businesses,
  refusals,
  revocation(books)
]
