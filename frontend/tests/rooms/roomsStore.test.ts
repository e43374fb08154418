import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { toRoom, type Room } from '@/rooms/room'
import { useRooms } from '@/rooms/roomsStore'

import { message } from '../message'
import { scriptFetch } from '../scriptedFetch'

const room = (id: number, more: object = {}): Room =>
  toRoom({ id, name: `room ${id}`, kind: 'group', role: 'member', ...more }) as Room
const page = (...results: object[]) => ({ results, next: null, previous: null })

let store: ReturnType<typeof useRooms>
const shown = () => store.rooms.map(({ id, unread_count }) => `${id}: ${unread_count}`)

beforeEach(() => {
  setActivePinia(createPinia())
  store = useRooms()
})
afterEach(() => vi.unstubAllGlobals())

describe('the list of rooms', () => {
  it('counts what is unread, but not in the room that is looked at', async () => {
    scriptFetch(() => [200, page(room(1, { unread_count: 2 }), room(2, { unread_count: 3 }))])
    store.look(2)
    await store.load()
    expect(shown()).toEqual(['1: 2', '2: 0'])
    expect(store.unread).toBe(2)
  })

  it('has the one on top in which something was said last', async () => {
    scriptFetch(() => [200, page(room(1), room(7))])
    await store.load()
    store.receiveMessage(message(5))
    expect(store.rooms.map(({ id }) => id)).toEqual([7, 1])
    expect(store.rooms[0]?.last_message?.content).toBe('message 5')
    // An edit of an older one is not the last word.
    store.receiveMessage(message(4))
    expect(store.rooms[0]?.last_message?.content).toBe('message 5')
  })

  it('counts what is said where nobody looks, and has it on top', async () => {
    const calls = scriptFetch(() => [200, page(room(1), room(7), room(8))])
    await store.load()
    store.receiveSummary(message(5), false)
    store.receiveSummary(message(6), false)
    store.receiveSummary(message(7, { user_id: 1 }), true)
    store.receiveSummary(message(9, { room_id: 8 }), false)
    expect(shown()).toEqual(['8: 1', '7: 2', '1: 0'])
    expect(store.rooms[1]?.last_message?.content).toBe('message 7')
    // What is looked at is read.
    store.look(8)
    store.receiveSummary(message(10, { room_id: 8 }), false)
    expect(shown()[0]).toBe('8: 0')
    // And what comes twice is one thing.
    store.receiveSummary(message(7, { user_id: 1, content: 'edited' }), true)
    expect(shown()).toEqual(['8: 0', '7: 2', '1: 0'])
    expect(store.rooms[1]?.last_message?.content).toBe('edited')
    expect(calls).toHaveLength(1)
  })

  it('asks for what it cannot tell by itself', async () => {
    const told = [message(4), message(2, { deleted_at: 'now' }), message(1, { room_id: 99 })]
    const calls = scriptFetch(() => [
      200,
      page(room(7, { unread_count: 2, last_message: message(5) })),
    ])
    await store.load()
    for (const [nth, each] of told.entries()) {
      store.receiveSummary(each, false)
      await vi.waitFor(() => expect(calls).toHaveLength(nth + 2))
    }
  })

  describe('that is on its way while something is heard', () => {
    const said = { unread_count: 1, last_message: message(5) }

    /** What is shown at the end, and how often the list was asked for after the first time. */
    async function overtaken(hear: () => void, answer: object, later: object = answer) {
      let release = (): void => undefined
      const calls = scriptFetch(async (_, nth) => {
        if (nth === 1) await new Promise<void>((resolve) => (release = resolve))
        return [200, page(...(nth === 0 ? [room(7)] : [nth === 1 ? answer : later]))]
      })
      await store.load()
      const late = store.load()
      await vi.waitFor(() => expect(calls).toHaveLength(2))
      hear()
      release()
      await late
      return calls
    }

    it.each([
      ['does not have it', room(7)],
      ['has it', room(7, said)],
    ])('counts it once where the answer %s', async (_, answer) => {
      const calls = await overtaken(() => store.receiveSummary(message(5), false), answer)
      expect(shown()).toEqual(['7: 1'])
      expect(store.rooms[0]?.last_message?.content).toBe('message 5')
      expect(calls).toHaveLength(2)
    })

    it('keeps a room that was just joined, and not one that was left', async () => {
      await overtaken(() => (store.put(room(3)), store.drop(7)), room(7))
      expect(shown()).toEqual(['3: 0'])
    })

    it('knows better of a room that was just joined', async () => {
      await overtaken(() => store.put(room(7)), room(7, said))
      expect(shown()).toEqual(['7: 1'])
    })

    it('need not be asked again for what came before the last that it has', async () => {
      const later = room(7, { unread_count: 2, last_message: message(6) })
      const calls = await overtaken(() => store.receiveSummary(message(5), false), later)
      expect(shown()).toEqual(['7: 2'])
      expect(store.rooms[0]?.last_message?.content).toBe('message 6')
      expect(calls).toHaveLength(2)
    })

    it('keeps what is read read', async () => {
      await overtaken(() => store.receiveRead(7, 5), room(7, said))
      expect(shown()).toEqual(['7: 0'])
    })

    it('asks again for what it still cannot tell', async () => {
      const gone = message(4, { deleted_at: 'now' })
      const calls = await overtaken(() => store.receiveSummary(gone, false), room(7, said), room(7))
      await vi.waitFor(() => expect(shown()).toEqual(['7: 0']))
      expect(calls).toHaveLength(3)
    })
  })

  it('counts nothing in what was read on another device', async () => {
    const calls = scriptFetch(() => [
      200,
      page(room(7, { unread_count: 2, last_message: message(5) })),
    ])
    await store.load()
    store.receiveRead(7, 5)
    expect(shown()).toEqual(['7: 0'])
    expect(calls).toHaveLength(1)
    store.receiveSummary(message(6), false)
    store.receiveSummary(message(7), false)
    store.receiveRead(7, 6)
    await vi.waitFor(() => expect(calls).toHaveLength(2))
  })

  it('takes a room that one joins from those that one may join', async () => {
    scriptFetch(() => [200, page(room(3, { open: true, role: null }))])
    await store.loadJoinable()
    store.put(room(3))
    expect(store.joinable).toEqual([])
    expect(store.rooms.map(({ id }) => id)).toEqual([3])
  })

  it('loads more of those that one may join, and none twice', async () => {
    const next = 'http://server/api/v1/rooms?cursor=two&open=true&size=100'
    const calls = scriptFetch(({ path }) =>
      path.includes('cursor=two')
        ? [200, page(room(3), room(2), room(1))]
        : [200, { ...page(room(5), room(4)), next }],
    )
    await store.loadJoinable()
    expect(store.moreJoinable).toBe('two')
    store.put(room(3))
    await Promise.all([store.loadMoreJoinable(), store.loadMoreJoinable()])
    expect(store.joinable.map(({ id }) => id)).toEqual([5, 4, 2, 1])
    expect(store.moreJoinable).toBeNull()
    await store.loadMoreJoinable()
    expect(calls).toHaveLength(2)
  })

  it('keeps the place of those that one may join when more of them cannot be loaded', async () => {
    const next = 'http://server/api/v1/rooms?cursor=two&open=true&size=100'
    scriptFetch((_, nth) => (nth === 1 ? [503, {}] : [200, { ...page(room(5)), next }]))
    await store.loadJoinable()
    await expect(store.loadMoreJoinable()).rejects.toThrow()
    expect(store.moreJoinable).toBe('two')
    expect(store.loadingMore).toBe(false)
  })

  it('has all rooms of somebody who has more than fit on a page', async () => {
    const next = 'http://server/api/v1/rooms?cursor=two&size=100'
    scriptFetch(({ path }) =>
      path.includes('cursor=two') ? [200, page(room(1))] : [200, { ...page(room(2)), next }],
    )
    await store.load()
    expect(shown()).toEqual(['2: 0', '1: 0'])
  })

  it('says that it failed, and keeps what it had', async () => {
    scriptFetch((_, nth) => (nth === 0 ? [200, page(room(1))] : [500, {}]))
    await store.load()
    await store.load()
    expect(store.failed).toBe(true)
    expect(shown()).toEqual(['1: 0'])
  })

  it('of another person is not shown', async () => {
    scriptFetch(() => [200, page(room(1))])
    const late = store.load()
    store.reset()
    await late
    expect(shown()).toEqual([])
  })
})
