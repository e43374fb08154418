import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { browserLocale, rememberedLocale, rememberLocale, timeZones, zoneFor } from '@/lib/locale'

const kept = new Map<string, string>()
beforeEach(() => {
  kept.clear()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  })
})
afterEach(() => vi.unstubAllGlobals())

it('remembers what the account has, and nothing where nothing is known', () => {
  expect(rememberedLocale()).toEqual({ language: null, time_zone: null })
  rememberLocale({ language: 'ko', time_zone: 'Asia/Seoul' })
  rememberLocale({ language: null, time_zone: null })
  expect(rememberedLocale()).toEqual({ language: 'ko', time_zone: 'Asia/Seoul' })
})

it('goes on without a memory', () => {
  vi.stubGlobal('localStorage', {
    getItem: () => {
      throw new Error('denied')
    },
    setItem: () => {
      throw new Error('denied')
    },
  })
  rememberLocale({ language: 'ko', time_zone: 'Asia/Seoul' })
  expect(rememberedLocale()).toEqual({ language: null, time_zone: null })
})

it.each([
  ['Asia/Seoul', 'Asia/Seoul'],
  ['Mars/Base', browserLocale().time_zone],
  ['', browserLocale().time_zone],
  [null, browserLocale().time_zone],
])('shows times for %j in %s', (account, shown) => {
  expect(zoneFor(account)).toBe(shown)
})

it('offers the zone of the account even if the browser does not list it', () => {
  expect(timeZones('Asia/Calcutta')).toContain('Asia/Calcutta')
  expect(timeZones(null)).toContain('UTC')
})
