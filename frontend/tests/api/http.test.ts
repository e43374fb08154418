import { afterEach, beforeEach, expect, it, vi } from 'vitest'

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
  const calls = scriptFetch(({ path }) => (path === '/auth/csrf' ? [200, { csrf_token: 'c' }] : [204]))
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
