/** Server-sent events, read by `fetch`: unlike EventSource it tells the status of a refusal. */

import { afterError, type NextStep } from '../closing'
import { parseMessage } from '../parse'
import type { Rest } from '../rest'
import { EventStreamParser, type Block } from './eventStream'
import type { LineHandlers, OpenLine } from './line'
import { lineOverHttp, type HttpConnection } from './overHttp'

function codeOf(data: string | null): string | undefined {
  const code = /"code":\s*"([A-Z_]+)"/.exec(data ?? '')
  return code?.[1]
}

async function carry(
  rest: Rest,
  handlers: LineHandlers,
  connection: HttpConnection,
): Promise<NextStep | 'anew'> {
  const answer = await rest.get(
    `/sse?${connection.query()}`,
    connection.signal,
    'text/event-stream',
  )
  if ('kind' in answer) return answer
  const type = answer.headers.get('Content-Type') ?? ''
  if (!answer.body || !type.startsWith('text/event-stream')) return { kind: 'broken' }

  let begun = false
  let told: NextStep | 'anew' | null = null
  const take = ({ event, data, id }: Block): void => {
    if (event === 'error') told = afterError(codeOf(data))
    // Whose gap it is its block does not say: it is one for all topics, which begin from now.
    else if (event === 'gap') told = 'anew'
    else if (!begun && id) {
      begun = true
      connection.begins(id, true)
    }
    if (event === 'message' && data !== null) {
      const message = parseMessage(data)
      if (message) handlers.message(message)
    }
    if (begun && id) connection.reaches(id)
  }

  const parser = new EventStreamParser()
  const decoder = new TextDecoder()
  const reader = answer.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (connection.signal.aborted || done) break
    handlers.alive()
    for (const block of parser.push(decoder.decode(value, { stream: true })))
      if (told !== 'anew') take(block)
    if (told === 'anew') {
      await reader.cancel()
      break
    }
  }
  // A stream ends by itself after half an hour, and when its instance drains.
  return told ?? { kind: begun ? 'soon' : 'broken' }
}

export function sseLine(rest: Rest): OpenLine {
  return (opening, handlers) =>
    lineOverHttp(rest, opening, handlers, (connection) => carry(rest, handlers, connection))
}
