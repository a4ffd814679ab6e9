import { describe, it } from "node:test"
import * as core from "@sage-auth/core"
import * as testing from "@sage-auth/core/testing"
import * as sandbox from "@sage-auth/sandbox"
import { cases } from "../cases.cjs"

cases({ core, sandbox, testing, describe, it })
