import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import {
  RealtimeClient,
  type ConnectionState,
  type RealtimeEvent,
  type TransportName,
} from '@/realtime'

import { json, ScriptedStream, type ScriptedRequest } from './scriptedHttp'
import { notification } from './scriptedServer'
import { ScriptedWorld } from './scriptedWorld'

let world: ScriptedWorld
let client: RealtimeClient
let states: ConnectionState[]
let events: RealtimeEvent[]
let gaps: number
let streams: ScriptedStream[]
let polls: { request: ScriptedRequest; answer: (response: Response) => void }[]

const offsets = () =>
  events.filter((event) => 'offset' in event).map((event) => 'offset' in event && event.offset)
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)
const stream = () => streams.at(-1)!
const poll = () => polls.at(-1)!
const transport = () => ('transport' in client.state ? client.state.transport : client.state.status)
const list = (at: string, ...frames: object[]) => json(frames, 200, { 'Realtime-Position': at })

/** What the proxy lets through. */
function lets(...through: TransportName[]): void {
  world.socketsBlocked = !through.includes('websocket')
  const html = () => new Response('<h1>403</h1>', { status: 403 })
  world.http.on('/api/v1/auth/me', () => json({ id: 42 }))
  world.http.on('/api/v1/notifications/unread/count', () => json({ count: 3, version: 9 }))
  world.http.on('/sse', (request) => {
    if (!through.includes('sse')) return html()
    streams.push(new ScriptedStream())
    return stream().answer(request)
  })
  world.http.on('/long-polling', (request) => {
    if (!through.includes('long-polling')) return html()
    return new Promise((answer, fail) => {
      request.signal?.addEventListener('abort', () => fail(new Error('aborted')))
      polls.push({ request, answer })
    })
  })
}

function make(transports?: TransportName[]): void {
  client = new RealtimeClient({
    server: 'https://bell.example',
    environment: world,
    renew: async () => 'renewed',
    ...(transports ? { transports } : {}),
    onState: (state) => states.push(state),
    onEvent: (event) => events.push(event),
    onGap: () => {
      gaps += 1
    },
  })
  client.start()
}

beforeEach(() => {
  vi.useFakeTimers()
  world = new ScriptedWorld()
  states = []
  events = []
  streams = []
  polls = []
  gaps = 0
})

afterEach(() => {
  client.stop()
  vi.useRealTimers()
})

describe('where a proxy breaks WebSockets', () => {
  beforeEach(async () => {
    lets('sse', 'long-polling')
    make()
    await seconds(0)
  })

  it('goes on by server-sent events at once, with both topics and no position yet', async () => {
    const [asked] = world.http.asked('/sse')
    expect(asked?.query.getAll('topic')).toEqual(['users/42', 'broadcast'])
    expect(asked?.query.get('since')).toBeNull()
    stream().stands('e1:7;e1:3')
    await seconds(0)
    expect(client.state).toEqual({ status: 'connected', userId: '42', transport: 'sse' })
    expect(gaps).toBe(1)
  })

  it('delivers in order, drops what it has seen, and hears facts that are not logged', async () => {
    stream().stands('e1:7;e1:3')
    stream().says('e1:8;e1:3', notification(8))
    stream().says('e1:8;e1:3', notification(8))
    stream().says('e1:8;e1:4', notification(4, { topic: 'broadcast' }))
    stream().writes(
      'data: {"type":"unread_count","topic":"users/42","data":{"count":2,"version":5}}\n\n',
    )
    await seconds(0)
    expect(offsets()).toEqual([8, 4])
    expect(events.at(-1)).toEqual({ type: 'unread_count', data: { count: 2, version: 5 } })
  })

  it('resumes where it was, over what was filtered out too', async () => {
    stream().stands('e1:7;e1:3')
    stream().says('e1:8;e1:3', notification(8))
    stream().writes(': beat\nid: e1:11;e1:3\n\n')
    await seconds(0)
    stream().ends()
    await seconds(2)
    expect(world.http.asked('/sse').at(-1)?.query.get('since')).toBe('e1:11;e1:3')
    stream().stands('e1:11;e1:3')
    stream().says('e1:12;e1:3', notification(12))
    await seconds(0)
    expect(offsets()).toEqual([8, 12])
    expect(gaps).toBe(1)
  })

  it('asks for the list after a gap', async () => {
    stream().stands('e1:7;e1:3')
    await seconds(0)
    stream().ends()
    await seconds(2)
    // Of one topic; the other's replay would follow.
    stream().writes('event: gap\nid: e1:2000;e1:3\ndata: {"epoch":"e1","offset":2000}\n\n')
    stream().says('e1:2000;e1:4', notification(4, { topic: 'broadcast' }))
    await seconds(0)
    expect(world.http.asked('/sse').at(-1)?.query.get('since')).toBeNull()
    stream().stands('e1:2000;e1:9')
    stream().says('e1:2001;e1:9', notification(2001))
    await seconds(0)
    expect(gaps).toBe(2)
    expect(offsets()).toEqual([2001])
  })

  it('renews an expired token and comes back at once', async () => {
    stream().stands('e1:7;e1:3')
    stream().writes('event: error\ndata: {"code":"TOKEN_EXPIRED"}\n\n')
    stream().ends()
    await seconds(0)
    expect(streams).toHaveLength(2)
  })

  it('takes a stream on which even the heartbeats are missing for dead', async () => {
    stream().stands('e1:7;e1:3')
    await seconds(39)
    expect(stream().abandoned).toBe(false)
    await seconds(1)
    expect(streams[0]?.abandoned).toBe(true)
    await seconds(1)
    expect(streams).toHaveLength(2)
  })

  it('gives up on a stream that a proxy keeps for itself, and polls', async () => {
    await seconds(10)
    expect(streams[0]?.abandoned).toBe(true)
    expect(polls).toHaveLength(1)
  })

  it('comes back up to a WebSocket without leaving the stream before', async () => {
    stream().stands('e1:7;e1:3')
    stream().says('e1:8;e1:3', notification(8))
    await seconds(0)
    const seen = states.length
    world.socketsBlocked = false
    await seconds(5)
    expect(world.server.url.searchParams.get('since')).toBe('e1:8;e1:3')
    expect(transport()).toBe('sse')
    stream().says('e1:9;e1:3', notification(9))
    await seconds(0)
    world.server.welcomes({ head: 9 })
    world.server.publishes(9)
    world.server.publishes(10)
    await seconds(0)
    expect(stream().abandoned).toBe(true)
    expect(states.slice(seen).map((state) => state.status)).toEqual(['connected'])
    expect(transport()).toBe('websocket')
    expect(offsets()).toEqual([8, 9, 10])
    expect(gaps).toBe(1)
  })

  it('looks less and less often, and at once when the network returns', async () => {
    stream().stands('e1:7;e1:3')
    const beats = async (count: number) => {
      for (let beat = 0; beat < count; beat += 1) {
        await seconds(15)
        stream().writes(':\n\n')
      }
    }
    await beats(12)
    // The first try, then after 5, 30, 60 and 60 seconds.
    expect(world.connections).toHaveLength(5)
    world.wakes()
    expect(world.connections).toHaveLength(6)
    expect(streams).toHaveLength(1)
  })
})

describe('where nothing but short requests get through', () => {
  beforeEach(async () => {
    lets('long-polling')
    make()
    await seconds(0)
  })

  it('polls: the first answer comes at once, the next when something happens', async () => {
    expect(poll().request.query.get('timeout')).toBe('0')
    poll().answer(list('e1:7;e1:3'))
    await seconds(0)
    expect(transport()).toBe('long-polling')
    expect(gaps).toBe(1)
    expect(poll().request.query.get('timeout')).toBe('25')
    expect(poll().request.query.get('since')).toBe('e1:7;e1:3')
    poll().answer(list('e1:9;e1:3', notification(8), notification(9)))
    await seconds(0)
    expect(poll().request.query.get('since')).toBe('e1:9;e1:3')
    expect(offsets()).toEqual([8, 9])
  })

  it('asks for the unread count after what may have changed it, and every 30 seconds', async () => {
    const counts = () => events.filter(({ type }) => type === 'unread_count').length
    poll().answer(list('e1:7;e1:3'))
    await seconds(0)
    poll().answer(list('e1:8;e1:3', notification(8)))
    await seconds(0)
    expect(counts()).toBe(1)
    await seconds(30)
    expect(counts()).toBe(2)
  })

  it('asks for the list where the log no longer reaches back', async () => {
    poll().answer(list('e1:7;e1:3'))
    await seconds(0)
    poll().answer(
      json([], 200, { 'Realtime-Position': 'e1:2000;e1:3', 'Realtime-Recovered': 'false' }),
    )
    await seconds(0)
    expect(gaps).toBe(2)
    expect(poll().request.query.get('since')).toBe('e1:2000;e1:3')
  })

  it('comes back up by one or by two', async () => {
    poll().answer(list('e1:7;e1:3'))
    lets('sse', 'long-polling')
    await seconds(5)
    stream().stands('e1:7;e1:3')
    await seconds(0)
    expect(transport()).toBe('sse')
    expect(poll().request.signal?.aborted).toBe(true)
    lets('websocket', 'sse', 'long-polling')
    await seconds(5)
    world.server.welcomes({ head: 7 })
    expect(transport()).toBe('websocket')
    expect(gaps).toBe(1)
  })
})

it('tries no other transport where the server itself is away', async () => {
  world.socketsBlocked = true
  make()
  await seconds(0)
  expect(world.http.requests.map(({ path }) => path)).toEqual(['/api/v1/auth/me'])
  expect(client.state.status).toBe('reconnecting')
})

it('counts what is unread every 30 seconds while nothing else works', async () => {
  lets()
  make()
  await seconds(0)
  expect(client.state.status).toBe('reconnecting')
  await seconds(61)
  expect(events).toEqual(
    [3, 3].map((count) => ({ type: 'unread_count', data: { count, version: 9 } })),
  )
})

it('falls back from a socket that greets and then lets nothing through', async () => {
  lets('websocket', 'sse')
  make()
  world.server.answersPings = false
  world.server.welcomes({ head: 7 })
  await seconds(10)
  expect(world.connections[0]?.abandoned).toBe(true)
  stream().stands('e1:7;e1:7')
  await seconds(0)
  expect(transport()).toBe('sse')
  expect(gaps).toBe(1)
})

it('uses only the transports that it may', async () => {
  lets('websocket', 'sse', 'long-polling')
  make(['long-polling'])
  await seconds(0)
  poll().answer(list('e1:7;e1:3'))
  await seconds(20)
  expect(transport()).toBe('long-polling')
  expect(world.connections).toHaveLength(0)
})

describe('refusals over HTTP', () => {
  const refuse = async (status: number, code: string, headers = {}) => {
    lets('sse')
    world.http.on('/sse', () => json({ code, message: '' }, status, headers))
    make(['sse'])
    await seconds(0)
  }

  it('401 AUTH_ERROR: is signed out', async () => {
    await refuse(401, 'AUTH_ERROR')
    expect(client.state).toEqual({ status: 'refused', refusal: 'SIGNED_OUT' })
  })

  it('429 TOO_MANY_CONNECTIONS: backs off', async () => {
    await refuse(429, 'TOO_MANY_CONNECTIONS')
    expect(client.state.status).toBe('reconnecting')
  })

  it('503 DRAINING: comes back', async () => {
    await refuse(503, 'DRAINING')
    expect(client.state.status).toBe('reconnecting')
  })
})

describe('rooms', () => {
  it('are asked for with the others, and one that is refused does not end the rest', async () => {
    lets('sse', 'long-polling')
    world.http.on('/sse', (request) => {
      if (request.query.getAll('topic').includes('rooms/9'))
        return json({ code: 'NOT_FOUND', message: '' }, 404)
      streams.push(new ScriptedStream())
      return stream().answer(request)
    })
    world.http.on('/long-polling', ({ query }) =>
      query.get('topic') === 'rooms/9'
        ? json({ code: 'NOT_FOUND', message: '' }, 404)
        : list('e1:1'),
    )
    make(['sse'])
    const refused: string[] = []
    const heard: unknown[] = []
    client.subscribe('rooms/9', {
      onEvent: () => undefined,
      onRefused: (code) => refused.push(code),
    })
    client.subscribe('rooms/7', { onEvent: (event) => heard.push(event) })
    await seconds(0)
    expect(refused).toEqual(['NOT_FOUND'])
    stream().stands('e1:7;e1:3;e1:1')
    stream().says('e1:7;e1:3;e1:2', {
      type: 'message',
      topic: 'rooms/7',
      epoch: 'e1',
      offset: 2,
      data: { content: 'Hello' },
    })
    await seconds(0)
    expect(client.state.status).toBe('connected')
    expect(heard).toHaveLength(1)
  })

  it('are spoken to over REST', async () => {
    lets('sse')
    make()
    await seconds(0)
    stream().stands('e1:7;e1:3')
    await seconds(0)
    world.http
      .on('/api/v1/auth/csrf', () => json({ csrf_token: 'abc' }))
      .on('/api/v1/rooms/7/messages', ({ headers, body }) =>
        headers.get('X-CSRFToken') === 'abc'
          ? json({ id: 5, offset: 2, ...(body as object), content: 'Hello' }, 201)
          : json({ code: 'FORBIDDEN', message: '' }, 403),
      )
    const said = client.say('rooms/7', 'Hello', { clientId: 'c1' })
    await seconds(0)
    expect(await said).toEqual({ id: 5, offset: 2, client_id: 'c1' })
    // A page that is left right after has said it.
    const told = world.http.asked('/api/v1/rooms/7/messages')
    expect(told.length).toBeGreaterThan(0)
    expect(told.every(({ keepalive }) => keepalive)).toBe(true)
    expect(world.http.asked('/api/v1/auth/csrf').some(({ keepalive }) => keepalive)).toBe(false)
  })

  it('hear what is too long for a socket over REST', async () => {
    lets('websocket')
    make()
    await seconds(0)
    world.server.welcomes()
    world.http.on('/api/v1/rooms/7/messages', ({ body }) =>
      json({ id: 5, offset: 2, ...(body as object) }, 201),
    )
    const said = client.say('rooms/7', '가'.repeat(4_000), { clientId: 'c1' })
    await seconds(0)
    expect(await said).toEqual({ id: 5, offset: 2, client_id: 'c1' })
    expect(world.server.commands.filter(({ type }) => type === 'message')).toEqual([])
    // Longer than a browser lets outlive a page, which would refuse it.
    expect(world.http.asked('/api/v1/rooms/7/messages').map(({ keepalive }) => keepalive)).toEqual([
      false,
    ])
  })

  it('are spoken to again where REST fails in passing', async () => {
    lets('sse')
    make()
    await seconds(0)
    stream().stands('e1:7;e1:3')
    await seconds(0)
    const answers = [
      () => json({ code: 'UNAVAILABLE', message: '' }, 503),
      () => json({ code: 'TOKEN_EXPIRED', message: '' }, 401),
      () => json({ id: 5, offset: 2, client_id: 'c1' }, 201),
    ]
    world.http.on('/api/v1/rooms/7/messages', () => answers.shift()!())
    const said = client.say('rooms/7', 'Hello', { clientId: 'c1' })
    await seconds(4)
    expect(await said).toEqual({ id: 5, offset: 2, client_id: 'c1' })
    expect(answers).toEqual([])
  })

  it('that are refused there tell why', async () => {
    lets('sse')
    make()
    await seconds(0)
    stream().stands('e1:7;e1:3')
    await seconds(0)
    world.http.on('/api/v1/rooms/7/messages', () => json({ code: 'NOT_FOUND', message: '' }, 404))
    const said = client.say('rooms/7', 'Hello')
    await seconds(0)
    await expect(said).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
