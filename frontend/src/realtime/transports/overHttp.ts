/**
 * What the two transports over HTTP share. They have no commands and no greeting: who it is is asked
 * over REST, and `connected`, `subscribed` and `pong` are made here, so that nobody above sees a
 * difference.
 */

import { CASE } from '../case'
import type { NextStep } from '../closing'
import type { Command, Position, Topic } from '../messages'
import { Positions } from '../positions'
import type { Rest } from '../rest'
import { ownTopics, type Line, type LineHandlers, type Opening } from './line'

export interface HttpConnection {
  readonly topics: readonly Topic[]
  /** The query that names topics and position. */
  query(more?: Readonly<Record<string, string>>): string
  /** The first answer: here is where the line stands (`epoch:offset;…`). */
  begins(at: string, recovered: boolean): void
  /** The position has moved on to there, what is not shown included. */
  reaches(at: string): void
  readonly signal: AbortSignal
}

/** What the server takes at once. */
const MOST_TOPICS = 50

/** Carries on until it is aborted, or returns what its end means; or that it must begin anew. */
type Carry = (connection: HttpConnection) => Promise<NextStep | 'anew'>

export function lineOverHttp(
  rest: Rest,
  opening: Opening,
  handlers: LineHandlers,
  carry: Carry,
): Line {
  const aborting = new AbortController()
  const { signal } = aborting
  // Its own: what others deliver meanwhile does not move this line on.
  const reached = new Positions()
  let topics: readonly Topic[] = []
  let userId = ''

  function pong(at: string): Readonly<Record<Topic, Position>> {
    const found = reached.parse(topics, at)
    for (const topic of topics) if (found[topic]) reached.set(topic, found[topic])
    return found
  }

  const connection: HttpConnection = {
    get topics() {
      return topics
    },
    signal,
    query(more = {}) {
      const query = new URLSearchParams(topics.map((topic) => ['topic', topic]))
      query.set('case', CASE)
      const since = reached.since(topics)
      if (since) query.set('since', since)
      if (opening.connectionId) query.set('connection_id', opening.connectionId)
      for (const [name, value] of Object.entries(more)) query.set(name, value)
      return query.toString()
    },
    begins(at, recovered) {
      const asked = new Map(topics.map((topic) => [topic, reached.get(topic)]))
      const subscriptions = pong(at)
      handlers.message({
        type: 'connected',
        message: '',
        user_id: userId,
        connection_id: '',
        heartbeat_s: 0,
        subscriptions,
      })
      for (const topic of topics) {
        const position = subscriptions[topic]
        if (position)
          handlers.message({ type: 'subscribed', topic, ...position, recovered }, asked.get(topic))
      }
    },
    reaches(at) {
      handlers.message({ type: 'pong', server_time: '', positions: pong(at) })
    },
  }

  function name(extra: readonly Topic[]): void {
    // A text of positions cannot leave one out in the middle: what was never seen comes last.
    const known = (topic: Topic) => (opening.positions.get(topic) ? 0 : 1)
    const named = [...ownTopics(userId), ...extra].slice(0, MOST_TOPICS)
    topics = named.toSorted((a, b) => known(a) - known(b))
    for (const topic of topics) {
      const at = opening.positions.get(topic)
      if (at) reached.set(topic, at)
    }
  }

  /** Those that may still be read; whoever asked for the others is told. */
  async function readable(extra: readonly Topic[]): Promise<Topic[]> {
    const kept: Topic[] = []
    for (const topic of extra) {
      const query = new URLSearchParams({ topic, timeout: '0' }).toString()
      const answer = await rest.get(`/long-polling?${query}`, signal)
      if (!('kind' in answer) || answer.kind !== 'stop') kept.push(topic)
      else handlers.message({ type: 'error', code: answer.refusal, message: '', ref: topic })
    }
    return kept
  }

  async function run(): Promise<NextStep> {
    const who = await rest.whoAmI(signal)
    if (typeof who !== 'string') return who
    userId = who
    let extra = opening.topics()
    for (;;) {
      name(extra)
      let next = await carry(connection)
      if (next === 'anew') {
        reached.clear()
        next = await carry(connection)
      }
      if (next === 'anew') return { kind: 'broken' }
      if (next.kind !== 'stop' || next.refusal === 'SIGNED_OUT' || extra.length === 0) return next
      // One topic that is refused is refused for all.
      const kept = await readable(extra)
      if (kept.length === extra.length) return next
      extra = kept
    }
  }

  void run().then(
    (next) => {
      if (!signal.aborted) handlers.ended(next)
    },
    () => {
      if (!signal.aborted) handlers.ended({ kind: 'broken' })
    },
  )
  return {
    send(command: Command) {
      // Nothing to do: it is there already, and a snapshot comes over REST.
      if (command.type !== 'subscribe' || !topics.includes(command.data.topic)) return false
      const { topic } = command.data
      const at = reached.get(topic)
      if (at) handlers.message({ type: 'subscribed', topic, ...at, recovered: true }, at)
      return true
    },
    close: () => aborting.abort(),
  }
}
