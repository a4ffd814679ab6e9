import { rotations } from "../../src/grants/refreshMatrix.ts"

// the strictest server and the most lenient one; the storms try the other connections
rotations("books", "refused")
rotations("gateway", "accepted")
