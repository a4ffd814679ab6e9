import type * as Redacted from "effect/Redacted"
import * as Decoder from "../config/decoder.ts"
import { decode, type Issue } from "../config/issues.ts"
import * as Result from "../config/Result.ts"
import * as OptionDecoder from "../config/optionDecoder.ts"
import { readId } from "../config/text.ts"

/** User and password that were checked. */
export interface CheckedBasic {
  readonly user: string
  readonly password: Redacted.Redacted
}

const user = OptionDecoder.leaf<string>("the login of the X3 user", (input) =>
  Result.flatMap(readId(input), (text) =>
    // RFC 7617, section 2
    text.includes(":")
      ? Result.fail(
          "a login without a colon: a colon ends the login on the wire, so basic authentication cannot carry it"
        )
      : Result.succeed(text)
  )
)

const BasicSchema = Decoder.Struct(
  { user, password: OptionDecoder.secretText("password") },
  "an object { user, password }, or a function of the tenant that returns one"
)

const basicRules = {
  misplaced: { username: "left out: the login is called user", login: "left out: the login is called user" }
}

/** Checks what `x3.basic` was given, or what its function answered. */
export const decodeBasic = (input: unknown, at: string): Result.Result<CheckedBasic, ReadonlyArray<Issue>> =>
  decode(BasicSchema, input, at, basicRules)
