import { expect, it } from 'vitest'

import { catalogueFor } from '@/i18n'

it.each([
  [['ko-KR', 'en'], 'ko'],
  [['en-GB'], 'en'],
  [['fr-FR', 'ko'], 'ko'],
  [['de'], 'en'],
  [[], 'en'],
])('speaks to %j in %s', (languages, expected) => {
  expect(catalogueFor(languages).language).toBe(expected)
})
