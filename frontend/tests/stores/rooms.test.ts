import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { toRoom, type Room } from '@/lib/rooms'
import { useRooms } from '@/stores/rooms'

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
    store.heardMessage(message(5))
    expect(store.rooms.map(({ id }) => id)).toEqual([7, 1])
    expect(store.rooms[0]?.last_message?.content).toBe('message 5')
    // An edit of an older one is not the last word.
    store.heardMessage(message(4))
    expect(store.rooms[0]?.last_message?.content).toBe('message 5')
  })

  it('takes a room that one joins from those that one may join', async () => {
    scriptFetch(() => [200, page(room(3, { open: true, role: null }))])
    await store.loadJoinable()
    store.put(room(3))
    expect(store.joinable).toEqual([])
    expect(store.rooms.map(({ id }) => id)).toEqual([3])
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
