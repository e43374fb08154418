import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { http } from '@/api'
import { usePreferences } from '@/notifications/preferencesStore'
import type { Preferences } from '@/realtime'

import { paths, scriptFetch, type Call } from '../scriptedFetch'

const ALL_ON: Preferences = { shopping: true, blog: true, system: true }

let store: ReturnType<typeof usePreferences>
const shown = () => Object.fromEntries((store.categories ?? []).map(({ name, on }) => [name, on]))

/** A server that keeps what it is told, unless `refuses`. */
function server(options: { refuses?: boolean } = {}) {
  let state = { ...ALL_ON }
  const calls: Call[] = scriptFetch(({ method, body }) => {
    if (method === 'GET') return [200, state]
    if (options.refuses) return [503, { code: 'UNAVAILABLE' }]
    state = { ...state, ...(body as Preferences) }
    return [200, state]
  })
  return { calls, options }
}

beforeEach(() => {
  setActivePinia(createPinia())
  http.useCsrf('c')
  store = usePreferences()
})
afterEach(() => vi.unstubAllGlobals())

it('are not known before they were asked for', async () => {
  server()
  expect(store.categories).toBeNull()
  await store.load()
  expect(shown()).toEqual(ALL_ON)
})

it('say that they could not be had, and can be asked for again', async () => {
  scriptFetch(() => 'no network')
  await store.load()
  expect([store.failed, store.categories]).toEqual([true, null])
  server()
  await store.load()
  expect([store.failed, shown()]).toEqual([false, ALL_ON])
})

it('follow what is switched in another tab', async () => {
  server()
  await store.load()
  store.receive({ ...ALL_ON, blog: false })
  expect(shown()).toEqual({ ...ALL_ON, blog: false })
})

describe('a switch', () => {
  it('moves at once and tells the server, one after the other', async () => {
    const { calls } = server()
    await store.load()
    const told = [store.set('shopping', false), store.set('blog', false)]
    expect(shown()).toEqual({ shopping: false, blog: false, system: true })
    await Promise.all(told)
    expect(shown()).toEqual({ shopping: false, blog: false, system: true })
    expect(paths(calls).slice(1)).toEqual(Array(2).fill('PUT /notifications/preferences'))
    expect(calls.slice(1).map((call) => call.body)).toEqual([{ shopping: false }, { blog: false }])
  })

  it('goes back where the server refuses, and says which', async () => {
    const { options } = server({ refuses: true })
    await store.load()
    await store.set('blog', false)
    expect(shown()).toEqual(ALL_ON)
    expect(store.refused).toEqual({ category: 'blog', on: false })
    options.refuses = false
    await store.set('blog', false)
    expect(shown()).toEqual({ ...ALL_ON, blog: false })
    expect(store.refused).toBeNull()
  })

  it('ends where the last click put it', async () => {
    server()
    await store.load()
    await Promise.all([false, true, false].map((on) => store.set('blog', on)))
    expect(shown()).toEqual({ ...ALL_ON, blog: false })
  })

  it('does not undo, by its late answer, what another tab did after it', async () => {
    let answer: (body: Preferences) => void = () => undefined
    scriptFetch(({ method }) =>
      method === 'GET'
        ? [200, ALL_ON]
        : new Promise((resolve) => {
            answer = (body) => resolve([200, body])
          }),
    )
    await store.load()
    const told = store.set('blog', false)
    await vi.waitFor(() => expect(answer.length).toBe(1))
    store.receive({ ...ALL_ON, blog: false })
    store.receive({ ...ALL_ON, blog: false, shopping: false })
    answer({ ...ALL_ON, blog: false })
    await told
    expect(shown()).toEqual({ shopping: false, blog: false, system: true })
  })
})

it('of the person before are not shown to the next', async () => {
  server()
  const loading = store.load()
  store.reset()
  await loading
  expect(store.categories).toBeNull()
})
