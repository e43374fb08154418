/**
 * Whether a function's time grows faster than its input, by a ratio of CPU times and no clock on the
 * wall: a sixteenth of the input takes a sixteenth of the time where it is linear, a 256th where it is
 * quadratic. The line is in the middle, so a slow or busy machine changes nothing.
 */

/** Small steps at first: an exponential function is found out before a call takes forever. */
const SIZES = [16, 20, 24, 28, 32, 128, 1024, 8192]
/** Of one call. What takes less for 8,192 characters is no danger, and is not judged. */
const FLOOR_MS = 20
const SHRUNK = 16
const MOST_GROWTH = 64
const RUNS = 5

export type Make = (size: number) => string

/** Says how `call(make(size))` grows where that is faster than its input; '' if it is not. */
export function superlinear(call: (text: string) => unknown, make: Make): string {
  for (const size of SIZES) {
    if (cpuMs(call, make(size)) < FLOOR_MS) continue
    const small = Math.max(1, Math.floor(size / SHRUNK))
    const before = fastest(call, make(small))
    const after = fastest(call, make(size))
    if (after >= FLOOR_MS && after > before * MOST_GROWTH)
      return `${small} characters ${before} ms, ${size} characters ${after} ms`
  }
  return ''
}

/** The fastest of several runs is the one that was disturbed least. */
function fastest(call: (text: string) => unknown, text: string): number {
  let least = Infinity
  for (let run = 0; run < RUNS; run += 1) least = Math.min(least, cpuMs(call, text))
  return least
}

function cpuMs(call: (text: string) => unknown, text: string): number {
  const began = process.cpuUsage()
  call(text)
  const { user, system } = process.cpuUsage(began)
  return (user + system) / 1000
}

/** Ends a text in which a match has not ended yet. */
const TAIL = '\u0001'

/** Named makers of hostile texts out of these parts, each about as long as it is asked for. */
export function* attacks(parts: readonly string[]): Generator<readonly [string, Make]> {
  const many = (part: string, size: number) => part.repeat(Math.floor(size / part.length))
  for (const one of parts) {
    yield [`${JSON.stringify(one)} repeated`, (size) => many(one, size)]
    yield [`${JSON.stringify(one)} repeated, unended`, (size) => many(one, size) + TAIL]
    for (const other of parts) {
      if (one === other) continue
      const names = `${JSON.stringify(one)} and ${JSON.stringify(other)}`
      yield [`${names} in turn`, (size) => many(one + other, size) + TAIL]
      yield [`many ${names}`, (size) => many(one, size / 2) + many(other, size / 2) + TAIL]
      yield [`many between ${names}`, (size) => one + many(other, size) + one]
    }
  }
}
