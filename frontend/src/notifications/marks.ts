/**
 * What was heard of notifications that may not be there yet.
 *
 * A broadcast comes on one topic, what becomes of it for this person on another, and nothing orders
 * the two: "read" or "deleted" may be heard before the notification itself. None of it is ever taken
 * back, so it is kept also where the notification is there.
 */

import type { Notification, NotificationId } from '@/realtime'

export interface Hearsay {
  /** By id as text: when it was read; null: it is deleted. */
  readonly marks: ReadonlyMap<string, string | null>
  /** Each time that all was read, or all of some types: broadcasts up to this id. In that order. */
  readonly allRead: readonly AllRead[]
}

export interface AllRead {
  readonly upTo: number
  readonly readAt: string
  readonly types: readonly string[] | null
}

export const NOTHING_HEARD: Hearsay = { marks: new Map(), allRead: [] }

/** As far as a topic can be replayed (docs/contract.md §1): what is older is fetched, not heard. */
const KEPT = 1_000

function withMark(heard: Hearsay, id: NotificationId, mark: string | null): Hearsay {
  const before = heard.marks.get(String(id))
  // The first to read it did, and what is deleted stays so.
  if (before === null || (before !== undefined && mark !== null)) return heard
  const marks = [...heard.marks, [String(id), mark] as const]
  return { ...heard, marks: new Map(marks.slice(-KEPT)) }
}

export const heardRead = (heard: Hearsay, id: NotificationId, readAt: string): Hearsay =>
  withMark(heard, id, readAt)

export const heardDeleted = (heard: Hearsay, id: NotificationId): Hearsay =>
  withMark(heard, id, null)

export function heardAllRead(heard: Hearsay, read: AllRead): Hearsay {
  const isKnown = heard.allRead.some((before) => !before.types && read.upTo <= before.upTo)
  if (isKnown || read.upTo === 0) return heard
  return { ...heard, allRead: [...heard.allRead, read].slice(-KEPT) }
}

export const isBroadcast = (notification: Notification): boolean => notification.user_id === null

/** The notification as it is after all that was heard of it by its id; null if it is deleted. */
export function asHeard(heard: Hearsay, notification: Notification): Notification | null {
  const mark = heard.marks.get(String(notification.id))
  if (mark === null) return null
  return mark === undefined ? notification : asRead(notification, mark)
}

/**
 * The same for one that comes as an event, which tells nothing of its reader. A list from the server
 * does, and knows better: what was muted while all was read is unread.
 */
export function asHeardOfEvent(heard: Hearsay, notification: Notification): Notification | null {
  const found = asHeard(heard, notification)
  if (!found || !isBroadcast(found)) return found
  const readBy = heard.allRead.find(
    ({ upTo, types }) => Number(found.id) <= upTo && (!types || types.includes(found.type)),
  )
  return readBy ? asRead(found, readBy.readAt) : found
}

export function asRead(notification: Notification, readAt: string): Notification {
  if (notification.status === 'READ') return notification
  return { ...notification, status: 'READ', read_at: readAt }
}
