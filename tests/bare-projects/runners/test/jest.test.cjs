const core = require("@sage-auth/core")
const sandbox = require("@sage-auth/sandbox")
const testing = require("@sage-auth/core/testing")
const { cases } = require("../cases.cjs")

cases({ core, sandbox, testing, describe, it })
