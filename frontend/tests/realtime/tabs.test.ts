import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { RealtimeClient, type ClientOptions, type ConnectionState } from '@/realtime'

import { ScriptedBrowser, type ScriptedTab } from './scriptedBrowser'
import type { ScriptedConnection } from './scriptedServer'

let browser: ScriptedBrowser
let pages: Page[]

const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1000)
const soon = () => seconds(0)

/** A tab with the client in it, and what it was told. */
class Page {
  readonly offsets: number[] = []
  readonly states: ConnectionState[] = []
  gaps = 0
  readonly client: RealtimeClient

  constructor(
    readonly tab: ScriptedTab,
    options: ClientOptions = {},
  ) {
    this.client = new RealtimeClient({
      server: 'https://bell.example',
      environment: tab,
      renew: async () => 'renewed',
      onState: (state) => this.states.push(state),
      onEvent: (event) => 'offset' in event && this.offsets.push(event.offset),
      onGap: () => {
        this.gaps += 1
      },
      ...options,
    })
    this.client.start()
    pages.push(this)
  }
}

async function opens(count: number, options: ClientOptions = {}): Promise<Page[]> {
  const opened: Page[] = []
  for (let index = 0; index < count; index += 1) {
    opened.push(new Page(browser.open(), options))
    await soon()
  }
  return opened
}

/** All sockets that any tab has opened, the oldest first. */
const connections = (): ScriptedConnection[] => browser.tabs.flatMap((tab) => tab.connections)
const alive = () => connections().filter((connection) => !connection.abandoned)
function server(): ScriptedConnection {
  const [only, ...others] = alive()
  expect(others).toEqual([])
  return only!
}

beforeEach(() => {
  vi.useFakeTimers()
  browser = new ScriptedBrowser()
  pages = []
})

afterEach(() => {
  for (const page of pages) if (!page.tab.dead) page.client.stop()
  vi.useRealTimers()
})

describe('six tabs', () => {
  let six: Page[]

  beforeEach(async () => {
    six = await opens(6)
    server().welcomes({ head: 3 })
    await soon()
  })

  it('have one connection, and each is told everything once', async () => {
    expect(connections()).toHaveLength(1)
    server().publishes(4)
    server().publishes(5)
    server().publishes(4)
    await soon()
    for (const page of six) {
      expect(page.offsets).toEqual([4, 5])
      expect(page.gaps).toBe(1)
      expect(page.client.state.status).toBe('connected')
    }
  })

  it('go on where they were when the leader closes', async () => {
    server().publishes(4)
    await soon()
    browser.kills(six[0]!.tab)
    await soon()
    expect(server().url.searchParams.get('since')).toBe('e1:4;e1:3')
    expect(server().url.searchParams.get('connection_id')).toBe('first')
    server().welcomes({ head: 5, id: 'second' })
    server().publishes(5)
    server().publishes(6)
    await soon()
    for (const page of six.slice(1)) {
      expect(page.offsets).toEqual([4, 5, 6])
      expect(page.gaps).toBe(1)
    }
    expect(connections()).toHaveLength(2)
  })

  it('go on when the leader only stops', async () => {
    six[0]!.client.stop()
    await soon()
    server().welcomes({ head: 4 })
    server().publishes(4)
    await soon()
    expect(six.map((page) => page.offsets)).toEqual([[], [4], [4], [4], [4], [4]])
    expect(six[0]!.client.state.status).toBe('idle')
  })

  it('lose nothing that the old leader told the others and not the new one', async () => {
    const [leader, heir, other] = six
    // The heir is busy: what is posted to it is lost with the leader's process.
    heir!.tab.hangs = true
    server().publishes(4)
    await soon()
    heir!.tab.hangs = false
    browser.kills(leader!.tab)
    await soon()
    expect(server().url.searchParams.get('since')).toBe('e1:3;e1:3')
    server().welcomes({ head: 5 })
    server().publishes(4)
    server().publishes(5)
    await soon()
    expect(heir!.offsets).toEqual([4, 5])
    expect(other!.offsets).toEqual([4, 5])
  })

  it('give one that is behind what it is missing', async () => {
    const [leader, , behind] = six
    behind!.tab.hangs = true
    server().publishes(4)
    await soon()
    behind!.tab.hangs = false
    browser.kills(leader!.tab)
    await soon()
    expect(server().url.searchParams.get('since')).toBe('e1:4;e1:3')
    server().welcomes({ head: 5 })
    server().publishes(5)
    await soon()
    expect(behind!.offsets).toEqual([4, 5])
    expect(behind!.gaps).toBe(1)
  })

  it('tell one that is too far behind to fetch the list', async () => {
    const [, , behind] = six
    behind!.tab.hangs = true
    for (let offset = 4; offset < 300; offset += 1) server().publishes(offset)
    await soon()
    behind!.tab.hangs = false
    browser.kills(six[0]!.tab)
    await soon()
    server().welcomes({ head: 299 })
    server().publishes(300)
    await soon()
    expect(behind!.offsets).toEqual([300])
    expect(behind!.gaps).toBe(2)
  })

  it('tell one that comes later to fetch the list, and everything from then on', async () => {
    server().publishes(4)
    await soon()
    const [late] = await opens(1)
    expect(late!.gaps).toBe(1)
    expect(late!.client.state.status).toBe('connected')
    server().publishes(5)
    await soon()
    expect(late!.offsets).toEqual([5])
    expect(six[1]!.gaps).toBe(1)
  })

  it('all see how the connection is, and any of them can retry', async () => {
    server().closes(1006)
    await soon()
    for (const page of six) expect(page.client.state.status).toBe('reconnecting')
    six[3]!.client.retry()
    await soon()
    expect(alive()).toHaveLength(1)
    server().welcomes({ head: 3 })
    await soon()
    for (const page of six) expect(page.client.state.status).toBe('connected')
  })

  it('try at once when any of them is looked at', async () => {
    server().closes(1006)
    await soon()
    six[4]!.tab.wakes()
    await soon()
    expect(alive()).toHaveLength(1)
  })

  it('fetch the list where the log no longer reaches back', async () => {
    browser.kills(six[0]!.tab)
    await soon()
    server().welcomes({ head: 2000, recovered: false })
    server().publishes(2001)
    await soon()
    for (const page of six.slice(1)) {
      expect(page.gaps).toBe(2)
      expect(page.offsets).toEqual([2001])
    }
  })

  it('take the lead from one that hangs', async () => {
    six[0]!.tab.hangs = true
    six[1]!.client.retry()
    await seconds(12)
    expect(six[1]!.tab.connections).toHaveLength(1)
    // Once it comes to itself it follows.
    six[0]!.tab.hangs = false
    six[1]!.tab.server.welcomes({ head: 3 })
    six[0]!.tab.wakes()
    await soon()
    expect(alive()).toHaveLength(1)
    expect(six[0]!.client.state.status).toBe('connected')
  })

  it('hand a fresh token to the one that has the connection', async () => {
    six[2]!.client.refresh('fresh')
    await soon()
    expect(server().commands).toEqual([
      { type: 'refresh', data: { token: 'fresh' }, ref: 'refresh' },
    ])
  })
})

describe('rooms', () => {
  const room = { topic: 'rooms/7', epoch: 'e1' }
  const listener = () => {
    const heard: number[] = []
    const counts = { gaps: 0 }
    return {
      heard,
      counts,
      onEvent: (event: object) => 'offset' in event && heard.push(Number(event.offset)),
      onGap: () => (counts.gaps += 1),
    }
  }
  const subscribed = (offset: number) =>
    server().says({ type: 'subscribed', ...room, offset, recovered: true, ref: 'rooms/7' })

  it('are heard only in the tabs that have them open, from where each began', async () => {
    const [first, second, third] = await opens(3)
    server().welcomes({ head: 3 })
    await soon()
    const [one, two] = [listener(), listener()]
    second!.client.subscribe('rooms/7', one)
    await soon()
    expect(server().commands.at(-1)).toMatchObject({
      type: 'subscribe',
      data: { topic: 'rooms/7' },
    })
    subscribed(10)
    server().publishes(11, room)
    await soon()
    third!.client.subscribe('rooms/7', two)
    await soon()
    expect(server().commands.at(-1)?.data).toEqual({ topic: 'rooms/7', epoch: 'e1', offset: 11 })
    subscribed(11)
    server().publishes(12, room)
    await soon()
    expect(one.heard).toEqual([11, 12])
    expect(two.heard).toEqual([12])
    expect([one.counts.gaps, two.counts.gaps]).toEqual([1, 1])
    expect(first!.offsets).toEqual([])
  })

  it('are left once no tab has them open, also by closing', async () => {
    const [, second, third] = await opens(3)
    server().welcomes()
    await soon()
    const leave = second!.client.subscribe('rooms/7', listener())
    third!.client.subscribe('rooms/7', listener())
    await soon()
    const left = () => server().commands.filter(({ type }) => type === 'unsubscribe').length
    leave()
    await soon()
    expect(left()).toBe(0)
    browser.kills(third!.tab)
    await soon()
    expect(left()).toBe(1)
  })

  it('are resumed by the next leader', async () => {
    const [leader, second] = await opens(2)
    server().welcomes()
    const mine = listener()
    second!.client.subscribe('rooms/7', mine)
    await soon()
    subscribed(10)
    server().publishes(11, room)
    await soon()
    browser.kills(leader!.tab)
    await soon()
    server().welcomes({ id: 'second' })
    expect(server().commands.at(-1)?.data).toEqual({ topic: 'rooms/7', epoch: 'e1', offset: 11 })
    subscribed(12)
    server().publishes(12, room)
    await soon()
    expect(mine.heard).toEqual([11, 12])
    expect(mine.counts.gaps).toBe(1)
  })

  it('are spoken to through the leader, and again through the next one', async () => {
    const [leader, second] = await opens(2)
    server().welcomes()
    await soon()
    const said = second!.client.say('rooms/7', 'Hello', { clientId: 'c1' })
    await soon()
    expect(server().commands.at(-1)).toMatchObject({ type: 'message', topic: 'rooms/7' })
    browser.kills(leader!.tab)
    await soon()
    server().welcomes({ id: 'second' })
    await soon()
    const again = server().commands.at(-1)!
    expect(again).toMatchObject({ type: 'message', data: { content: 'Hello', client_id: 'c1' } })
    server().says({ type: 'ok', ref: again.ref, data: { id: 1, offset: 2, client_id: 'c1' } })
    expect(await said).toEqual({ id: 1, offset: 2, client_id: 'c1' })
  })
})

it('do not share with those of another person, whose token is another', async () => {
  const token = (sub: string) => `x.${btoa(JSON.stringify({ sub }))}.x`
  await opens(2, { token: token('42') })
  await opens(2, { token: token('43') })
  expect(alive()).toHaveLength(2)
})

it('have a connection each where that is wanted, or where the browser cannot share', async () => {
  await opens(2, { share: false })
  expect(alive()).toHaveLength(2)
  const tab = browser.open()
  tab.locks = null
  new Page(tab)
  expect(alive()).toHaveLength(3)
})
