import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { CommandError, RealtimeClient, type Renewal } from '@/realtime'

import { ScriptedWorld } from './scriptedWorld'

let world: ScriptedWorld
let client: RealtimeClient

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)
const sent = () => world.server.commands
const answer = (data: object, place = -1) =>
  world.server.says({ type: 'ok', ref: sent().at(place)?.ref, data })
const contents = () => sent().map(({ data }) => (data as { content: string }).content)
const refuse = (code: string) =>
  world.server.says({ type: 'error', ref: sent().at(-1)?.ref, code, message: 'No' })

async function reconnects(): Promise<void> {
  world.server.closes(1006)
  await seconds(2)
  world.server.welcomes()
}

beforeEach(() => {
  vi.useFakeTimers()
  world = new ScriptedWorld()
  client = new RealtimeClient({ server: 'https://bell.example', environment: world })
  client.start()
})

afterEach(() => {
  client.stop()
  vi.useRealTimers()
})

describe('a message', () => {
  it('waits until there is a connection', async () => {
    const said = client.say('rooms/7', 'Hello', { clientId: 'c1', replyTo: 3 })
    expect(sent()).toEqual([])
    world.server.welcomes()
    expect(sent()).toMatchObject([
      {
        type: 'message',
        topic: 'rooms/7',
        data: { content: 'Hello', client_id: 'c1', reply_to: 3 },
      },
    ])
    answer({ id: 1, offset: 2, client_id: 'c1' })
    expect(await said).toEqual({ id: 1, offset: 2, client_id: 'c1' })
  })

  it('is said again if the connection ended before the answer, and not after it', async () => {
    world.server.welcomes()
    void client.say('rooms/7', 'Hello', { clientId: 'c1' })
    await reconnects()
    expect(sent()).toMatchObject([{ type: 'message', data: { client_id: 'c1' } }])
    answer({ id: 1, offset: 2, client_id: 'c1' })
    await reconnects()
    expect(sent()).toEqual([])
  })

  it('is said when the one before it is answered, in its room', () => {
    for (const content of ['one', 'two', 'three']) void client.say('rooms/7', content)
    void client.say('rooms/8', 'elsewhere')
    world.server.welcomes()
    expect(contents()).toEqual(['one', 'elsewhere'])
    answer({ id: 1, offset: 2, client_id: 'c' }, 0)
    expect(contents()).toEqual(['one', 'elsewhere', 'two'])
    answer({ id: 2, offset: 3, client_id: 'c' }, 2)
    expect(contents()).toEqual(['one', 'elsewhere', 'two', 'three'])
  })

  it('keeps its place when it is refused in passing', async () => {
    world.server.welcomes()
    void client.say('rooms/7', 'one')
    refuse('UNAVAILABLE')
    void client.say('rooms/7', 'two')
    expect(contents()).toEqual(['one'])
    await seconds(2)
    expect(contents()).toEqual(['one', 'one'])
    answer({ id: 1, offset: 2, client_id: 'c' })
    expect(contents()).toEqual(['one', 'one', 'two'])
  })

  it('that is refused tells why', async () => {
    world.server.welcomes()
    const said = client.say('rooms/7', 'Hello')
    refuse('FORBIDDEN')
    await expect(said).rejects.toEqual(new CommandError('FORBIDDEN', 'No'))
  })

  it.each(['RATE_LIMITED', 'UNAVAILABLE'])('is said again a moment after %s', async (code) => {
    world.server.welcomes()
    void client.say('rooms/7', 'Hello', { clientId: 'c1' })
    refuse(code)
    expect(sent()).toHaveLength(1)
    await seconds(2)
    expect(sent()).toHaveLength(2)
  })

  it('is given up when the client stops', async () => {
    const said = client.say('rooms/7', 'Hello')
    client.stop()
    await expect(said).rejects.toMatchObject({ code: 'STOPPED' })
  })

  it('of which too many wait is refused at once', async () => {
    const all = Array.from({ length: 201 }, () => client.say('rooms/7', 'Hello'))
    await expect(all[200]).rejects.toMatchObject({ code: 'QUEUE_FULL' })
    const settled = Promise.allSettled(all)
    client.stop()
    await settled
  })
})

it('says only the furthest of what was read', () => {
  client.read('rooms/7', 4)
  client.read('rooms/7', 9)
  client.read('rooms/8', 1)
  world.server.welcomes()
  expect(sent().map(({ topic, data }) => [topic, data])).toEqual([
    ['rooms/7', { offset: 9 }],
    ['rooms/8', { offset: 1 }],
  ])
})

it('says typing now or not at all', () => {
  client.typing('rooms/7')
  world.server.welcomes()
  expect(sent()).toEqual([])
  client.typing('rooms/7')
  expect(sent()).toMatchObject([{ type: 'typing', topic: 'rooms/7' }])
})

describe('a bearer token', () => {
  const jwt = (life: number, sub = '42') =>
    `h.${btoa(JSON.stringify({ sub, iat: 1_000, exp: 1_000 + life }))}.s`
  let renewals: number
  let renewal: Renewal
  let own: RealtimeClient

  const begin = (life: number) => {
    client.stop()
    renewals = 0
    own = new RealtimeClient({
      server: 'https://bell.example',
      environment: world,
      token: jwt(life),
      renew: async () => {
        renewals += 1
        return renewal
      },
    })
    own.start()
    world.server.welcomes()
  }

  afterEach(() => own.stop())

  it('goes into the address of the socket', () => {
    begin(900)
    expect(world.server.url.searchParams.get('access_token')).toBe(jwt(900))
  })

  it('is renewed a minute before it expires, and given to the open connection', async () => {
    renewal = { token: jwt(900, 'fresh') }
    begin(900)
    await seconds(839)
    expect(renewals).toBe(0)
    await seconds(1)
    expect(renewals).toBe(1)
    expect(sent()).toEqual([
      { type: 'refresh', data: { token: jwt(900, 'fresh') }, ref: 'refresh' },
    ])
    await seconds(840)
    expect(renewals).toBe(2)
  })

  it('that cannot be renewed now is tried again until it is', async () => {
    renewal = 'unavailable'
    begin(120)
    await seconds(60)
    renewal = { token: jwt(900) }
    await seconds(15)
    expect(renewals).toBe(2)
    expect(sent()).toHaveLength(1)
  })
})

describe('the cookie', () => {
  it('is renewed by the server where the page says nothing else', async () => {
    const requests: string[] = []
    world.http
      .on('/api/v1/auth/csrf', () => new Response('{"csrf_token":"abc"}'))
      .on('/api/v1/auth/token/refresh', ({ headers }) => {
        requests.push(headers.get('X-CSRFToken') ?? '')
        return requests.at(-1) === 'abc'
          ? new Response('{"access":"a"}')
          : new Response('{"code":"FORBIDDEN"}', { status: 403 })
      })
    world.server.welcomes()
    world.server.closes(1008, 'Token expired')
    await seconds(0)
    expect(requests).toEqual(['', 'abc'])
    expect(world.connections).toHaveLength(2)
  })

  it('that is no longer good ends it', async () => {
    world.http.on('/api/v1/auth/token/refresh', () => new Response('{}', { status: 401 }))
    world.server.closes(1008, 'Token expired')
    await seconds(0)
    expect(client.state).toEqual({ status: 'refused', refusal: 'SIGNED_OUT' })
  })
})

it('comes back within eight seconds for a minute after a server said that it restarts', async () => {
  world.chance = 0
  world.server.welcomes()
  world.server.closes(1012)
  const waits: number[] = []
  await seconds(1)
  for (let attempt = 0; attempt < 5; attempt += 1) {
    world.server.closes(1006)
    await seconds(0)
    const { state } = client
    const wait = 'retryAt' in state && state.retryAt ? (state.retryAt - Date.now()) / 1000 : 0
    waits.push(wait)
    await seconds(wait)
  }
  expect(waits).toEqual([2, 4, 8, 8, 8])
})
