/**
 * What one tab has seen: drops what came before, notices what is missing, and keeps the latest
 * events for tabs that come later.
 *
 * It keeps the promise of docs/contract.md §1 on this side of the wire: every event reaches the page once
 * and in order, or a gap says that the rest must be fetched over REST.
 */

import type { Connected, LoggedEvent, Position, RealtimeEvent, Subscribed, Topic } from './messages'
import { Positions } from './positions'

export interface Heard {
  readonly event: (event: RealtimeEvent) => void
  /** Events of these topics were or may have been missed (also at first): fetch the state. */
  readonly gap: (topics: readonly Topic[]) => void
  readonly subscribed: (reply: Subscribed) => void
}

/** What a tab that comes later can be given without the server. */
const KEPT = 256

export class Receiver {
  readonly positions = new Positions()
  readonly #heard: Heard
  /** Subscribed to on the server's side, perhaps for another tab, but not told to this one yet. */
  readonly #awaited = new Set<Topic>()
  #userId = ''
  #unreported = new Set<Topic>()
  /** Of each topic of the connection when it subscribed to it. */
  readonly #heads = new Map<Topic, Position>()
  #missed: Topic[] = []
  #kept: LoggedEvent[] = []
  /** The event before the first one that is kept. */
  readonly #floors = new Map<Topic, Position>()

  constructor(heard: Heard) {
    this.#heard = heard
  }

  get userId(): string {
    return this.#userId
  }

  connected(greeting: Connected): void {
    const userId = String(greeting.user_id)
    // Another person's credential since: nothing of the old positions is theirs.
    if (userId !== this.#userId) this.clear()
    this.#userId = userId
    this.#unreported = new Set(Object.keys(greeting.subscriptions))
    this.#missed = []
    this.#heads.clear()
  }

  /** @param asked from where on a replay was asked for; undefined: from nowhere */
  subscribed(reply: Subscribed, asked: Position | undefined): void {
    const { topic } = reply
    const seen = this.positions.get(topic)
    const goesOn =
      !this.#awaited.has(topic) &&
      seen?.epoch === reply.epoch &&
      reply.recovered &&
      asked !== undefined &&
      asked.offset <= seen.offset
    if (!goesOn) {
      this.#jump(topic, reply)
      this.#missed.push(topic)
    }
    this.#awaited.delete(topic)
    if (this.#unreported.delete(topic)) this.#heads.set(topic, reply)
    this.#heard.subscribed(reply)
    // One fetch for all topics of a connection.
    if (this.#unreported.size === 0) this.#tellMissed()
  }

  logged(event: LoggedEvent): void {
    if (this.#awaited.has(event.topic)) return
    const verdict = this.positions.accept(event.topic, event)
    if (verdict === 'duplicate') return
    if (verdict === 'new-epoch') {
      this.#jump(event.topic, event)
      this.#heard.gap([event.topic])
    } else {
      this.#keep(event)
    }
    this.#heard.event(event)
  }

  unlogged(event: Exclude<RealtimeEvent, LoggedEvent>): void {
    this.#heard.event(event)
  }

  /** The server's word that all up to there was delivered or is not for us. */
  advance(positions: Readonly<Record<Topic, Position>>): void {
    for (const [topic, at] of Object.entries(positions)) this.positions.advance(topic, at)
  }

  /** Nothing of `topic` counts before `subscribed` has come. */
  await(topic: Topic): void {
    this.#awaited.add(topic)
  }

  forget(topic: Topic): void {
    this.#awaited.delete(topic)
    this.positions.forget(topic)
    this.#floors.delete(topic)
    this.#kept = this.#kept.filter((event) => event.topic !== topic)
  }

  /** What another tab that stands at `theirs` is missing; the topics of which too much is gone. */
  missedBy(theirs: Readonly<Record<Topic, Position>>): { events: LoggedEvent[]; gaps: Topic[] } {
    const gaps: Topic[] = []
    for (const [topic, mine] of Object.entries(this.positions.all())) {
      const at = theirs[topic]
      const floor = this.#floors.get(topic)
      if (!at || at.epoch !== mine.epoch || !floor || at.offset < floor.offset) gaps.push(topic)
    }
    const events = this.#kept.filter(({ topic, offset }) => {
      const at = theirs[topic]
      return at && !gaps.includes(topic) && offset > at.offset
    })
    return { events, gaps }
  }

  /** The other side of `missedBy`. `positions` are the other tab's. */
  catchUp(
    userId: string,
    positions: Readonly<Record<Topic, Position>>,
    { events, gaps }: { events: readonly LoggedEvent[]; gaps: readonly Topic[] },
  ): void {
    if (userId !== this.#userId) this.clear()
    this.#userId = userId
    for (const event of events) this.logged(event)
    // What is awaited is told by its own `subscribed`.
    this.#missed = gaps.filter((topic) => !this.#awaited.has(topic))
    for (const topic of this.#missed) if (positions[topic]) this.#jump(topic, positions[topic])
    this.#tellMissed()
    this.advance(positions)
  }

  clear(): void {
    this.positions.clear()
    this.#kept = []
    this.#floors.clear()
    this.#userId = ''
    this.#missed = []
    this.#unreported.clear()
  }

  #jump(topic: Topic, at: Position): void {
    this.positions.set(topic, at)
    this.#floors.set(topic, { epoch: at.epoch, offset: at.offset })
    this.#kept = this.#kept.filter((event) => event.topic !== topic)
  }

  #keep(event: LoggedEvent): void {
    this.#kept.push(event)
    if (this.#kept.length <= KEPT) return
    const gone = this.#kept.shift()
    if (gone) this.#floors.set(gone.topic, { epoch: gone.epoch, offset: gone.offset })
  }

  #tellMissed(): void {
    const topics = this.#missed
    this.#missed = []
    if (topics.length === 0) return
    // The fetch has all that happened up to the topics' heads: what one of them replays up to there
    // says less than the fetch, as the other may have had more.
    if (topics.some((topic) => this.#heads.has(topic)))
      for (const [topic, head] of this.#heads) this.positions.advance(topic, head)
    this.#heard.gap(topics)
  }
}
