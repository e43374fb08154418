import { en, type Catalogue } from './en'
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

/** Does not change while the page is open. */
export const text: Catalogue =
  typeof navigator === 'undefined' ? en : catalogueFor([navigator.language, ...navigator.languages])
