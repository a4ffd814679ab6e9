import { rotations } from "../../src/grants/refreshMatrix.ts"

rotations("books", "accepted")
rotations("gateway", "refused")
for (const reuse of ["refused", "accepted"] as const) {
  rotations("payables", reuse)
  rotations("erpSso", reuse)
}
