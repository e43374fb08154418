import { expect, it } from 'vitest'

import { momentOf, relativeTime } from '@/lib/time'

const NOW = Date.UTC(2030, 5, 15, 12)
const ago = (seconds: number, language: string) =>
  relativeTime(NOW - seconds * 1000, NOW, language, 'just now')

it('says how long ago in the language of the page', () => {
  expect(ago(5, 'en')).toBe('just now')
  expect(ago(125, 'ko')).toBe('2분 전')
  expect(ago(2 * 3600, 'ko')).toBe('2시간 전')
  expect(ago(86_400, 'en')).toBe('yesterday')
})

it('knows no future: the clock of the server may be ahead', () => {
  expect(ago(-30, 'en')).toBe('just now')
})

it('gives the date after a week, and nothing for no time at all', () => {
  expect(ago(10 * 86_400, 'en')).toBe('Jun 5')
  expect(relativeTime(Number.NaN, NOW, 'en', 'just now')).toBe('')
})

const at = (year: number, month: number, day: number) =>
  new Date(year, month - 1, day, 18, 1).getTime()
it.each([
  [at(2026, 11, 30), 'en-US', /^6:01\sPM$/],
  [at(2026, 11, 29), 'en-US', /^Nov 29.* 6:01\sPM$/],
  [at(2025, 10, 26), 'en-US', /^Oct 26, 2025.* 6:01\sPM$/],
  [at(2026, 11, 30), 'ko', /^(오후|PM) 6:01$/],
  [at(2026, 11, 29), 'ko', /^11월 29일 (오후|PM) 6:01$/],
  [at(2025, 10, 26), 'ko', /^2025년 10월 26일 (오후|PM) 6:01$/],
  [at(2027, 1, 1), 'en-US', /^Jan 1, 2027.* 6:01\sPM$/],
  [Number.NaN, 'en-US', /^$/],
] as const)('a moment of another day has its date: %s in %s', (moment, language, expected) => {
  expect(momentOf(moment, at(2026, 11, 30), language)).toMatch(expected)
})
