import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { http } from '@/api'
import { useNotificationsStore } from '@/notifications/notificationsStore'
import { EVERYTHING } from '@/notifications/reach'
import { useToasts } from '@/notifications/toastsStore'
import { useTypes } from '@/notifications/typesStore'
import type { RealtimeEvent } from '@/realtime'
import { useRooms } from '@/rooms/roomsStore'

import { notification } from '../notification'
import { paths, scriptFetch } from '../scriptedFetch'

/** A server with notifications 1…total, all unread. */
function serverWith(total: number) {
  const state = { items: Array.from({ length: total }, (_, index) => notification(total - index)) }
  const calls = scriptFetch(({ method, path }) => {
    const url = new URL(path, 'http://x')
    if (url.pathname === '/notifications/unread/count')
      return [200, { count: state.items.length, version: 10 }]
    if (method === 'GET') {
      const size = Number(url.searchParams.get('size'))
      const after = url.searchParams.get('cursor')
      const category = url.searchParams.get('category')
      const status = url.searchParams.get('status')
      const listed = state.items.filter(
        (item) => (!category || item.type === 'ORDER') && (!status || item.status === status),
      )
      // As the server: behind that row, whether it is still there or not.
      const rest = listed.filter(({ id }) => after === null || Number(id) < Number(after))
      const results = rest.slice(0, size)
      const next = rest.length > size ? `http://x/notifications?cursor=${results.at(-1)?.id}` : null
      return [200, { results, next, previous: null }]
    }
    const id = Number(url.pathname.split('/')[2])
    if (method === 'PUT')
      state.items = state.items.map((item) =>
        item.id === id ? { ...item, status: 'READ' as const } : item,
      )
    if (method === 'DELETE') state.items = state.items.filter((item) => item.id !== id)
    return [204]
  })
  return { state, calls }
}

const arrives = (id: number): RealtimeEvent => ({
  type: 'notification',
  topic: 'users/42',
  epoch: 'e1',
  offset: id,
  data: notification(id),
})

let store: ReturnType<typeof useNotificationsStore>
const ids = () => store.items.map((item) => item.id)

beforeEach(() => {
  setActivePinia(createPinia())
  http.useCsrf('c')
  store = useNotificationsStore()
})
afterEach(() => vi.unstubAllGlobals())

describe('the list', () => {
  it('is loaded with its count, and more of it on demand', async () => {
    serverWith(45)
    await store.reload()
    expect([ids().length, store.unread, store.hasMore]).toEqual([20, 45, true])
    await store.loadMore()
    expect([ids().length, store.hasMore]).toEqual([45, false])
  })

  it('misses nothing when deletions have shifted the pages', async () => {
    const { state } = serverWith(40)
    await store.reload()
    for (const id of [40, 39, 38]) await store.remove(id)
    await store.loadMore()
    await store.loadMore()
    expect(ids()).toEqual(state.items.map((item) => item.id))
  })

  it('doubles nothing when new ones have shifted the pages', async () => {
    const { state } = serverWith(40)
    await store.reload()
    for (const id of [41, 42]) {
      state.items.unshift(notification(id))
      store.receive(arrives(id))
    }
    await store.loadMore()
    await store.loadMore()
    expect(ids()).toEqual(state.items.map((item) => item.id))
  })

  it('keeps what happened while it was on its way', async () => {
    serverWith(3)
    const loading = store.reload()
    store.receive(arrives(9))
    store.receive({
      type: 'notification.deleted',
      topic: 'users/42',
      epoch: 'e1',
      offset: 10,
      data: { id: 2 },
    })
    store.receive({ type: 'unread_count', data: { count: 7, version: 12 } })
    await loading
    expect(ids()).toEqual([9, 3, 1])
    expect(store.unread).toBe(7)
  })

  it('of the person before is not shown to the next', async () => {
    serverWith(3)
    const loading = store.reload()
    store.reset()
    await loading
    expect(ids()).toEqual([])
  })

  it('says that it failed, and can be tried again', async () => {
    scriptFetch(() => 'no network')
    await store.reload()
    expect([store.failed, store.loaded]).toEqual([true, false])
    serverWith(1)
    await store.reload()
    expect([store.failed, store.loaded]).toEqual([false, true])
  })
})

describe('a click', () => {
  it('shows at once and tells the server', async () => {
    const { calls } = serverWith(2)
    await store.reload()
    const marked = store.markRead(2)
    expect(store.items[0]?.status).toBe('READ')
    expect(store.unread).toBe(1)
    expect(await marked).toBe(true)
    expect(paths(calls).at(-1)).toBe('PUT /notifications/2/read')
  })

  it('that fails is taken back by the truth', async () => {
    serverWith(2)
    await store.reload()
    const truth = globalThis.fetch
    vi.stubGlobal('fetch', (address: string, init: RequestInit) =>
      init.method === 'GET' ? truth(address, init) : Promise.reject(new TypeError('offline')),
    )
    expect(await store.remove(2)).toBe(false)
    expect(ids()).toEqual([2, 1])
    expect(store.unread).toBe(2)
  })

  it('on what another tab has deleted already is no failure', async () => {
    serverWith(1)
    await store.reload()
    scriptFetch(() => [404, { code: 'NOT_FOUND' }])
    expect(await store.remove(1)).toBe(true)
    expect(ids()).toEqual([])
  })
})

describe('what is sent to everyone', () => {
  const broadcast = (id: number): RealtimeEvent => ({
    type: 'notification',
    topic: 'broadcast',
    epoch: 'e1',
    offset: id,
    data: notification(id, { user_id: null }),
  })
  const own = { topic: 'users/42', epoch: 'e1', offset: 9 }
  const deleted = (id: number): RealtimeEvent => ({
    type: 'notification.deleted',
    ...own,
    data: { id },
  })
  const read = (id: number): RealtimeEvent => ({
    type: 'notification.read',
    ...own,
    data: { id, read_at: '2030-01-01T00:00:00Z' },
  })

  it('rings, unless it was heard to be read or deleted already', () => {
    for (const event of [deleted(5), broadcast(5), read(6), broadcast(6)]) store.receive(event)
    expect([store.rings, useToasts().toasts.length]).toEqual([0, 0])
    store.receive(broadcast(7))
    expect([store.rings, useToasts().toasts.length]).toEqual([1, 1])
    expect(store.items.map((item) => `${item.id} ${item.status}`)).toEqual(['7 UNREAD', '6 READ'])
  })

  it('and heard to be deleted stays away, also while the list is fetched anew', async () => {
    serverWith(2)
    store.receive(deleted(5))
    const loading = store.reload()
    store.receive(broadcast(5))
    await loading
    expect(ids()).toEqual([2, 1])
    store.receive(broadcast(5))
    expect(ids()).toEqual([2, 1])
  })

  it('is told anew after a gap: a restored backup uses the same ids again', async () => {
    serverWith(0)
    store.receive(deleted(5))
    await store.startOver()
    store.receive(broadcast(5))
    expect(ids()).toEqual([5])
  })
})

describe('a part of the list', () => {
  const ORDERS = { unreadOnly: false, category: 'shopping' }
  const shown = () => store.shown.map((item) => item.id)

  beforeEach(async () => {
    scriptFetch(() => [
      200,
      [{ name: 'ORDER', category: 'shopping', title: '', icon: '', link: '' }],
    ])
    await useTypes().load()
  })

  it("is the server's, and finds the old one among thousands with one request", async () => {
    const { state, calls } = serverWith(3_000)
    state.items[2_900] = notification(100, { type: 'ORDER' })
    await store.reload()
    store.show(ORDERS)
    expect([shown(), store.hasMore]).toEqual([[], true])
    await store.loadMore()
    expect([shown(), store.hasMore]).toEqual([[100], false])
    expect(paths(calls).at(-1)).toBe('GET /notifications?cursor=2981&size=100&category=shopping')
  })

  it('shows at once what is known of it, and makes no hole in the whole list', async () => {
    const { state } = serverWith(500)
    for (const place of [3, 300, 400])
      state.items[place] = notification(500 - place, { type: 'ORDER' })
    await store.reload()
    store.show(ORDERS)
    expect(shown()).toEqual([497])
    await store.loadMore()
    expect(shown()).toEqual([497, 200, 100])
    store.show(EVERYTHING)
    expect(shown()).toEqual(state.items.slice(0, 20).map((item) => item.id))
    while (store.hasMore) await store.loadMore()
    expect(shown()).toEqual(state.items.map((item) => item.id))
  })

  it('has what came and went while it was fetched, once', async () => {
    const { state } = serverWith(400)
    state.items = state.items.map((item) => notification(Number(item.id), { type: 'ORDER' }))
    await store.reload()
    store.show(ORDERS)
    await store.loadMore()
    const arrived = notification(401, { type: 'ORDER' })
    state.items.unshift(arrived)
    store.receive({ ...arrives(401), data: arrived } as RealtimeEvent)
    await store.remove(350)
    while (store.hasMore) await store.loadMore()
    expect(shown()).toEqual(state.items.map((item) => item.id))
  })

  it('of the unread shrinks under the hand and still misses nothing', async () => {
    const { state } = serverWith(300)
    await store.reload()
    store.show({ unreadOnly: true, category: '' })
    await store.loadMore()
    for (const id of [300, 299, 250]) await store.markRead(id)
    while (store.hasMore) await store.loadMore()
    expect(shown()).toEqual(
      state.items.filter((item) => item.status === 'UNREAD').map((item) => item.id),
    )
    expect(shown()).toHaveLength(297)
  })
})

describe('paging', () => {
  it('misses nothing that deletions elsewhere have shifted before they were heard of', async () => {
    const { state } = serverWith(400)
    await store.reload()
    await store.loadMore()
    // Another device deleted them, and the events are still on their way.
    const gone = state.items.splice(10, 60).map((item) => item.id)
    while (store.hasMore) await store.loadMore()
    expect(ids().filter((id) => !gone.includes(id))).toEqual(state.items.map((item) => item.id))
  })

  it('tells that older ones could not be had, and has them when tried again', async () => {
    const { state } = serverWith(30)
    await store.reload()
    const server = globalThis.fetch
    scriptFetch(() => 'no network')
    await store.loadMore()
    expect([store.failedMore, store.failed, ids().length]).toEqual([true, false, 20])
    vi.stubGlobal('fetch', server)
    await store.retry()
    expect([store.failedMore, ids().length]).toEqual([false, state.items.length])
  })

  it('ends where the server only ever says what is known', async () => {
    const calls = scriptFetch(({ path }) =>
      path.includes('unread/count')
        ? [200, { count: 0, version: 1 }]
        : [200, { results: [notification(5)], next: 'http://x/?cursor=5', previous: null }],
    )
    await store.reload()
    await store.loadMore()
    expect([store.failedMore, calls.length]).toEqual([true, 2 + 1])
  })

  it('asks for each row once, however many come meanwhile', async () => {
    const { state, calls } = serverWith(220)
    await store.reload()
    for (let id = 221; store.hasMore; id += 1) {
      state.items.unshift(notification(id))
      await store.loadMore()
    }
    expect(ids()).toEqual(Array.from({ length: 220 }, (_, index) => 220 - index))
    expect(paths(calls).filter((path) => path.includes('cursor'))).toEqual([
      'GET /notifications?cursor=201&size=100',
      'GET /notifications?cursor=101&size=100',
    ])
  })

  it('begins anew, when tried again, where the server no longer knows the place', async () => {
    serverWith(150)
    await store.reload()
    const server = globalThis.fetch
    scriptFetch(() => [400, { code: 'INVALID', message: 'Invalid input' }])
    await store.loadMore()
    expect([store.failedMore, ids().length]).toEqual([true, 20])
    vi.stubGlobal('fetch', server)
    await store.retry()
    expect([store.failedMore, store.hasMore]).toEqual([false, true])
    while (store.hasMore) await store.loadMore()
    expect(ids()).toHaveLength(150)
  })

  it('keeps up with ten thousand', async () => {
    const { state } = serverWith(10_000)
    await store.reload()
    while (store.hasMore) await store.loadMore()
    expect(ids()).toEqual(state.items.map((item) => item.id))
  })
})

describe('a toast', () => {
  it('is shown for what is new, once, three at a time', async () => {
    serverWith(1)
    await store.reload()
    const toasts = useToasts()
    for (const id of [1, 5, 5]) store.receive(arrives(id))
    expect([toasts.toasts.length, store.rings]).toEqual([1, 1])
    for (const id of [6, 7, 8]) store.receive(arrives(id))
    expect(toasts.toasts).toHaveLength(3)
  })

  it('goes when its notification is read in another tab', () => {
    store.receive(arrives(5))
    store.receive({
      type: 'notification.read',
      topic: 'users/42',
      epoch: 'e1',
      offset: 6,
      data: { id: 5, read_at: '2030-01-01T00:00:00Z' },
    })
    expect(useToasts().toasts).toEqual([])
  })
})

describe('a room that is being looked at', () => {
  const mention = (id: number, room_id: number): RealtimeEvent =>
    ({
      ...arrives(id),
      data: notification(id, { data: { room_id } }),
    }) as RealtimeEvent

  it('does not ring: what is said there is marked as read', async () => {
    const { calls } = serverWith(0)
    useRooms().look(7)
    store.receive(mention(1, 7))
    expect([store.rings, store.rung, useToasts().toasts.length]).toEqual([0, null, 0])
    expect(store.items.map(({ status }) => status)).toEqual(['READ'])
    await vi.waitFor(() => expect(paths(calls)).toContain('PUT /notifications/1/read'))
  })

  it('rings for other rooms, and once nobody looks any more', () => {
    serverWith(0)
    useRooms().look(7)
    store.receive(mention(1, 8))
    store.receive(arrives(2))
    useRooms().look(null)
    store.receive(mention(3, 7))
    expect([store.rings, useToasts().toasts.length]).toEqual([3, 3])
  })
})

describe('what was edited', () => {
  it('shows its text in the toast too, without ringing again', () => {
    serverWith(0)
    store.receive(arrives(1))
    store.receive({
      type: 'notification.updated',
      topic: 'users/42',
      epoch: 'e1',
      offset: 2,
      data: notification(1, { message: 'now' }),
    })
    expect(useToasts().toasts).toMatchObject([{ notification: { message: 'now' } }])
    expect([store.rings, store.items[0]?.message]).toEqual([1, 'now'])
  })
})

describe('marking all as read', () => {
  it('marks what the list shows of a category, and no other', async () => {
    const { calls } = serverWith(0)
    vi.spyOn(useTypes(), 'categoryOf').mockImplementation((type) =>
      type === 'SYSTEM' ? 'system' : 'shopping',
    )
    store.receive(arrives(1))
    store.receive({ ...arrives(2), data: notification(2, { type: 'ORDER' }) } as RealtimeEvent)
    store.show({ unreadOnly: false, category: 'shopping' })
    await store.markAllRead()
    expect(store.items.map(({ id, status }) => [id, status])).toEqual([
      [2, 'READ'],
      [1, 'UNREAD'],
    ])
    const sent = calls.find(({ path }) => path.endsWith('/read-all'))
    expect(sent).toMatchObject({ method: 'PUT', body: { category: 'shopping' } })
    store.show(EVERYTHING)
    await store.markAllRead()
    expect(store.items.map(({ status }) => status)).toEqual(['READ', 'READ'])
  })
})
