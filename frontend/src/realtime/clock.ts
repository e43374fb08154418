/** How far the server's clock is ahead of this machine's, learned from pongs. */
export class ServerClock {
  #offsetMs = 0
  #askedAt: number | null = null
  #best = Number.POSITIVE_INFINITY

  get offsetMs(): number {
    return this.#offsetMs
  }

  asked(now: number): void {
    this.#askedAt ??= now
  }

  /** true if it knows better now. @param serverTime ISO 8601 */
  answered(now: number, serverTime: string): boolean {
    const asked = this.#askedAt
    this.#askedAt = null
    const server = Date.parse(serverTime)
    if (asked === null || Number.isNaN(server)) return false
    const roundTrip = now - asked
    // The quicker the answer, the less it can be wrong by; a clock that was set is noticed at last.
    if (roundTrip > this.#best * 2 + 50) return false
    this.#best = roundTrip
    this.#offsetMs = server - (asked + roundTrip / 2)
    return true
  }

  /** The answer was lost. */
  lost(): void {
    this.#askedAt = null
  }
}
