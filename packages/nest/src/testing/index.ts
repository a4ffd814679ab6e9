export { SageAuthTestingModule, type SageAuthTestingOptions } from "./sage-auth-testing.module.ts"
export { type ConsentOptions, SageSandbox } from "./sage-sandbox.ts"
