/** Which transport is tried next: down where one is broken, and up again from time to time. */

import type { TransportName } from './transports/line'

export class Ladder {
  readonly #rungs: readonly TransportName[]
  /** Where the next round begins: the transport that worked last. */
  #home = 0
  #at = 0
  #untried: Set<number>

  /** @param rungs the best first */
  constructor(rungs: readonly TransportName[]) {
    this.#rungs = rungs
    this.#untried = new Set(rungs.keys())
  }

  get current(): TransportName {
    return this.#rungs[this.#at] ?? 'websocket'
  }

  /** The current one does not work. false if none is left: the round is over, and begins anew. */
  descend(): boolean {
    this.#untried.delete(this.#at)
    const below = [...this.#untried].find((rung) => rung > this.#at) ?? [...this.#untried][0]
    if (below === undefined) {
      this.restart()
      return false
    }
    this.#at = below
    return true
  }

  /** Begins a round. */
  restart(): void {
    this.#at = this.#home
    this.#untried = new Set(this.#rungs.keys())
  }

  worked(transport: TransportName): void {
    this.#home = this.#rungs.indexOf(transport)
    this.restart()
  }

  /** Those better than the one that works, the best first. */
  get better(): readonly TransportName[] {
    return this.#rungs.slice(0, this.#home)
  }
}
