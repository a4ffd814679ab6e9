/**
 * A client of this library as a ky instance. Needs `ky`, version 2 or later, installed beside it.
 */
export { type KyClient, kyFor, type KyForOptions } from "./kyFor.ts"
