/** Long polling: ask, wait for the answer, ask from there. What works where nothing else does. */

import type { NextStep } from '../closing'
import { parseFrame } from '../parse'
import type { Rest } from '../rest'
import type { LineHandlers, OpenLine } from './line'
import { lineOverHttp, type HttpConnection } from './overHttp'

async function carry(
  rest: Rest,
  handlers: LineHandlers,
  connection: HttpConnection,
  waitMs: number,
): Promise<NextStep> {
  let begun = false
  while (!connection.signal.aborted) {
    // The first is answered at once: it only finds out where things stand.
    const timeout = begun ? String(Math.round(waitMs / 1000)) : '0'
    const answer = await rest.get(
      `/long-polling?${connection.query({ timeout })}`,
      connection.signal,
    )
    if ('kind' in answer) return answer
    const at = answer.headers.get('Realtime-Position')
    const list: unknown = await answer.json()
    if (connection.signal.aborted) break
    if (!at || !Array.isArray(list)) return { kind: 'broken' }
    handlers.alive()
    const recovered = answer.headers.get('Realtime-Recovered') !== 'false'
    if (!begun || !recovered) connection.begins(at, recovered)
    begun = true
    for (const frame of list) {
      const message = parseFrame(frame)
      if (message) handlers.message(message)
    }
    connection.reaches(at)
  }
  return { kind: 'broken' }
}

export function longPollingLine(rest: Rest, waitMs: number): OpenLine {
  return (opening, handlers) =>
    lineOverHttp(rest, opening, handlers, (connection) => carry(rest, handlers, connection, waitMs))
}
