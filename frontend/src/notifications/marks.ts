/**
 * Read and deleted marks of notifications, also of those that have not arrived yet.
 *
 * A broadcast arrives on one topic and this user's marks on another, in no guaranteed order: "read"
 * or "deleted" may arrive before the notification itself. Marks are final, so they are kept after the
 * notification has arrived too.
 */

import type { Notification, NotificationId } from '@/realtime'

export interface Marks {
  /** Notification id (as text) to the time it was read, or null if it was deleted. */
  readonly byId: ReadonlyMap<string, string | null>
  /** Every "mark all read" (of all or some types), in order of arrival. Covers broadcasts up to `upTo`. */
  readonly allRead: readonly AllRead[]
}

export interface AllRead {
  readonly upTo: number
  readonly readAt: string
  readonly types: readonly string[] | null
}

export const NO_MARKS: Marks = { byId: new Map(), allRead: [] }

/** The replay window of a topic (docs/contract.md §1): older state is fetched and needs no marks. */
const KEPT = 1_000

function withMark(marks: Marks, id: NotificationId, mark: string | null): Marks {
  const before = marks.byId.get(String(id))
  // The first read time counts, and a deletion is final.
  if (before === null || (before !== undefined && mark !== null)) return marks
  const byId = [...marks.byId, [String(id), mark] as const]
  return { ...marks, byId: new Map(byId.slice(-KEPT)) }
}

export const recordRead = (marks: Marks, id: NotificationId, readAt: string): Marks =>
  withMark(marks, id, readAt)

export const recordDeleted = (marks: Marks, id: NotificationId): Marks => withMark(marks, id, null)

export function recordAllRead(marks: Marks, read: AllRead): Marks {
  const isKnown = marks.allRead.some((before) => !before.types && read.upTo <= before.upTo)
  if (isKnown || read.upTo === 0) return marks
  return { ...marks, allRead: [...marks.allRead, read].slice(-KEPT) }
}

export const isBroadcast = (notification: Notification): boolean => notification.user_id === null

/** The notification with its own mark applied; null if it is deleted. */
export function applyMarks(marks: Marks, notification: Notification): Notification | null {
  const mark = marks.byId.get(String(notification.id))
  if (mark === null) return null
  return mark === undefined ? notification : asRead(notification, mark)
}

/**
 * As `applyMarks`, for a notification that arrives as an event and therefore carries no read state.
 * A list from the server does carry it: what was muted during "mark all read" is unread there.
 */
export function applyMarksToEvent(marks: Marks, notification: Notification): Notification | null {
  const found = applyMarks(marks, notification)
  if (!found || !isBroadcast(found)) return found
  const readBy = marks.allRead.find(
    ({ upTo, types }) => Number(found.id) <= upTo && (!types || types.includes(found.type)),
  )
  return readBy ? asRead(found, readBy.readAt) : found
}

export function asRead(notification: Notification, readAt: string): Notification {
  if (notification.status === 'READ') return notification
  return { ...notification, status: 'READ', read_at: readAt }
}
