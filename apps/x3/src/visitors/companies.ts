/** A customer of this application, and the tenant of its connections. */
export interface Company {
  readonly id: string
  readonly name: string
}

/**
 * The customers of this application. A real one has them in its database, with the address of each one's X3: options
 * such as `baseUrl` may be functions of the tenant. Here all of them have the same X3, and consents of their own.
 */
export const companies: ReadonlyArray<Company> = [
  { id: "acme", name: "Acme Industries" },
  { id: "birch", name: "Birch Works" }
]
