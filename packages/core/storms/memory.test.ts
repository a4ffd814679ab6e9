import { it } from "@effect/vitest"
import { tenantsLeaveNothing } from "../test/credential/tenantsLeave.ts"

it.effect("200,000 tenants that were disconnected leave no memory behind them", () =>
  tenantsLeaveNothing("200000", "200")
)
