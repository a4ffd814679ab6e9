/** How much is measured: rounds, sizes, repetitions. */
export interface Effort {
  readonly rounds: number
  /** of one contender's turn */
  readonly milliseconds: number
  /** of a turn before the first that counts, in milliseconds */
  readonly warmUp: number
  /** short turns in each of the rounds, where two take turns in one process */
  readonly turns: number
  /** calls before the first that is measured, where the code has to be as optimised as in a server that runs for long */
  readonly calls: number
  /** parsed in a round where parsing is measured alone */
  readonly answers: number
  /** numbers of tenants with a cached credential, the largest last */
  readonly tenants: ReadonlyArray<number>
  /** numbers of grants in PostgreSQL, the largest last */
  readonly grants: ReadonlyArray<number>
  /** fresh processes for each import */
  readonly imports: number
}

/** One to two minutes. */
export const full: Effort = {
  rounds: 5,
  milliseconds: 200,
  warmUp: 400,
  turns: 36,
  calls: 10_000,
  answers: 10,
  tenants: [1, 20_000, 100_000],
  grants: [1_000, 10_000, 100_000],
  imports: 11
}

/** Some seconds: shows that everything runs, and little else. */
export const quick: Effort = {
  rounds: 1,
  milliseconds: 30,
  warmUp: 20,
  turns: 1,
  calls: 10,
  answers: 2,
  tenants: [1, 1_000],
  grants: [1_000],
  imports: 1
}
