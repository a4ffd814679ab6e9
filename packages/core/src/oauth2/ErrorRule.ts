// A file of its own: in `judgeAnswer.ts` it would close a circle, since that imports `TokenErrors.ts`, which needs it.

import type { CatalogueId } from "../errors/catalogue.ts"
import type { ErrorBody } from "./errorBody.ts"

/**
 * How a surface recognises one entry of the error catalogue in an answer. Everything given must hold; of rules, the
 * first that fits wins, so the special ones come first.
 */
export interface ErrorRule {
  readonly id: CatalogueId
  /** any of the server's codes; case does not count, and a space is as good as an underscore */
  readonly codes?: ReadonlyArray<string> | undefined
  /** what the server's words must say */
  readonly text?: RegExp | undefined
  /** any of these HTTP statuses */
  readonly statuses?: ReadonlyArray<number> | undefined
}

const normal = (code: string): string => code.toLowerCase().replaceAll(" ", "_")

/** Whether a code is one of these. */
export const isAmong = (code: string, codes: ReadonlyArray<string>): boolean => codes.map(normal).includes(normal(code))

/** Whether a body gives one of these codes. */
export const hasCode = (body: ErrorBody, codes: ReadonlyArray<string>): boolean =>
  body.codes.some((code) => isAmong(code, codes))

/** Whether all that a rule asks for is there. */
export const fits = (
  { codes, statuses, text }: Omit<ErrorRule, "id">,
  body: ErrorBody,
  status: number | undefined
): boolean =>
  (codes === undefined || hasCode(body, codes)) &&
  (text === undefined || body.texts.some((errorText) => errorText.search(text) >= 0)) &&
  (statuses === undefined || (status !== undefined && statuses.includes(status)))

/** The entry of the first rule that fits. */
export const matchRule = (rules: ReadonlyArray<ErrorRule>, body: ErrorBody, status?: number): CatalogueId | undefined =>
  rules.find((rule) => fits(rule, body, status))?.id
