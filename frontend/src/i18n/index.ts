import { rememberedLocale } from '@/lib/locale'

import { isolating } from './isolating'
import * as jobs from './jobs'
import * as notifications from './notifications'
import * as shell from './shell'

/** The texts that every page needs; those of rooms and the assistant are loaded with their views. */
const en = { ...shell.en, ...notifications.en, ...jobs.en }
const ko: typeof en = { ...shell.ko, ...notifications.ko, ...jobs.ko }

type Catalogue = typeof en

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
