import type { Flow } from "../Flow.ts"
import { absentApi, partialAnswer, wrongRegistration } from "./x3/graphqlAnswers.ts"
import { mintedTokens } from "./x3/mintedTokens.ts"

/** Everything that users of X3's GraphQL do. */
export const x3GraphQLFlows: ReadonlyArray<Flow> = [mintedTokens, partialAnswer, wrongRegistration, absentApi]
