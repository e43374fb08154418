import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { useAuth } from '@/shell/authStore'

import { type Call, paths, scriptFetch } from '../scriptedFetch'

const MINUTE = 60_000

/** A token for 15 minutes of a server whose clock is a day ahead. */
function token(): string {
  const iat = Math.floor(Date.now() / 1000) + 86_400
  return `x.${btoa(JSON.stringify({ sub: '42', iat, exp: iat + 900 }))}.x`
}

let refreshStatus: number
let calls: Call[]

function serve(): void {
  calls = scriptFetch(({ path }) => {
    if (path === '/auth/csrf') return [200, { csrf_token: 'c' }]
    if (path === '/auth/token') return [200, { access: token(), refresh: 'r', csrf_token: 'c2' }]
    if (path === '/auth/token/refresh')
      return refreshStatus === 200 ? [200, { access: token() }] : [refreshStatus]
    if (path === '/auth/logout') return [204]
    return [200, { id: 42, username: 'alice' }]
  })
}

const refreshes = () => paths(calls).filter((path) => path.endsWith('/refresh')).length

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  refreshStatus = 200
  serve()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

it('renews the token a minute before it expires, whatever the clocks say, and passes it on', async () => {
  const auth = useAuth()
  const passedOn: string[] = []
  auth.onRenewed((access) => passedOn.push(access))
  await auth.signIn('alice', 'secret')
  await vi.advanceTimersByTimeAsync(14 * MINUTE - 1_000)
  expect(refreshes()).toBe(0)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(refreshes()).toBe(1)
  expect(passedOn).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(14 * MINUTE)
  expect(refreshes()).toBe(2)
})

it('makes one request of two renewals at once', async () => {
  const auth = useAuth()
  await auth.signIn('alice', 'secret')
  expect(await Promise.all([auth.renew(), auth.renew()])).toEqual(['renewed', 'renewed'])
  expect(refreshes()).toBe(1)
})

it('is signed out, and says that it was not asked to, when the server refuses to renew', async () => {
  const auth = useAuth()
  await auth.signIn('alice', 'secret')
  refreshStatus = 401
  expect(await auth.renew()).toBe('signed-out')
  expect([auth.status, auth.user, auth.ended]).toEqual(['signed-out', null, true])
})

it('stays signed in through a server that is away, and tries again soon', async () => {
  const auth = useAuth()
  await auth.signIn('alice', 'secret')
  refreshStatus = 503
  await vi.advanceTimersByTimeAsync(14 * MINUTE + 1_000)
  expect(auth.status).toBe('signed-in')
  refreshStatus = 200
  await vi.advanceTimersByTimeAsync(20_000)
  expect(refreshes()).toBe(2)
})

it('signs out with the CSRF token, and renews nothing afterwards', async () => {
  const auth = useAuth()
  await auth.signIn('alice', 'secret')
  await auth.signOut()
  expect(calls.at(-1)).toMatchObject({ method: 'POST', path: '/auth/logout', csrf: 'c2' })
  await vi.advanceTimersByTimeAsync(60 * MINUTE)
  expect([auth.status, refreshes()]).toEqual(['signed-out', 0])
})

it('says at the sign-in what the browser is set to, and changes it when asked', async () => {
  const bodies: unknown[] = []
  vi.stubGlobal('fetch', async (url: string, { method, body }: RequestInit) => {
    if (typeof body === 'string') bodies.push([method, JSON.parse(body) as unknown])
    const me = { id: 42, username: 'alice', language: 'en', time_zone: null }
    const answer = url.endsWith('/auth/token') ? { access: token(), csrf_token: 'c' } : me
    return Response.json(url.endsWith('/auth/csrf') ? { csrf_token: 'c' } : answer)
  })
  vi.stubGlobal('navigator', { language: 'ko-KR', languages: ['ko-KR'] })
  const auth = useAuth()
  await auth.signIn('alice', 'secret')
  expect(bodies[0]).toMatchObject([
    'POST',
    { username: 'alice', language: 'ko-KR', time_zone: expect.any(String) as string },
  ])
  await auth.setLocale({ language: 'en' })
  expect(bodies[1]).toEqual(['PATCH', { language: 'en' }])
  expect(auth.user).toMatchObject({ language: 'en' })
})
