import type { Position, Topic } from './messages'

export type Verdict =
  /** Later than all seen before. */
  | 'new'
  /** Seen before. */
  | 'duplicate'
  /** The log was replaced under us: what lies between cannot be known. */
  | 'new-epoch'

/** How far each topic has been seen. Offsets may skip (filtered events), but never go back. */
export class Positions {
  readonly #seen = new Map<Topic, Position>()

  /** Judges an event at `at`, and moves on if it is new. */
  accept(topic: Topic, at: Position): Verdict {
    const seen = this.#seen.get(topic)
    if (seen && seen.epoch === at.epoch && at.offset <= seen.offset) return 'duplicate'
    this.set(topic, at)
    return seen && seen.epoch !== at.epoch ? 'new-epoch' : 'new'
  }

  /** The server's word that all up to `at` was delivered or is not for us. */
  advance(topic: Topic, at: Position): void {
    const seen = this.#seen.get(topic)
    if (seen && seen.epoch === at.epoch && at.offset > seen.offset) this.set(topic, at)
  }

  set(topic: Topic, { epoch, offset }: Position): void {
    this.#seen.set(topic, { epoch, offset })
  }

  get(topic: Topic): Position | undefined {
    return this.#seen.get(topic)
  }

  /** `epoch:offset;epoch:offset`, the first topic's position first; '' if that one is unknown. */
  since(topics: readonly Topic[]): string {
    const parts: string[] = []
    for (const topic of topics) {
      const seen = this.#seen.get(topic)
      if (!seen) break
      parts.push(`${seen.epoch}:${seen.offset}`)
    }
    return parts.join(';')
  }

  /** What `since` wrote, or the server in its manner. Parts that are no position are left out. */
  parse(topics: readonly Topic[], text: string): Record<Topic, Position> {
    const found: Record<Topic, Position> = {}
    for (const [index, part] of text.split(';').entries()) {
      const topic = topics[index]
      const match = /^(.+):(\d+)$/.exec(part)
      if (topic && match?.[1]) found[topic] = { epoch: match[1], offset: Number(match[2]) }
    }
    return found
  }

  all(): Record<Topic, Position> {
    return Object.fromEntries(this.#seen)
  }

  forget(topic: Topic): void {
    this.#seen.delete(topic)
  }

  clear(): void {
    this.#seen.clear()
  }
}
