/** A customer of this application, and the tenant of its connections. */
export interface Company {
  readonly id: "acme" | "birch"
  readonly name: string
}

/** The customers of this application. A real one has them in its database. */
export const companies: ReadonlyArray<Company> = [
  { id: "acme", name: "Acme Holdings" },
  { id: "birch", name: "Birch Partners" }
]
