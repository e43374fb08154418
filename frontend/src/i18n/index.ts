import { rememberedLocale } from '@/lib/locale'

import { en, type Catalogue } from './en'
import { isolating } from './isolating'
import { ko } from './ko'

export type { Catalogue }

/** The first of the person's languages that there is a catalogue for, else English. */
export function catalogueFor(languages: readonly string[]): Catalogue {
  for (const language of languages) {
    const primary = language.toLowerCase().split('-')[0]
    if (primary === 'ko') return ko
    if (primary === 'en') return en
  }
  return en
}

/** What the person may choose, each called by its own name. */
export const LANGUAGES = { en: 'English', ko: '한국어' } as const

/** The account's language, or else the browser's. Does not change while the page is open. */
export const text: Catalogue = isolating(
  catalogueFor(
    [
      rememberedLocale().language,
      ...(typeof navigator === 'undefined' ? [] : [navigator.language, ...navigator.languages]),
    ].filter((language) => language !== null),
  ),
)
