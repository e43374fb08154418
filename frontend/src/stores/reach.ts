/**
 * How far down a person's list is known: values and pure functions.
 *
 * All that is known stands in one list (`inbox.ts`), whichever part of it was asked for. A part (the
 * unread, one category) is known without a hole down to where it has been fetched, and down to where
 * the whole list has; what is known below that are strays, and is not shown yet.
 */

import type { NotificationPage, NotificationPart } from '@/api'
import type { Notification } from '@/realtime'

import { isOlder, type Entry } from './inbox'

export interface Reach {
  /** The last that was fetched; null where nothing was, which is where all that is known is shown. */
  readonly oldest: Notification | null
  /** Whether the server has older ones. */
  readonly hasMore: boolean
}

export const EVERYTHING: NotificationPart = { unreadOnly: false, category: '' }
export const AS_HEARD: Reach = { oldest: null, hasMore: false }

export const keyOf = ({ unreadOnly, category }: NotificationPart): string => `${unreadOnly} ${category}`

export function farther(one: Reach, other: Reach): Reach {
  if (!one.hasMore || !other.oldest) return one
  if (!other.hasMore || !one.oldest) return other
  return isOlder(one.oldest, other.oldest) ? one : other
}

/** What of `entries` (newest first) is known without a hole. */
export function within(entries: readonly Entry[], { oldest, hasMore }: Reach): readonly Entry[] {
  if (!oldest || !hasMore) return entries
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = entries[middle]
    if (entry && isOlder(entry.notification, oldest)) high = middle
    else low = middle + 1
  }
  return entries.slice(0, low)
}

/** As many as the server gives at once (CONTRACT §3). */
const MOST = 100
const LEAST = MOST / 2

export interface Page {
  /** From 1. */
  readonly page: number
  readonly size: number
}

/**
 * The page to ask for where `known` rows are: one that begins with rows that are known, however few.
 * If it does not, something went meanwhile, and there may be a hole before it.
 */
export function pageAfter(known: number): Page {
  if (known <= LEAST) return { page: 1, size: MOST }
  let [size, overlap] = [MOST, MOST]
  for (let each = MOST; each >= LEAST; each -= 1) {
    const shared = known % each
    if (shared > 0 && each - shared > size - overlap) [size, overlap] = [each, shared]
  }
  return { page: Math.floor(known / size) + 1, size }
}

/** The answer goes on where the list ended; or about as many rows come before the end as this says. */
export type Found = { readonly reach: Reach } | { readonly known: number }

export function goesOn(asked: Page, answer: NotificationPage, { oldest }: Reach): Found {
  const [first, last] = [answer.results[0], answer.results.at(-1)]
  const start = (asked.page - 1) * asked.size
  if (oldest && start > 0 && (!first || isOlder(first, oldest)))
    return { known: Math.max(0, start - LEAST) }
  if (oldest && last && answer.hasMore && !isOlder(last, oldest))
    return { known: start + asked.size }
  return { reach: { oldest: last ?? oldest, hasMore: answer.hasMore } }
}
