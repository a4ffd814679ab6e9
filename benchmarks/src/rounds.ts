import type { Load } from "./load.ts"

/** Somebody who does the same thing as the others of a table. */
export interface Contender<Name extends string> {
  readonly name: Name
  readonly round: (milliseconds: number) => Promise<Load>
}

/** How often and how long everybody gets a turn. */
export interface Rounds {
  readonly rounds: number
  readonly milliseconds: number
  /** of a turn before the first that counts, in milliseconds */
  readonly warmUp: number
}

/** The middle of what a contender's rounds came to. */
export interface Figures {
  readonly callsPerSecond: number
  /** microseconds by the clock on the wall for each call, over all callers */
  readonly wall: number
  /** microseconds of processor time of the caller's process for each call */
  readonly cpu: number
  /** the same in the round where it was least: what else the machine does only adds to it */
  readonly leastCpu: number
}

/** The middle one, or the mean of the middle two. */
export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}

/** Microseconds of processor time for each call in the quieter rounds: nine of ten took longer. */
export const quietCpu = (loads: ReadonlyArray<Load>): number => {
  const sorted = loads.map((round) => (round.cpuMilliseconds * 1_000) / round.calls).toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 10)] ?? Number.NaN
}

/**
 * Gives everybody a short turn, again and again, forwards and backwards: what else the machine does meanwhile meets all
 * of them alike.
 */
export const interleaved = async <Name extends string>(
  contenders: ReadonlyArray<Contender<Name>>,
  { milliseconds, rounds, warmUp }: Rounds
): Promise<Record<Name, Figures>> => {
  const loads = new Map<Name, Array<Load>>()
  for (const { name, round } of contenders) {
    loads.set(name, [])
    await round(warmUp)
  }
  for (let index = 0; index < rounds; index++) {
    for (const { name, round } of index % 2 === 0 ? contenders : contenders.toReversed()) {
      loads.get(name)?.push(await round(milliseconds))
    }
  }
  return Object.fromEntries([...loads].map(([name, all]) => [name, figures(all)])) as Record<Name, Figures>
}

const figures = (loads: ReadonlyArray<Load>): Figures => ({
  callsPerSecond: median(loads.map((round) => (round.calls * 1_000) / round.milliseconds)),
  wall: median(loads.map((round) => (round.milliseconds * 1_000) / round.calls)),
  cpu: median(loads.map((round) => (round.cpuMilliseconds * 1_000) / round.calls)),
  leastCpu: Math.min(...loads.map((round) => (round.cpuMilliseconds * 1_000) / round.calls))
})
