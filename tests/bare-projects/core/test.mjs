import * as core from "@sage-auth/core"
import { cases } from "./cases.cjs"

await cases(core)
