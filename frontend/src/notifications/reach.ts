/**
 * How far down a person's list is known: values and pure functions.
 *
 * All that is known stands in one list (`inbox.ts`), whichever part of it was asked for. A part (the
 * unread, one category) is known without a hole down to where it has been fetched, and down to where
 * the whole list has; what is known below that are strays, and is not shown yet.
 */

import type { NotificationPart } from '@/api'
import type { Notification } from '@/realtime'

import { isOlder, type Entry } from './inbox'

export interface Reach {
  /** The last that was fetched; null where nothing was, which is where all that is known is shown. */
  readonly oldest: Notification | null
  /** Where older ones begin, for the server; null where it has none. It is the same in every part. */
  readonly next: string | null
}

export const EVERYTHING: NotificationPart = { unreadOnly: false, category: '' }
export const AS_HEARD: Reach = { oldest: null, next: null }

export const keyOf = ({ unreadOnly, category }: NotificationPart): string =>
  `${unreadOnly} ${category}`

export function farther(one: Reach, other: Reach): Reach {
  if (one.next === null || !other.oldest) return one
  if (other.next === null || !one.oldest) return other
  return isOlder(one.oldest, other.oldest) ? one : other
}

/** What of `entries` (newest first) is known without a hole. */
export function within(entries: readonly Entry[], { oldest, next }: Reach): readonly Entry[] {
  if (!oldest || next === null) return entries
  let [low, high] = [0, entries.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const entry = entries[middle]
    if (entry && isOlder(entry.notification, oldest)) high = middle
    else low = middle + 1
  }
  return entries.slice(0, low)
}
