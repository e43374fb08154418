import { rememberedLocale, zoneFor } from './locale'

/** The account's, or else the browser's. */
export const zone = zoneFor(rememberedLocale().time_zone)
const inZone: Intl.DateTimeFormatOptions = zone ? { timeZone: zone } : {}
const dates = new Intl.DateTimeFormat('en-CA', {
  ...inZone,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})
/** `2026-11-30`, of the day that it is there. */
const dayOf = (at: number): string => dates.format(at)
const yearOf = (at: number): string => dayOf(at).slice(0, -6)

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

/** `5 minutes ago`; after a week the date. `at` and `now` in milliseconds. */
export function relativeTime(at: number, now: number, language: string, justNow: string): string {
  if (Number.isNaN(at)) return ''
  // A server's clock may be ahead of this one: nothing has happened "in 3 seconds".
  const seconds = Math.max(0, (now - at) / 1000)
  if (seconds >= 7 * 86_400) {
    const sameYear = yearOf(at) === yearOf(now)
    return new Intl.DateTimeFormat(language, {
      ...inZone,
      month: 'short',
      day: 'numeric',
      ...(sameYear ? {} : { year: 'numeric' }),
    }).format(at)
  }
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' })
  for (const [unit, size] of UNITS)
    if (seconds >= size) return format.format(-Math.floor(seconds / size), unit)
  return justNow
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** Rows are many, and making a format is slow. */
function format(at: number, language: string, options: Intl.DateTimeFormatOptions): string {
  const key = `${language} ${Object.keys(options).join()}`
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, { ...inZone, ...options })
  formats.set(key, made)
  return made.format(at)
}

/** The time of something of the day that `now` is in; of another day with its date. */
export function momentOf(at: number, now: number, language: string): string {
  if (Number.isNaN(at)) return ''
  if (dayOf(at) === dayOf(now)) return format(at, language, { timeStyle: 'short' })
  return format(at, language, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    ...(yearOf(at) === yearOf(now) ? {} : { year: 'numeric' }),
  })
}

export function exactTime(at: number, language: string): string {
  if (Number.isNaN(at)) return ''
  return new Intl.DateTimeFormat(language, {
    ...inZone,
    dateStyle: 'medium',
    timeStyle: 'short',
  }).format(at)
}
