import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { useJobs } from '@/jobs/jobsStore'
import type { Job, JobStatus } from '@/realtime'

import { scriptFetch } from '../scriptedFetch'

/** A later `at` is a later report. */
function job(id: number, status: JobStatus, at = 0, progress = 0.5): Job {
  const updated_at = `2030-01-01T00:00:0${at}.000000Z`
  return {
    id,
    title: `job ${id}`,
    status,
    progress,
    message: '',
    link: null,
    cancel_requested: false,
    updated_at,
  }
}

let store: ReturnType<typeof useJobs>
const shown = () => store.jobs.map(({ id, status }) => `${id} ${status}`)
const seconds = (count: number) => vi.advanceTimersByTime(count * 1000)

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  store = useJobs()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('a job', () => {
  it('is shown while it runs, the latest made on top', () => {
    for (const one of [job(1, 'queued'), job(2, 'running'), job(1, 'running', 1)])
      store.receive(one)
    expect(shown()).toEqual(['2 running', '1 running'])
  })

  it('that has ended leaves after a moment, and does not come back', () => {
    for (const one of [job(1, 'running'), job(1, 'succeeded', 1)]) store.receive(one)
    expect(shown()).toEqual(['1 succeeded'])
    seconds(4)
    expect(shown()).toEqual([])
    store.receive(job(1, 'running'))
    expect(shown()).toEqual([])
  })

  it('that was over before it was ever seen is not shown', () => {
    store.receive(job(1, 'failed'))
    expect(shown()).toEqual([])
  })

  it('is as its latest report says, in whatever order they come', () => {
    for (const one of [job(1, 'running', 5, 0.9), job(1, 'running', 4, 0.2)]) store.receive(one)
    expect(store.jobs[0]?.progress).toBe(0.9)
  })

  it('of which nothing is heard stays until it is heard of again, or hidden', () => {
    for (const one of [job(1, 'running'), job(1, 'stale', 1)]) store.receive(one)
    seconds(60)
    expect(shown()).toEqual(['1 stale'])
    store.receive(job(1, 'running', 2))
    expect(shown()).toEqual(['1 running'])
    store.dismiss(1)
    expect(shown()).toEqual([])
  })
})

describe('asking for the end of a job', () => {
  const asked = { ...job(1, 'running', 1), cancel_requested: true }

  it('shows at once that its service was asked', async () => {
    const calls = scriptFetch(({ path }) => (path === '/auth/csrf' ? [204] : [200, asked]))
    store.receive(job(1, 'running'))
    expect(await store.requestCancel(1)).toBe(true)
    expect(store.jobs[0]?.cancel_requested).toBe(true)
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toContain('POST /jobs/1/cancel')
  })

  it.each([404, 409])('that has ended before takes it away (%d)', async (status) => {
    scriptFetch(({ method }) => (method === 'GET' ? [200, { results: [] }] : [status, {}]))
    store.receive(job(1, 'running'))
    expect(await store.requestCancel(1)).toBe(true)
    expect(shown()).toEqual([])
  })

  it.each([429, 500, 503])('says so where it was not heard (%d)', async (status) => {
    scriptFetch(({ method }) => (method === 'GET' ? [200, { results: [] }] : [status, {}]))
    store.receive(job(1, 'running'))
    expect(await store.requestCancel(1)).toBe(false)
    expect(shown()).toEqual(['1 running'])
  })

  it('shows that it was cancelled, and lets it leave', () => {
    store.receive(asked)
    store.receive(job(1, 'cancelled', 2))
    expect(shown()).toEqual(['1 cancelled'])
    seconds(4)
    expect(shown()).toEqual([])
  })
})

describe('the list of jobs', () => {
  const answers = (...results: Job[]) => scriptFetch(() => [200, { results, next: null }])

  it('brings those that were there before the page', async () => {
    const calls = answers(job(2, 'queued'), job(1, 'running'))
    await store.load()
    expect(shown()).toEqual(['2 queued', '1 running'])
    expect(calls[0]?.path).toBe('/jobs?active=true&size=20')
  })

  it('takes away what is not active any more', async () => {
    answers(job(2, 'running'))
    for (const id of [1, 2]) store.receive(job(id, 'running'))
    await store.load()
    expect(shown()).toEqual(['2 running'])
  })

  it('does not undo what was heard while it was on its way', async () => {
    answers(job(2, 'running'), job(1, 'running', 1, 0.1))
    const loading = store.load()
    for (const one of [job(1, 'running', 2), job(2, 'failed', 3), job(3, 'queued')])
      store.receive(one)
    await loading
    expect(shown()).toEqual(['3 queued', '1 running'])
    expect(store.jobs[1]?.progress).toBe(0.5)
  })

  it('that cannot be had leaves all as it is', async () => {
    scriptFetch(() => 'no network')
    store.receive(job(1, 'running'))
    await store.load()
    expect(shown()).toEqual(['1 running'])
  })

  it('of the person before is not shown to the next', async () => {
    answers(job(1, 'running'))
    const loading = store.load()
    store.reset()
    await loading
    expect(shown()).toEqual([])
  })
})
