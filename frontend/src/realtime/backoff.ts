/** Seconds before the first, second … try; the last one repeats. */
const LADDER_S = [2, 4, 8, 16, 30] as const

/** From this many failed tries in a row on, a person is told that they are offline. */
export const OFFLINE_AFTER = LADDER_S.length

/** A server that says that it restarts is back within a minute: no longer waits than this then. */
export const RESTART_STEP_S = 8
export const RESTART_WITHIN_MS = 60_000

/**
 * Milliseconds to wait before try number `attempt` (from 0). Up to a quarter is taken off at
 * random: a server that comes back must not meet all its clients in the same instant.
 */
export function backoffMs(attempt: number, random: () => number, longestS = Infinity): number {
  const step = LADDER_S[Math.min(attempt, LADDER_S.length - 1)] ?? LADDER_S[0]
  return Math.round(Math.min(step, longestS) * 1000 * (1 - random() / 4))
}

/** Milliseconds before coming back to a deployment whose instance said that it is draining. */
export function soonMs(random: () => number): number {
  return Math.round(200 + random() * 1800)
}
