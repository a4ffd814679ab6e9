/** "Authentication" of a user's record. `"Standard"` is what the server has as its standard: its own database. */
export type UserMethod = "Standard" | "DB" | "LDAP" | "OAuth2" | "SAML2"

/** A user to be added to the Syracuse server. */
export interface NewX3User {
  /** The user's name at X3. */
  readonly login: string
  /** For the methods with one. */
  readonly password?: string | undefined
  /** What X3 finds the user of an OAuth2 token by. */
  readonly email?: string | undefined
  /** Default `"Standard"`. */
  readonly method?: UserMethod | undefined
  /** The endpoints that the user is mapped to a user of X3 for. Default all. */
  readonly endpoints?: ReadonlyArray<string> | undefined
  /** Whether the user may administer the server, such as start pools. Default false. */
  readonly administrator?: boolean | undefined
  /** Fields of X3's tables that the user may not read, such as `"OSTAUZ"`. Default none. */
  readonly hiddenFields?: ReadonlyArray<string> | undefined
  /** Default true. */
  readonly active?: boolean | undefined
}

/** A user of the Syracuse server. */
export interface X3User {
  readonly login: string
  password: string | undefined
  readonly email: string
  readonly method: UserMethod
  readonly endpoints: ReadonlySet<string>
  readonly administrator: boolean
  readonly hiddenFields: ReadonlySet<string>
  readonly active: boolean
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** The users of the Syracuse server. */
export class Users {
  readonly #users = new Map<string, X3User>()

  /** Adds a user, or replaces the one with that login. */
  set(user: X3User): void {
    this.#users.set(user.login, user)
  }

  /** The user with exactly that login. */
  get(login: string): X3User | undefined {
    return this.#users.get(login)
  }

  all(): ReadonlyArray<X3User> {
    return [...this.#users.values()]
  }

  /**
   * The active user that somebody logs in as. What has an `@` is searched among the e-mail addresses, and among the
   * logins of users without one; everything else, and with `alwaysLogin` that too, among the logins.
   */
  loggingIn(
    given: string,
    rules: { readonly alwaysLogin: boolean; readonly caseSensitive: boolean }
  ): X3User | undefined {
    const matches = (login: string): boolean => (rules.caseSensitive ? login === given : same(login, given))
    const active = this.all().filter((user) => user.active)
    if (!given.includes("@") || rules.alwaysLogin) return active.find((user) => matches(user.login))
    return (
      active.find((user) => user.email !== "" && same(user.email, given)) ??
      active.find((user) => user.email === "" && matches(user.login))
    )
  }

  /** The active user of the method OAuth2 with that e-mail address. */
  byEmail(email: string): X3User | undefined {
    return this.all().find(
      (user) => user.active && user.method === "OAuth2" && user.email !== "" && same(user.email, email)
    )
  }
}
