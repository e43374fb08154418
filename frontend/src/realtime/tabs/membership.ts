/**
 * Who of a browser's tabs has the connection: the one that holds a Web Lock.
 *
 * The browser gives the lock to the next tab in the moment in which its holder closes or crashes.
 * Without locks or channel this tab leads itself and nobody else.
 */

import type { Environment, TabChannel } from '../environment'
import { isTabMessage, type TabId, type TabMessage } from './messages'
import { aliveLock, leadLock } from './names'

interface Acts {
  /** There is a channel; who leads is not known yet. */
  readonly follow: (channel: TabChannel) => void
  /** `channel` is null for a tab alone. */
  readonly lead: (channel: TabChannel | null) => void
  /** Another tab has taken the lock: this one seemed to hang. */
  readonly deposed: (channel: TabChannel) => void
  readonly hear: (message: TabMessage) => void
}

export class Membership {
  readonly #env: Environment
  readonly #tab: TabId
  /** null: shared with nobody. */
  readonly #name: string | null
  readonly #acts: Acts
  #channel: TabChannel | null = null
  #ending = new AbortController()
  #queue = new AbortController()
  #end: () => void = () => undefined

  constructor(env: Environment, tab: TabId, name: string | null, acts: Acts) {
    this.#env = env
    this.#tab = tab
    this.#name = name
    this.#acts = acts
  }

  start(): void {
    const { locks } = this.#env
    this.#ending = new AbortController()
    const ended = new Promise<void>((resolve) => (this.#end = resolve))
    const hear = (message: unknown) => {
      if (isTabMessage(message) && message.from !== this.#tab) this.#acts.hear(message)
    }
    this.#channel = this.#name && locks ? this.#env.channel(this.#name, hear) : null
    const channel = this.#channel
    if (!channel || !locks || !this.#name) {
      this.#acts.lead(null)
      return
    }
    const { signal } = this.#ending
    locks
      .request(aliveLock(this.#name, this.#tab), { signal }, () => {
        // Not before the lock is there: the leader takes a tab without one for gone.
        this.#acts.follow(channel)
        this.#stand(channel, ended)
        return ended
      })
      // Stopped before it came to that.
      .catch(() => undefined)
  }

  stop(): void {
    this.#channel?.post({ kind: 'bye', from: this.#tab } satisfies TabMessage)
    this.#ending.abort()
    this.#queue.abort()
    this.#end()
    this.#channel?.close()
    this.#channel = null
  }

  /** Takes the lock from a leader who hangs. */
  seize(): void {
    const channel = this.#channel
    if (!channel || this.#ending.signal.aborted) return
    this.#queue.abort()
    this.#stand(channel, new Promise((resolve) => this.#onEnd(resolve)), true)
  }

  #onEnd(then: () => void): void {
    const before = this.#end
    this.#end = () => {
      before()
      then()
    }
  }

  /** Leads from the moment on in which the lock is granted. */
  #stand(channel: TabChannel, ended: Promise<void>, steal = false): void {
    const { locks } = this.#env
    if (!locks || !this.#name) return
    this.#queue = new AbortController()
    const { signal } = this.#queue
    let leads = false
    const lead = () => {
      if (this.#channel !== channel) return Promise.resolve()
      leads = true
      this.#acts.lead(channel)
      return ended
    }
    locks.request(leadLock(this.#name), steal ? { steal } : { signal }, lead).catch(() => {
      if (!leads || this.#channel !== channel) return
      this.#acts.deposed(channel)
      this.#stand(channel, ended)
    })
  }
}
