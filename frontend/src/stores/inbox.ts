/**
 * What is known of a person's notifications, and how an event changes it: values and pure functions.
 *
 * Applying an event twice, or one that the list from REST already shows, changes nothing: so a
 * snapshot plus the events around it is always the same as a fresh snapshot.
 */

import type {
  LoggedEvent,
  Notification,
  NotificationId,
  RealtimeEvent,
  UnreadCount,
} from '@/realtime'

export interface Entry {
  readonly notification: Notification
  /** Its place in the user's topic; null if it came over REST. */
  readonly offset: number | null
}

export interface Inbox {
  /** Newest first. */
  readonly entries: readonly Entry[]
  readonly unread: number
  /** Of `unread`; the latest wins. */
  readonly version: number
}

export const EMPTY: Inbox = { entries: [], unread: 0, version: -1 }

const same = (id: NotificationId) => (entry: Entry) => String(entry.notification.id) === String(id)

export function has(inbox: Inbox, id: NotificationId): boolean {
  return inbox.entries.some(same(id))
}

function newestFirst(a: Entry, b: Entry): number {
  const byTime = Date.parse(b.notification.created_at) - Date.parse(a.notification.created_at)
  if (byTime !== 0 && !Number.isNaN(byTime)) return byTime
  const [x, y] = [a.notification.id, b.notification.id]
  return typeof x === 'number' && typeof y === 'number' ? y - x : 0
}

/** Adds what is not there yet. */
export function withEntries(inbox: Inbox, added: readonly Entry[]): Inbox {
  const fresh = added.filter((entry) => !has(inbox, entry.notification.id))
  if (fresh.length === 0) return inbox
  return { ...inbox, entries: [...fresh, ...inbox.entries].toSorted(newestFirst) }
}

function readWhere(inbox: Inbox, readAt: string, matches: (entry: Entry) => boolean): Inbox {
  const entries = inbox.entries.map((entry) =>
    entry.notification.status === 'UNREAD' && matches(entry)
      ? {
          ...entry,
          notification: { ...entry.notification, status: 'READ' as const, read_at: readAt },
        }
      : entry,
  )
  return { ...inbox, entries }
}

function without(inbox: Inbox, id: NotificationId): Inbox {
  return { ...inbox, entries: inbox.entries.filter((entry) => !same(id)(entry)) }
}

function withCount(inbox: Inbox, { count, version }: UnreadCount['data']): Inbox {
  return version < inbox.version ? inbox : { ...inbox, unread: count, version }
}

function applyLogged(inbox: Inbox, event: LoggedEvent): Inbox {
  switch (event.type) {
    case 'notification':
      return withEntries(inbox, [{ notification: event.data, offset: event.offset }])
    case 'notification.read':
      return readWhere(inbox, event.data.read_at, same(event.data.id))
    case 'notification.read_all': {
      const { read_at, up_to } = event.data
      const until = Date.parse(read_at)
      return readWhere(inbox, read_at, ({ notification, offset }) =>
        offset === null ? Date.parse(notification.created_at) <= until : offset <= up_to,
      )
    }
    case 'notification.deleted':
      return without(inbox, event.data.id)
    case 'other':
      return inbox
  }
}

export function applyEvent(inbox: Inbox, event: RealtimeEvent): Inbox {
  return event.type === 'unread_count' ? withCount(inbox, event.data) : applyLogged(inbox, event)
}

const isUnread = (inbox: Inbox, id: NotificationId) =>
  inbox.entries.find(same(id))?.notification.status === 'UNREAD'

const withOneLess = (inbox: Inbox): Inbox => ({ ...inbox, unread: Math.max(0, inbox.unread - 1) })

/**
 * What a person's own click changes at once, before the server has said so. Only here the count is
 * reckoned; elsewhere it is the server's, whose events and counts may pass each other on the way.
 */
export const locally = {
  read(inbox: Inbox, id: NotificationId): Inbox {
    const after = readWhere(inbox, new Date().toISOString(), same(id))
    return isUnread(inbox, id) ? withOneLess(after) : after
  },
  readAll(inbox: Inbox): Inbox {
    return { ...readWhere(inbox, new Date().toISOString(), () => true), unread: 0 }
  },
  delete(inbox: Inbox, id: NotificationId): Inbox {
    return isUnread(inbox, id) ? withOneLess(without(inbox, id)) : without(inbox, id)
  },
}
