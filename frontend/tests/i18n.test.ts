import { expect, it } from 'vitest'

import { catalogueFor } from '@/i18n'
import { CATALOGUES as assistant } from '@/i18n/assistant'
import { CATALOGUES as roomDialog } from '@/i18n/roomDialog'
import { CATALOGUES as rooms } from '@/i18n/rooms'

it.each([
  [['ko-KR', 'en'], 'ko'],
  [['en-GB'], 'en'],
  [['fr-FR', 'ko'], 'ko'],
  [['de'], 'en'],
  [[], 'en'],
])('speaks to %j in %s', (languages, expected) => {
  expect(catalogueFor(languages).language).toBe(expected)
})

/** Every text of a catalogue; functions are called with what they may get. */
function texts(of: unknown): string[] {
  if (typeof of === 'string') return [of]
  if (typeof of === 'function') return []
  return Object.values(of as object).flatMap(texts)
}

it.each([
  ['rooms', rooms],
  ['dialog of a room', roomDialog],
  ['assistant', assistant],
])('has words for the %s in both languages', (_, { en, ko }) => {
  expect(texts(ko)).toHaveLength(texts(en).length)
  for (const text of texts(ko)) expect(text).toMatch(/[가-힣]/)
})
