const { test } = require("node:test")
const { collected } = require("./cases.cjs")

test("spans and metrics are collected, with require", () =>
  collected(require("@sage-auth/core"), require("@sage-auth/sandbox")))
