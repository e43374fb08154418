/** `text/event-stream` read from a fetch: EventSource can neither post nor send headers. */

import { EventStreamParser } from '@/realtime'

export interface StreamEvent {
  readonly id: string
  readonly data: string
}

/** Its events as they come. Ends with the response; throws what reading it throws. */
export async function* eventsOf(response: Response): AsyncGenerator<StreamEvent> {
  if (!response.body) return
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  const parser = new EventStreamParser()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      for (const { id, data } of parser.push(decoder.decode(value, { stream: true })))
        if (data !== null) yield { id, data }
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
