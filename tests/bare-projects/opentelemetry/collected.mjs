import { test } from "node:test"
import * as core from "@sage-auth/core"
import * as sandbox from "@sage-auth/sandbox"
import { collected } from "./cases.cjs"

test("spans and metrics are collected, with import", () => collected(core, sandbox))
