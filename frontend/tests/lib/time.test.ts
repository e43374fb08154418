import { expect, it } from 'vitest'

import { relativeTime } from '@/lib/time'

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
