/** The tab that has the connection, and lets the others have their part of it. */

import type { Connection, Signal } from '../connection'
import type { Locks, TabChannel } from '../environment'
import type { Connected, Topic } from '../messages'
import type { Receiver } from '../receiver'
import type { TabId, TabMessage } from './messages'
import { aliveLock } from './names'

export class Leader {
  /** Who wants which topics; this tab is among them. */
  readonly #wants = new Map<TabId, Set<Topic>>()
  readonly #watched = new AbortController()

  constructor(
    private readonly tab: TabId,
    private readonly name: string,
    private readonly connection: Connection,
    private readonly receiver: Receiver,
    private readonly channel: TabChannel | null,
    private readonly locks: Locks | null,
  ) {}

  start(greeting: Connected | null, wants: Iterable<Topic>): void {
    for (const topic of wants) this.want(topic)
    this.#post({ kind: 'leads', from: this.tab })
    this.connection.start(greeting)
  }

  stop(): void {
    this.#watched.abort()
    this.connection.stop()
  }

  want(topic: Topic, tab = this.tab): void {
    const topics = this.#wants.get(tab) ?? new Set()
    this.#wants.set(tab, topics.add(topic))
    this.connection.want(topic)
  }

  drop(topic: Topic, tab = this.tab): void {
    this.#wants.get(tab)?.delete(topic)
    if ([...this.#wants.values()].some((topics) => topics.has(topic))) return
    this.connection.drop(topic)
    this.receiver.forget(topic)
  }

  /** Tells the others what the connection has told this tab. */
  relay(signal: Signal): void {
    this.#post({ kind: 'signal', from: this.tab, signal })
  }

  hear(message: TabMessage): void {
    const { from } = message
    switch (message.kind) {
      case 'hello':
        this.#welcome(from, message.at, message.wants)
        return
      case 'want':
        this.want(message.topic, from)
        return
      case 'drop':
        this.drop(message.topic, from)
        return
      case 'say':
        this.connection.send(message.command)
        return
      case 'retry':
      case 'wake':
      case 'due':
        this.connection[message.kind]()
        return
      case 'bye':
        this.#gone(from)
    }
  }

  #welcome(tab: TabId, at: Extract<TabMessage, { kind: 'hello' }>['at'], wants: Topic[]): void {
    const { connection, receiver } = this
    const news = {
      state: connection.state,
      greeting: connection.greeting,
      clockOffsetMs: connection.clockOffsetMs,
      userId: receiver.userId,
      positions: receiver.positions.all(),
      ...receiver.missedBy(at),
    }
    this.#post({ kind: 'welcome', from: this.tab, to: tab, news })
    const known = this.#wants.get(tab)
    if (!known) this.#watch(tab)
    for (const topic of known ?? []) if (!wants.includes(topic)) this.drop(topic, tab)
    for (const topic of wants) if (!known?.has(topic)) this.want(topic, tab)
  }

  /** A tab holds a lock for as long as it lives: whoever gets it knows that the tab is gone. */
  #watch(tab: TabId): void {
    this.#wants.set(tab, new Set())
    const { signal } = this.#watched
    this.locks
      ?.request(aliveLock(this.name, tab), { signal }, async () => this.#gone(tab))
      .catch(() => undefined)
  }

  #gone(tab: TabId): void {
    for (const topic of this.#wants.get(tab) ?? []) this.drop(topic, tab)
    this.#wants.delete(tab)
  }

  #post(message: TabMessage): void {
    this.channel?.post(message)
  }
}
