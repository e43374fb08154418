import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest'

import { RealtimeClient, type ConnectionState, type RealtimeEvent, type Renewal } from '@/realtime'

import { ScriptedWorld } from './scriptedWorld'

let world: ScriptedWorld
let client: RealtimeClient
let states: ConnectionState[]
let events: RealtimeEvent[]
let gaps: number
let renewals: number
let renewal: Renewal

const offsets = () => events.map((event) => ('offset' in event ? event.offset : null))
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)
/** The socket broke; then REST, which tells whether another transport can work, does not answer. */
async function breaks() {
  world.server.closes(1006)
  await seconds(0)
}

beforeEach(() => {
  vi.useFakeTimers()
  world = new ScriptedWorld()
  states = []
  events = []
  gaps = renewals = 0
  renewal = 'renewed'
  client = new RealtimeClient({
    server: 'https://bell.example',
    environment: world,
    renew: async () => {
      renewals += 1
      return renewal
    },
    onState: (state) => states.push(state),
    onEvent: (event) => events.push(event),
    onGap: () => {
      gaps += 1
    },
  })
  client.start()
})

afterEach(() => {
  client.stop()
  vi.useRealTimers()
})

describe('a first connection', () => {
  it('has no position to name, and asks once for the list of both topics', () => {
    expect(world.server.url.search).toBe('?case=snake')
    world.server.welcomes({ head: 7 })
    expect(states.map((state) => state.status)).toEqual(['connecting', 'connected'])
    expect(gaps).toBe(1)
  })

  it('delivers events in order and drops what it has seen', () => {
    world.server.welcomes({ head: 7 })
    for (const offset of [7, 8, 9, 8, 12, 9]) world.server.publishes(offset)
    expect(offsets()).toEqual([8, 9, 12])
  })

  it('keeps the topics apart', () => {
    world.server.welcomes()
    world.server.publishes(1)
    world.server.publishes(1, { topic: 'broadcast' })
    expect(offsets()).toEqual([1, 1])
  })

  it('goes on after frames that it does not understand', () => {
    world.server.welcomes()
    for (const text of ['', '[]', 'null', '{"type":7}', '{"type":"notification","offset":-1}'])
      world.server.saysText(text)
    world.server.publishes(1)
    expect(offsets()).toEqual([1])
  })

  it('gives up on a handshake that hangs for ten seconds', async () => {
    await seconds(10)
    expect(world.server.abandoned).toBe(true)
    expect(client.state.status).toBe('reconnecting')
  })
})

describe('resuming', () => {
  it('names both positions and its old connection, and asks for no list if all was replayed', async () => {
    world.server.welcomes({ head: 3, id: 'old' })
    world.server.publishes(4)
    await breaks()
    await seconds(2)
    expect(world.server.url.searchParams.get('since')).toBe('e1:4;e1:3')
    expect(world.server.url.searchParams.get('connection_id')).toBe('old')
    world.server.welcomes({ head: 6, id: 'new' })
    world.server.publishes(5)
    world.server.publishes(6)
    expect(offsets()).toEqual([4, 5, 6])
    expect(gaps).toBe(1)
  })

  it('asks for the list where the log no longer reaches back', async () => {
    world.server.welcomes({ head: 3 })
    await breaks()
    await seconds(2)
    world.server.welcomes({ head: 2000, recovered: false })
    expect(gaps).toBe(2)
    world.server.publishes(2001)
    expect(offsets()).toEqual([2001])
  })

  it('takes no replay of one topic where the other has a gap: the list has it all', async () => {
    world.server.welcomes({ head: 3 })
    world.server.closes(1006)
    await seconds(2)
    world.server.welcomes({ head: 2000, lost: ['users/42'] })
    expect(gaps).toBe(2)
    for (const offset of [4, 2000, 2001]) world.server.publishes(offset, { topic: 'broadcast' })
    expect(offsets()).toEqual([2001])
  })

  it('asks for the list when the log was replaced while connected', () => {
    world.server.welcomes({ head: 9 })
    world.server.publishes(1, { epoch: 'e2' })
    expect(offsets()).toEqual([1])
    expect(gaps).toBe(2)
  })

  it('moves on over what was filtered out, by the positions of a pong', async () => {
    world.server.welcomes({ head: 3 })
    world.server.pongs({ 'users/42': { epoch: 'e1', offset: 8 } })
    await breaks()
    await seconds(2)
    expect(world.server.url.searchParams.get('since')).toBe('e1:8;e1:3')
  })
})

describe('backing off', () => {
  it('waits 2, 4, 8, 16, 30 and then always 30 seconds, and says offline from the fifth on', async () => {
    const told: string[] = []
    for (let attempt = 0; attempt < 7; attempt += 1) {
      await breaks()
      const { state } = client
      const wait = 'retryAt' in state && state.retryAt ? (state.retryAt - Date.now()) / 1000 : 0
      told.push(`${state.status} ${wait}`)
      await seconds(wait)
    }
    expect(told).toEqual([
      'reconnecting 2',
      'reconnecting 4',
      'reconnecting 8',
      'reconnecting 16',
      'offline 30',
      'offline 30',
      'offline 30',
    ])
    expect(world.connections).toHaveLength(8)
  })

  it('takes up to a quarter off at random, so that clients come back spread out', async () => {
    world.chance = 0.999
    await breaks()
    await vi.advanceTimersByTimeAsync(1_499)
    expect(world.connections).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2)
    expect(world.connections).toHaveLength(2)
  })

  it('starts anew only once it was connected', async () => {
    await breaks()
    await seconds(2)
    await breaks()
    await seconds(2)
    expect(world.connections).toHaveLength(2)
    await seconds(2)
    world.server.welcomes()
    await breaks()
    await seconds(2)
    expect(world.connections).toHaveLength(4)
  })

  it('tries at once when the network returns or the tab is looked at', async () => {
    await breaks()
    world.wakes()
    expect(world.connections).toHaveLength(2)
    await seconds(5)
    expect(world.connections).toHaveLength(2)
  })

  it('leaves a try alone that is under way when the tab is looked at', () => {
    world.wakes()
    expect(world.connections).toHaveLength(1)
  })

  it('says offline as soon as the browser knows, and tries now when asked to', async () => {
    await breaks()
    world.goesOffline()
    expect(client.state.status).toBe('offline')
    client.retry()
    expect(world.connections).toHaveLength(2)
  })
})

describe.each([
  ['uvicorn', 0],
  ['daphne', 3000],
])('close codes from %s', (_server, shift) => {
  it('1008 after TOKEN_EXPIRED: renews the token and returns at once', async () => {
    world.server.welcomes()
    world.server.says({ type: 'error', code: 'TOKEN_EXPIRED', message: '' })
    world.server.closes(1008 + shift)
    await seconds(0)
    expect(renewals).toBe(1)
    expect(world.connections).toHaveLength(2)
  })

  it('1008 after TOO_MANY_CONNECTIONS or RATE_LIMITED: backs off', async () => {
    for (const code of ['TOO_MANY_CONNECTIONS', 'RATE_LIMITED']) {
      world.server.says({ type: 'error', code, message: '' })
      world.server.closes(1008 + shift)
      expect(client.state.status).toBe('reconnecting')
      await seconds(4)
    }
    expect(world.connections).toHaveLength(3)
  })

  it('1008 after anything else: stops, and says why', async () => {
    world.server.says({ type: 'error', code: 'FORBIDDEN', message: '' })
    world.server.closes(1008 + shift)
    expect(client.state).toEqual({ status: 'refused', refusal: 'FORBIDDEN' })
    world.wakes()
    await seconds(3600)
    expect(world.connections).toHaveLength(1)
    client.retry()
    expect(world.connections).toHaveLength(2)
  })

  it('1008 after AUTH_ERROR: is signed out', () => {
    world.server.says({ type: 'error', code: 'AUTH_ERROR', message: '' })
    world.server.closes(1008 + shift)
    expect(client.state).toEqual({ status: 'refused', refusal: 'SIGNED_OUT' })
  })

  it('1012: comes back within two seconds, each client at another moment', async () => {
    world.chance = 0.5
    world.server.welcomes()
    world.server.closes(1012 + shift)
    await vi.advanceTimersByTimeAsync(1_099)
    expect(world.connections).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(world.connections).toHaveLength(2)
  })

  it('1013: comes back at once and resumes; a second time within seconds it backs off', async () => {
    world.server.welcomes({ head: 5 })
    world.server.closes(1013 + shift)
    await seconds(0)
    expect(world.server.url.searchParams.get('since')).toBe('e1:5;e1:5')
    world.server.welcomes({ head: 5 })
    world.server.closes(1013 + shift)
    await seconds(1)
    expect(world.connections).toHaveLength(2)
    await seconds(1)
    expect(world.connections).toHaveLength(3)
  })

  it('1001 and 1009: backs off', () => {
    for (const code of [1001, 1009]) {
      world.server.closes(code + shift)
      expect(client.state.status).toBe('reconnecting')
      client.retry()
    }
  })
})

describe('an expired token', () => {
  const expire = () => {
    world.server.says({ type: 'error', code: 'TOKEN_EXPIRED', message: '' })
    world.server.closes(1008, 'Token expired')
  }

  it('whose renewal is refused ends the connection', async () => {
    renewal = 'signed-out'
    expire()
    await seconds(0)
    expect(client.state).toEqual({ status: 'refused', refusal: 'SIGNED_OUT' })
  })

  it('whose renewal gets no answer is tried again later', async () => {
    renewal = 'unavailable'
    expire()
    await seconds(0)
    expect(client.state.status).toBe('reconnecting')
    renewal = 'renewed'
    await seconds(2)
    expire()
    await seconds(60)
    expect(world.connections.length).toBeGreaterThan(1)
  })

  it('that a fresh one does not mend is not renewed in a circle', async () => {
    expire()
    await seconds(0)
    expire()
    await seconds(1)
    expect(renewals).toBe(1)
    expect(world.connections).toHaveLength(2)
  })

  it('does not come if a fresh one was sent before', () => {
    world.server.welcomes()
    client.refresh('fresh')
    expect(world.server.commands).toEqual([
      { type: 'refresh', data: { token: 'fresh' }, ref: 'refresh' },
    ])
  })

  it('is not taken from an error that answers a command', () => {
    world.server.welcomes()
    world.server.says({ type: 'error', code: 'TOKEN_EXPIRED', message: '', ref: 'refresh' })
    world.server.closes(1008)
    expect(client.state).toEqual({ status: 'refused', refusal: 'REFUSED' })
  })
})

describe('the heartbeat', () => {
  const pings = () => world.server.sent.filter(({ type }) => type === 'ping').length

  it('pings at once and every thirty seconds while it is answered', async () => {
    world.server.welcomes()
    for (let beat = 1; beat <= 3; beat += 1) {
      expect(pings()).toBe(beat)
      await seconds(30)
    }
    expect(client.state.status).toBe('connected')
  })

  it('leaves a connection on which nobody answers any longer', async () => {
    world.server.welcomes()
    const first = world.server
    first.answersPings = false
    await seconds(41)
    expect(first.abandoned).toBe(true)
    expect(world.connections).toHaveLength(2)
  })

  it('takes anything that comes for an answer', async () => {
    world.server.welcomes()
    world.server.answersPings = false
    await seconds(35)
    world.server.publishes(1)
    await seconds(10)
    expect(world.connections).toHaveLength(1)
  })

  it('asks at once whether the connection still lives when the tab wakes', () => {
    world.server.welcomes()
    world.wakes()
    expect(pings()).toBe(2)
  })

  it("knows the server's clock from the pong", () => {
    world.server.answersPings = false
    world.server.welcomes()
    world.server.pongs({}, new Date(Date.now() + 5_000).toISOString())
    expect(client.serverNow() - Date.now()).toBe(5_000)
  })
})

it('stops for good when it is told to', async () => {
  world.server.welcomes()
  client.stop()
  expect(world.server.abandoned).toBe(true)
  world.wakes()
  await seconds(3600)
  expect(world.connections).toHaveLength(1)
})

it('forgets the positions of a person whose place another has taken', async () => {
  world.server.welcomes({ head: 5 })
  await breaks()
  await seconds(2)
  world.server.says({
    type: 'connected',
    user_id: 43,
    connection_id: 'b',
    subscriptions: { 'users/43': { epoch: 'e1', offset: 1 } },
  })
  world.server.says({
    type: 'subscribed',
    topic: 'users/43',
    epoch: 'e1',
    offset: 1,
    recovered: true,
  })
  expect(gaps).toBe(2)
  world.server.publishes(2, { topic: 'users/43' })
  expect(offsets()).toEqual([2])
})
