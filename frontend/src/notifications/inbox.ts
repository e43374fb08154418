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

import {
  applyMarks,
  applyMarksToEvent,
  asRead,
  type Marks,
  recordAllRead,
  recordDeleted,
  recordRead,
  isBroadcast,
  NO_MARKS,
} from './marks'

export interface Entry {
  readonly notification: Notification
  /** Its place in its topic; null if it came over REST. */
  readonly offset: number | null
}

export interface Inbox {
  /** Newest first. */
  readonly entries: readonly Entry[]
  readonly unread: number
  /** Of `unread`; the latest wins. */
  readonly version: number
  readonly marks: Marks
}

export const EMPTY: Inbox = { entries: [], unread: 0, version: -1, marks: NO_MARKS }

const same = (id: NotificationId) => (entry: Entry) => String(entry.notification.id) === String(id)

export function has(inbox: Inbox, id: NotificationId): boolean {
  return inbox.entries.some(same(id))
}

/** Above 0 where `a` is the older one, by time and then by id, as the server's lists are. */
function age(a: Notification, b: Notification): number {
  if (a.created_at !== b.created_at) {
    const byTime = Date.parse(b.created_at) - Date.parse(a.created_at)
    if (byTime !== 0 && !Number.isNaN(byTime)) return byTime
    // Within a millisecond, which is as far as a Date goes, their texts differ as their times do.
    if (a.created_at.length === b.created_at.length) return a.created_at < b.created_at ? 1 : -1
  }
  return typeof a.id === 'number' && typeof b.id === 'number' ? b.id - a.id : 0
}

export const isOlder = (a: Notification, b: Notification): boolean => age(a, b) > 0
const newestFirst = (a: Entry, b: Entry): number => age(a.notification, b.notification)

type Apply = (marks: Marks, notification: Notification) => Notification | null

/** Adds the entries that are not known yet, with the marks that arrived before them. */
export function withEntries(
  inbox: Inbox,
  added: readonly Entry[],
  apply: Apply = applyMarks,
): Inbox {
  const [one] = added
  // Events bring one at a time: a look through is cheaper than an index of all.
  if (one && added.length === 1 && has(inbox, one.notification.id)) return inbox
  const known = new Set(
    added.length > 1 ? inbox.entries.map((entry) => String(entry.notification.id)) : [],
  )
  const fresh = added.flatMap((entry) => {
    const id = String(entry.notification.id)
    const notification = known.has(id) ? null : apply(inbox.marks, entry.notification)
    known.add(id)
    return notification ? [{ ...entry, notification }] : []
  })
  if (fresh.length === 0) return inbox
  return { ...inbox, entries: merged(fresh.toSorted(newestFirst), inbox.entries) }
}

/** Two lists as one, each the newest first. What comes is nearly always newest of all, or oldest. */
function merged(fresh: readonly Entry[], entries: readonly Entry[]): readonly Entry[] {
  const isBefore = (a?: Entry, b?: Entry): boolean => !a || !b || newestFirst(a, b) <= 0
  if (isBefore(fresh.at(-1), entries[0])) return [...fresh, ...entries]
  if (isBefore(entries.at(-1), fresh[0])) return [...entries, ...fresh]
  return [...fresh, ...entries].toSorted(newestFirst)
}

function readWhere(inbox: Inbox, readAt: string, matches: (entry: Entry) => boolean): Inbox {
  const entries = inbox.entries.map((entry) =>
    entry.notification.status === 'UNREAD' && matches(entry)
      ? { ...entry, notification: asRead(entry.notification, readAt) }
      : entry,
  )
  return { ...inbox, entries }
}

function without(inbox: Inbox, id: NotificationId): Inbox {
  return { ...inbox, entries: inbox.entries.filter((entry) => !same(id)(entry)) }
}

/** Replaces the content; the read state arrives with other events. */
function withText(inbox: Inbox, { id, title, message, link, data }: Notification): Inbox {
  const entries = inbox.entries.map((entry) =>
    same(id)(entry)
      ? { ...entry, notification: { ...entry.notification, title, message, link, data } }
      : entry,
  )
  return { ...inbox, entries }
}

function withCount(inbox: Inbox, { count, version }: UnreadCount['data']): Inbox {
  return version < inbox.version ? inbox : { ...inbox, unread: count, version }
}

function applyLogged(inbox: Inbox, event: LoggedEvent): Inbox {
  switch (event.type) {
    case 'notification':
      return withEntries(
        inbox,
        [{ notification: event.data, offset: event.offset }],
        applyMarksToEvent,
      )
    case 'notification.read': {
      const { id, read_at } = event.data
      const marks = recordRead(inbox.marks, id, read_at)
      return readWhere({ ...inbox, marks }, read_at, same(id))
    }
    case 'notification.read_all': {
      const { read_at, up_to, broadcasts_up_to, types = null } = event.data
      const read = { upTo: broadcasts_up_to, readAt: read_at, types }
      const marks = recordAllRead(inbox.marks, read)
      const until = Date.parse(read_at)
      return readWhere({ ...inbox, marks }, read_at, ({ notification, offset }) => {
        if (types && !types.includes(notification.type)) return false
        if (isBroadcast(notification)) return Number(notification.id) <= broadcasts_up_to
        return offset === null ? Date.parse(notification.created_at) <= until : offset <= up_to
      })
    }
    case 'notification.updated':
      return withText(inbox, event.data)
    case 'notification.deleted': {
      const marks = recordDeleted(inbox.marks, event.data.id)
      return without({ ...inbox, marks }, event.data.id)
    }
    case 'preferences':
    case 'job':
    case 'other':
      return inbox
  }
}

export function applyEvent(inbox: Inbox, event: RealtimeEvent): Inbox {
  if (event.type === 'state') return inbox
  return event.type === 'unread_count' ? withCount(inbox, event.data) : applyLogged(inbox, event)
}

export const isUnread = (inbox: Inbox, id: NotificationId): boolean =>
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
  /** Unread ones that are not loaded here are in the server's count. */
  readSome(inbox: Inbox, matches: (notification: Notification) => boolean): Inbox {
    const isMeant = ({ notification }: Entry) =>
      notification.status === 'UNREAD' && matches(notification)
    const unread = Math.max(0, inbox.unread - inbox.entries.filter(isMeant).length)
    return { ...readWhere(inbox, new Date().toISOString(), isMeant), unread }
  },
  delete(inbox: Inbox, id: NotificationId): Inbox {
    return isUnread(inbox, id) ? withOneLess(without(inbox, id)) : without(inbox, id)
  },
}
