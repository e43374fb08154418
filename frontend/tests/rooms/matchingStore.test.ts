import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { useMatching } from '@/rooms/matchingStore'

import { paths, scriptFetch } from '../scriptedFetch'

let store: ReturnType<typeof useMatching>
const waiting = () => ({ expires_at: new Date(Date.now() + 120_000).toISOString() })
const matchingCalls = (calls: Parameters<typeof paths>[0]) =>
  paths(calls).filter((path) => path.endsWith('/matching'))

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  store = useMatching()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('who wants to meet somebody', () => {
  it('is paired at once where somebody waits already', async () => {
    scriptFetch(() => [200, { status: 'matched', room_id: 7 }])
    await store.seek()
    expect([store.status, store.matchedRoom]).toEqual(['idle', 7])
  })

  it('waits, says every 20 s to be still there, and is told by an event', async () => {
    const calls = scriptFetch(() => [202, waiting()])
    await store.seek()
    await vi.advanceTimersByTimeAsync(45_000)
    expect(matchingCalls(calls)).toEqual(Array(3).fill('POST /matching'))
    store.matched(9)
    expect([store.status, store.matchedRoom]).toEqual(['idle', 9])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(matchingCalls(calls)).toHaveLength(3)
  })

  it('can give it up, and is not paired after that', async () => {
    const calls = scriptFetch(({ method }) => (method === 'POST' ? [202, waiting()] : [204]))
    await store.seek()
    await store.giveUp()
    store.matched(9)
    expect([store.status, store.matchedRoom]).toEqual(['idle', null])
    expect(matchingCalls(calls)).toEqual(['POST /matching', 'DELETE /matching'])
  })

  it('is asked to press again where nobody came in time', async () => {
    const until = new Date(Date.now() + 120_000).toISOString()
    scriptFetch(({ method }) => (method === 'POST' ? [202, { expires_at: until }] : [204]))
    await store.seek()
    await vi.advanceTimersByTimeAsync(121_000)
    expect(store.status).toBe('in-vain')
  })

  it('is told when the server cannot be asked', async () => {
    scriptFetch(() => [500, {}])
    await store.seek()
    expect(store.status).toBe('failed')
  })
})
