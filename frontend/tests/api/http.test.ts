import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { ApiError } from '@/api/errors'
import { Http } from '@/api/http'

import { paths, scriptFetch } from '../scriptedFetch'

let http: Http
let renewals: number

beforeEach(() => {
  http = new Http()
  renewals = 0
  http.onUnauthorized = async () => {
    renewals += 1
    return true
  }
})
afterEach(() => vi.unstubAllGlobals())

it('fetches the CSRF token before the first unsafe request, and sends it', async () => {
  const calls = scriptFetch(({ path }) =>
    path === '/auth/csrf' ? [200, { csrf_token: 'c' }] : [204],
  )
  await http.request('PUT', '/a')
  await http.request('DELETE', '/b')
  await http.request('GET', '/c')
  expect(calls.map(({ path, csrf }) => [path, csrf])).toEqual([
    ['/auth/csrf', null],
    ['/a', 'c'],
    ['/b', 'c'],
    ['/c', null],
  ])
})

it('renews once after a 401 and asks again', async () => {
  const calls = scriptFetch((_call, nth) => (nth === 0 ? [401] : [200, { ok: true }]))
  expect(await http.request('GET', '/a')).toEqual({ ok: true })
  expect(renewals).toBe(1)
  expect(calls).toHaveLength(2)
})

it('takes the second 401 as the answer', async () => {
  const calls = scriptFetch(() => [401, { code: 'AUTH_ERROR', message: 'Authentication failed' }])
  await expect(http.request('GET', '/a')).rejects.toMatchObject({ status: 401, code: 'AUTH_ERROR' })
  expect(calls).toHaveLength(2)
})

it('fetches the CSRF token anew when it has changed under the page', async () => {
  http.useCsrf('old')
  const calls = scriptFetch(({ path, csrf }) => {
    if (path === '/auth/csrf') return [200, { csrf_token: 'new' }]
    return csrf === 'new' ? [204] : [403, { code: 'FORBIDDEN' }]
  })
  await http.request('PUT', '/a')
  expect(paths(calls)).toEqual(['PUT /a', 'GET /auth/csrf', 'PUT /a'])
})

it('tells a missing network from an answer', async () => {
  scriptFetch(() => 'no network')
  const error = await http.request('GET', '/a').catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(ApiError)
  expect(error).toMatchObject({ status: 0, code: 'NETWORK' })
})

it('lets a change outlive the page, but nothing that is only asked for', async () => {
  http.useCsrf('c')
  const calls = scriptFetch(() => [200, {}])
  await http.request('GET', '/list')
  await http.request('PUT', '/read-all')
  await http.request('PATCH', '/room', { body: { name: '방' } })
  await http.request('POST', '/matching', { keepalive: false })
  await http.response('POST', '/stream', { body: { message: 'Why?' } })
  expect(calls.map(({ path, keepalive }) => [path, keepalive])).toEqual([
    ['/list', false],
    ['/read-all', true],
    ['/room', true],
    ['/matching', false],
    ['/stream', false],
  ])
})

it('does not ask a browser to keep more than it takes', async () => {
  http.useCsrf('c')
  let answer = () => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const calls = scriptFetch(async () => {
    await answered
    return [204]
  })
  const body = { content: '가'.repeat(1_900) }
  const sent = Array.from({ length: 20 }, () => http.request('PUT', '/a', { body }))
  await vi.waitFor(() => expect(calls).toHaveLength(20))
  const lasting = calls.filter(({ keepalive }) => keepalive)
  expect(lasting.length).toBeGreaterThan(0)
  // Of older browsers.
  expect(lasting.length).toBeLessThanOrEqual(10)
  const bytes = new TextEncoder().encode(JSON.stringify(body)).length * lasting.length
  expect(bytes).toBeLessThanOrEqual(64 * 1024)
  answer()
  await Promise.all(sent)

  // Once they are answered there is room again; and what is too large is sent all the same.
  await http.request('PUT', '/b')
  await http.request('PUT', '/c', { body: { content: 'x'.repeat(60_000) } })
  expect(calls.slice(-2).map(({ keepalive }) => keepalive)).toEqual([true, false])
})

describe('a refusal that passes', () => {
  const busy = (wait: string) => [503, { code: 'UNAVAILABLE' }, { 'Retry-After': wait }] as const

  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('is waited for as long as the server says', async () => {
    const calls = scriptFetch((_call, nth) => (nth === 0 ? busy('5') : [200, { ok: true }]))
    const asked = http.request('GET', '/a')
    await vi.advanceTimersByTimeAsync(4_999)
    expect(calls).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1_300)
    expect(await asked).toEqual({ ok: true })
    expect(calls).toHaveLength(2)
  })

  it('is the answer once it has come three times', async () => {
    const calls = scriptFetch(() => [429, { code: 'RATE_LIMITED' }, { 'Retry-After': '1' }])
    const asked = expect(http.request('GET', '/a')).rejects.toMatchObject({ retryAfterS: 1 })
    await vi.runAllTimersAsync()
    await asked
    expect(calls).toHaveLength(3)
  })

  it.each([
    ['GET', '600'],
    ['GET', ''],
    ['POST', '1'],
  ] as const)('is the answer to a %s with the wait %o', async (method, wait) => {
    http.useCsrf('c')
    const calls = scriptFetch(() => busy(wait))
    await expect(http.request(method, '/a')).rejects.toMatchObject({ status: 503 })
    expect(calls).toHaveLength(1)
  })

  it('is not waited for by a request that is given up', async () => {
    const calls = scriptFetch(() => busy('5'))
    const left = new AbortController()
    const asked = expect(http.response('GET', '/a', { signal: left.signal })).rejects.toMatchObject(
      {
        code: 'NETWORK',
      },
    )
    await vi.advanceTimersByTimeAsync(1_000)
    left.abort()
    await asked
    await vi.runAllTimersAsync()
    expect(calls).toHaveLength(1)
  })
})
