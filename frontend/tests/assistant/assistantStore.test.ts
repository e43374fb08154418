import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { useAssistant } from '@/assistant/assistantStore'

interface Asked {
  readonly line: string
  readonly lastEventId: string | null
}
type Answer = Response | 'broken'

const start = { type: 'start', conversation_id: 'c1', message_id: 'a1' }
const token = (content: string) => ({ type: 'token', content })
const done = (status = 'complete') => ({
  type: 'done',
  conversation_id: 'c1',
  message_id: 'a1',
  status,
})

/** A stream of events with ids from `from` on; `cut` breaks the connection at its end. */
function stream(from: number, events: readonly object[], { cut = false } = {}): Response {
  const texts = events.map(
    (event, index) => `id: ${from + index}\ndata: ${JSON.stringify(event)}\n\n`,
  )
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const text = texts.shift()
      if (text !== undefined) controller.enqueue(new TextEncoder().encode(text))
      else if (cut) controller.error(new TypeError('network error'))
      else controller.close()
    },
  })
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } })
}

/** Answers what is asked of the assistant; lists of conversations are empty. */
function script(answer: (asked: Asked, nth: number) => Answer): Asked[] {
  const asked: Asked[] = []
  vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
    const path = address.replace('/api/v1', '')
    if (path.startsWith('/auth/csrf')) return Response.json({ csrf_token: 't' })
    if (path.startsWith('/chat/conversations?')) return Response.json({ results: [], next: null })
    const lastEventId = new Headers(init.headers).get('Last-Event-ID')
    asked.push({ line: `${init.method ?? 'GET'} ${path}`, lastEventId })
    const made = answer(asked.at(-1) as Asked, asked.length - 1)
    if (made === 'broken') throw new TypeError('Failed to fetch')
    return made
  })
  return asked
}

let store: ReturnType<typeof useAssistant>
const shown = () =>
  store.shown.map(({ role, content, status }) => `${role}: ${content} (${status})`)

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  store = useAssistant()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('the list of conversations', () => {
  const SIZE = 50
  /** A server with conversations 1…total, the highest used last; it goes on behind a row's id. */
  function serverWith(total: number) {
    const state = { ids: Array.from({ length: total }, (_, index) => total - index) }
    const asked: string[] = []
    vi.stubGlobal('fetch', async (address: string, init: RequestInit) => {
      const url = new URL(address, 'http://x')
      asked.push(`${init.method ?? 'GET'} ${url.pathname}${url.search}`)
      if (url.pathname.endsWith('/csrf')) return Response.json({ csrf_token: 't' })
      if (init.method === 'DELETE') {
        state.ids = state.ids.filter((id) => id !== Number(url.pathname.split('/').at(-1)))
        return new Response(null, { status: 204 })
      }
      const after = Number(url.searchParams.get('cursor') ?? Infinity)
      const rest = state.ids.filter((id) => id < after)
      const results = rest.slice(0, SIZE).map((id) => ({ conversation_id: String(id) }))
      const last = results.at(-1)?.conversation_id
      const next = rest.length > SIZE ? `http://x/chat/conversations?cursor=${last}` : null
      return Response.json({ results, next })
    })
    return { state, asked }
  }
  const ids = () => store.conversations.map(({ conversation_id }) => Number(conversation_id))

  it('goes on behind the last that is shown, whatever came and went meanwhile', async () => {
    const { state, asked } = serverWith(120)
    await store.loadConversations()
    expect([ids().length, store.hasMore]).toEqual([50, true])
    state.ids = [122, 121, ...state.ids.filter((id) => id !== 100 && id !== 71)]
    await store.moreConversations()
    expect(ids()).toEqual(Array.from({ length: 100 }, (_, index) => 120 - index))
    await store.moreConversations()
    expect([ids().length, store.hasMore]).toEqual([120, false])
    await store.moreConversations()
    expect(asked.map((line) => line.split('?')[1])).toEqual([
      'size=50',
      'size=50&cursor=71',
      'size=50&cursor=21',
    ])
  })

  it('stays as long when one far down is deleted, and has what came to the top', async () => {
    const { state } = serverWith(120)
    await store.loadConversations()
    await store.moreConversations()
    state.ids = [121, ...state.ids]
    await store.remove('30')
    await vi.waitFor(() => expect(ids()).toEqual(state.ids.slice(0, 100)))
    await store.moreConversations()
    expect([ids(), store.hasMore]).toEqual([state.ids, false])
  })

  it('begins anew where more came to the top than can be told', async () => {
    const { state } = serverWith(120)
    await store.loadConversations()
    await store.moreConversations()
    state.ids = [...Array.from({ length: 60 }, (_, index) => 180 - index), ...state.ids]
    await store.remove('180')
    const wanted = [state.ids.slice(0, 50), true]
    await vi.waitFor(() => expect([ids(), store.hasMore]).toEqual(wanted))
  })
})

describe('an answer', () => {
  it('is shown as it is written, with where it comes from', async () => {
    const sources = [{ document_id: 'd', title: 'Guide', snippet: 's', score: 1, url: '/guide' }]
    script(() =>
      stream(0, [start, token('Hel'), token('lo'), { type: 'sources', sources }, done()]),
    )
    await store.ask('hi?')
    expect(shown()).toEqual(['user: hi? (complete)', 'assistant: Hello (complete)'])
    expect(store.shown[1]?.sources).toEqual([{ title: 'Guide', snippet: 's', url: '/guide' }])
    expect(store.conversationId).toBe('c1')
  })

  it('goes on behind what was seen when the connection breaks', async () => {
    const asked = script((_, nth) => {
      if (nth === 0) return stream(0, [start, token('Hel')], { cut: true })
      return nth === 1 ? 'broken' : stream(2, [token('lo'), done()])
    })
    const answered = store.ask('hi?')
    await vi.runAllTimersAsync()
    await answered
    expect(shown()[1]).toBe('assistant: Hello (complete)')
    expect(asked.slice(1)).toEqual(
      Array(2).fill({ line: 'GET /chat/messages/a1/stream', lastEventId: '1' }),
    )
    expect(store.problem).toBeNull()
  })

  it('that cannot be followed any more says so, and keeps what there is', async () => {
    script((_, nth) => (nth === 0 ? stream(0, [start, token('Hel')], { cut: true }) : 'broken'))
    const answered = store.ask('hi?')
    await vi.runAllTimersAsync()
    await answered
    expect(shown()[1]).toBe('assistant: Hel (interrupted)')
    expect(store.problem).toBe('LOST')
  })

  it('that was being written is followed again on return, from where it stands', async () => {
    const turns = {
      conversation_id: 'c1',
      messages: [
        { message_id: 'q1', role: 'user', content: 'hi?', status: 'complete' },
        {
          message_id: 'a1',
          role: 'assistant',
          content: 'Hel',
          status: 'streaming',
          answers: 'q1',
          last_event_id: '3',
        },
      ],
    }
    const asked = script(({ line }) =>
      line.endsWith('/stream') ? stream(4, [token('lo'), done()]) : Response.json(turns),
    )
    await store.open('c1')
    expect(shown()[1]).toBe('assistant: Hello (complete)')
    expect(asked.at(-1)?.lastEventId).toBe('3')
  })

  it('is replaced by another one to the same question', async () => {
    script(({ line }) => {
      if (line.endsWith('/regenerate')) {
        const message = { message_id: 'a2', role: 'assistant', content: '', status: 'streaming' }
        return Response.json({ conversation_id: 'c1', message }, { status: 201 })
      }
      if (line.endsWith('a2/stream')) return stream(1, [token('Better'), done()])
      return stream(0, [start, token('Bad'), done()])
    })
    await store.ask('hi?')
    const first = store.shown[1]
    if (!first) throw new Error('no answer')
    await store.regenerate(first)
    expect(shown()).toEqual(['user: hi? (complete)', 'assistant: Better (complete)'])
  })

  it('that was complete comes back where another one is stopped', async () => {
    script(({ line }) => {
      if (line.endsWith('/regenerate')) {
        const message = { message_id: 'a2', role: 'assistant', content: '', status: 'streaming' }
        return Response.json({ conversation_id: 'c1', message }, { status: 201 })
      }
      if (line.endsWith('a2/stream')) return stream(1, [token('Bet'), done('stopped')])
      return stream(0, [start, token('Good'), done()])
    })
    await store.ask('hi?')
    const first = store.shown[1]
    if (!first) throw new Error('no answer')
    await store.regenerate(first)
    expect(shown()).toEqual(['user: hi? (complete)', 'assistant: Good (complete)'])
  })

  it('that is stopped before it has a name is stopped when it has one', async () => {
    let begin: (() => void) | undefined
    const asked = script(({ line }) => {
      if (line.endsWith('/stop')) return Response.json({})
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          begin = () => {
            const events = [start, token('Hel'), done('stopped')]
            for (const each of events)
              controller.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(each)}\n\n`))
            controller.close()
          }
        },
      })
      return new Response(body)
    })
    const answered = store.ask('hi?')
    await vi.runAllTimersAsync()
    await store.stop()
    expect(asked).toHaveLength(1)
    begin?.()
    await answered
    expect(asked.at(-1)?.line).toBe('POST /chat/messages/a1/stop')
    expect(shown()[1]).toBe('assistant: Hel (stopped)')
  })

  it('that is too long to be asked for is said to be', async () => {
    script(() => Response.json({ code: 'TOO_LONG', message: '' }, { status: 413 }))
    await store.ask('hi?')
    expect(store.problem).toBe('TOO_LONG')
    expect(store.refused).toBe('hi?')
  })

  it('that was stopped stays as it is', async () => {
    script(() => stream(0, [start, token('Hel'), done('stopped')]))
    await store.ask('hi?')
    expect(shown()[1]).toBe('assistant: Hel (stopped)')
    expect(store.answer).toBeNull()
  })
})

it('a question that was not taken is given back', async () => {
  script(() => Response.json({ code: 'RATE_LIMITED', message: '' }, { status: 429 }))
  await store.ask('hi?')
  expect(shown()).toEqual([])
  expect([store.refused, store.problem]).toEqual(['hi?', 'BUSY'])
})

it('ignores fields that a newer server adds', async () => {
  script(() => stream(0, [start, { type: 'thought', content: 'hm' }, token('Hi'), done()]))
  await store.ask('hi?')
  expect(shown()[1]).toBe('assistant: Hi (complete)')
})
