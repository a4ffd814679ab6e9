import * as core from "@sage-auth/core"
import * as testing from "@sage-auth/core/testing"
import * as sandbox from "@sage-auth/sandbox"
import { describe, it } from "vitest"
import { cases } from "../cases.cjs"

cases({ core, sandbox, testing, describe, it })
