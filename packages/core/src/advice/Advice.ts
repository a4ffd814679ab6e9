/**
 * What is known about Sage's products, as data: for tools, documentation and tests.
 */
export {
  x3Access,
  type X3AccessCell,
  type X3AccessSurface,
  type X3Credential,
  type X3Deployment,
  x3NotOffered,
  type X3Outcome
} from "./x3Access.ts"
