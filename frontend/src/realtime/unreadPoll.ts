/** The unread count over REST, where nothing else tells it. */

import type { Environment, Timer } from './environment'
import type { ServerMessage, UnreadCount } from './messages'
import type { Rest } from './rest'
import type { Times } from './times'

export class UnreadPoll {
  #timer: Timer | undefined
  #generation = 0

  constructor(
    private readonly env: Environment,
    private readonly rest: Rest,
    private readonly times: Times,
    private readonly found: (count: UnreadCount) => void,
  ) {}

  start(): void {
    if (this.#timer !== undefined) return
    this.#timer = this.env.setTimeout(() => {
      this.#timer = undefined
      this.start()
      this.#look()
    }, this.times.unread)
  }

  stop(): void {
    if (this.#timer !== undefined) this.env.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#generation += 1
  }

  /** A poll has brought something that may have changed the count. */
  after(message: ServerMessage): void {
    if ('offset' in message && 'data' in message) this.#look()
  }

  #look(): void {
    const mine = this.#generation
    void this.rest.unreadCount().then((count) => {
      if (count && mine === this.#generation) this.found(count)
    })
  }
}
