/** The person's language and time zone: what the browser says, and what their account has said. */

export interface Locale {
  readonly language: string | null
  readonly time_zone: string | null
}

const LANGUAGE = 'bellwire.language'
const TIME_ZONE = 'bellwire.timeZone'

/** As the browser is set. */
export function browserLocale(): Locale {
  return {
    language: globalThis.navigator?.language || null,
    time_zone: new Intl.DateTimeFormat().resolvedOptions().timeZone || null,
  }
}

/** As the account had it when it was last asked: the page speaks before it can ask again. */
export function rememberedLocale(): Locale {
  return { language: read(LANGUAGE), time_zone: read(TIME_ZONE) }
}

/** Keeps it for the next time that a page is opened here, where the browser lets it. */
export function rememberLocale({ language, time_zone }: Locale): void {
  if (language) write(LANGUAGE, language)
  if (time_zone) write(TIME_ZONE, time_zone)
}

/** The zone in which times are shown: the account's, where this browser knows it. */
export function zoneFor(time_zone: string | null): string | null {
  return knownZone(time_zone) ?? browserLocale().time_zone
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // The page goes on in the browser's own.
  }
}

function read(key: string): string | null {
  try {
    return globalThis.localStorage?.getItem(key) ?? null
  } catch {
    return null
  }
}

/** null for one that this browser does not know. */
function knownZone(zone: string | null): string | null {
  try {
    return zone && new Intl.DateTimeFormat('en', { timeZone: zone }) ? zone : null
  } catch {
    return null
  }
}

/** Names of all zones that the browser knows, `current` among them. */
export function timeZones(current: string | null): readonly string[] {
  const zones = new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])
  if (current) zones.add(current)
  return [...zones].toSorted()
}
