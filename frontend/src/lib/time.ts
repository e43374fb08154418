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
    const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
    return new Intl.DateTimeFormat(language, {
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
  const made = formats.get(key) ?? new Intl.DateTimeFormat(language, options)
  formats.set(key, made)
  return made.format(at)
}

/** The time of something of the day that `now` is in; of another day with its date. */
export function momentOf(at: number, now: number, language: string): string {
  if (Number.isNaN(at)) return ''
  const [then, today] = [new Date(at), new Date(now)]
  if (then.toDateString() === today.toDateString()) return format(at, language, { timeStyle: 'short' })
  return format(at, language, {
    month: 'short',
    day: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    ...(then.getFullYear() === today.getFullYear() ? {} : { year: 'numeric' }),
  })
}

export function exactTime(at: number, language: string): string {
  if (Number.isNaN(at)) return ''
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(at)
}
