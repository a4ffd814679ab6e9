import * as Schema from "../config/decoder.ts"
import * as Option from "../config/schema.ts"

/** The schema of `MeterOptions`. */
export const meterSchema = Schema.Struct(
  {
    allowance: Schema.optional(Option.count(1)),
    budget: Schema.optional(Option.count(1)),
    policy: Schema.optional(Option.oneOf("warn", "stop")),
    thresholds: Schema.optional(
      Option.list(
        Option.fraction("a fraction of the budget above 0, such as 0.8 for 80 %", 0, 10),
        "a list of fractions of the budget, such as [0.8, 1]"
      )
    ),
    countLogins: Schema.optional(Option.flag)
  },
  "an object such as { budget, policy, thresholds }"
)
