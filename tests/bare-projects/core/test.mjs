import * as core from "@sage-auth/core"
import { absences, cases } from "./cases.cjs"

await cases(core)
await absences()
