import * as Decoder from "../config/decoder.ts"
import * as OptionDecoder from "../config/optionDecoder.ts"

/** The schema of `MeterOptions`. */
export const meterSchema = Decoder.Struct(
  {
    allowance: Decoder.optional(OptionDecoder.count(1)),
    budget: Decoder.optional(OptionDecoder.count(1)),
    policy: Decoder.optional(OptionDecoder.oneOf("warn", "stop")),
    thresholds: Decoder.optional(
      OptionDecoder.list(
        OptionDecoder.fraction("a fraction of the budget above 0, such as 0.8 for 80 %", 0, 10),
        "a list of fractions of the budget, such as [0.8, 1]"
      )
    ),
    countLogins: Decoder.optional(OptionDecoder.flag)
  },
  "an object such as { budget, policy, thresholds }"
)
