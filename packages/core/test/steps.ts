/** The milliseconds of processor that something takes: unlike the time on a clock, no other process adds to them. */
export const processorTime = (run: () => void): number => {
  const begin = process.cpuUsage()
  run()
  const { system, user } = process.cpuUsage(begin)
  return (user + system) / 1_000
}

/**
 * How time grows with the input, measured in one run: the time for eight times the size, over the time for the size. It is
 * about 8 where work is linear and about 64 where it is quadratic, on a busy machine too: it is processor time, and of
 * several tries the shortest.
 */
export const growth = (size: number, run: (size: number) => void): number => {
  const timeOf = (of: number): number => {
    // often enough to be seen by the clock
    let times = 1
    for (;;) {
      const begin = process.cpuUsage()
      for (let time = 0; time < times; time++) run(of)
      const { system, user } = process.cpuUsage(begin)
      if (system + user >= 2_000 || times >= 1_024) return (system + user) / times
      times *= 4
    }
  }
  let least = Number.POSITIVE_INFINITY
  for (let attempt = 0; attempt < 4 && least > 16; attempt++) {
    const small = Math.min(timeOf(size), timeOf(size))
    least = Math.min(least, timeOf(size * 8) / Math.max(small, 1))
  }
  return least
}
