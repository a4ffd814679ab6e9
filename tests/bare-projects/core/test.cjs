const core = require("@sage-auth/core")
const { cases } = require("./cases.cjs")

cases(core)
