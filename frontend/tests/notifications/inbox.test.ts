import { describe, expect, it } from 'vitest'

import { applyEvent, EMPTY, type Inbox, locally, withEntries } from '@/notifications/inbox'
import type { LoggedEvent } from '@/realtime'

import { notification } from '../notification'

const at = { topic: 'users/42', epoch: 'e1' }
const created = (id: number, offset = id): LoggedEvent => ({
  type: 'notification',
  ...at,
  offset,
  data: notification(id),
})
const read = (id: number): LoggedEvent => ({
  type: 'notification.read',
  ...at,
  offset: 90,
  data: { id, read_at: '2030-01-02T00:00:00Z' },
})
const readAll = (up_to: number, read_at: string, broadcasts_up_to = 0): LoggedEvent => ({
  type: 'notification.read_all',
  ...at,
  offset: 91,
  data: { read_at, up_to, broadcasts_up_to },
})
const deleted = (id: number): LoggedEvent => ({
  type: 'notification.deleted',
  ...at,
  offset: 92,
  data: { id },
})

/** One that is everyone's: its offset is of another topic than what happens to it. */
const broadcast = (id: number, offset = 1): LoggedEvent => ({
  type: 'notification',
  topic: 'broadcast',
  epoch: 'e1',
  offset,
  data: notification(id, { user_id: null }),
})

const after = (...events: LoggedEvent[]): Inbox => events.reduce(applyEvent, EMPTY)
const summary = (inbox: Inbox) =>
  inbox.entries.map(({ notification: { id, status } }) => `${id} ${status}`)

describe('events', () => {
  it('keep the newest on top, in whatever order they come', () => {
    expect(summary(after(created(1), created(3), created(2)))).toEqual([
      '3 UNREAD',
      '2 UNREAD',
      '1 UNREAD',
    ])
  })

  it.each([created(2), read(1), readAll(5, '2031-01-01T00:00:00Z'), deleted(1)])(
    'change nothing when applied twice: $type',
    (event) => {
      const once = after(created(1), event)
      expect(applyEvent(once, event)).toEqual(once)
    },
  )

  it('do not make unread again what the list shows as read', () => {
    const listed = withEntries(EMPTY, [
      { notification: notification(1, { status: 'READ' }), offset: null },
    ])
    expect(summary(applyEvent(listed, created(1)))).toEqual(['1 READ'])
  })

  it('read all up to an offset, and nothing that came later', () => {
    expect(summary(after(created(1), created(2), readAll(1, '2031-01-01T00:00:00Z')))).toEqual([
      '2 UNREAD',
      '1 READ',
    ])
  })

  it('read all by time what the list brought without an offset', () => {
    const listed = withEntries(EMPTY, [
      { notification: notification(1), offset: null },
      { notification: notification(5), offset: null },
    ])
    expect(summary(applyEvent(listed, readAll(1, notification(3).created_at)))).toEqual([
      '5 UNREAD',
      '1 READ',
    ])
  })
})

describe('a broadcast', () => {
  const LATER = '2031-01-01T00:00:00Z'

  it.each([
    ['read', read(7), ['7 READ']],
    ['deleted', deleted(7), []],
    ['all read', readAll(0, LATER, 7), ['7 READ']],
  ])('that was heard to be %s before it came is so', (_name, event, expected) => {
    expect(summary(after(event, broadcast(7)))).toEqual(expected)
    expect(summary(after(broadcast(7), event))).toEqual(expected)
  })

  it('is read with all others by its id, whatever the offsets of its topic are', () => {
    const events = [broadcast(5, 900), broadcast(9, 1), readAll(30, LATER, 5)]
    expect(summary(after(...events))).toEqual(['9 UNREAD', '5 READ'])
    expect(summary(after(...events.toReversed()))).toEqual(['9 UNREAD', '5 READ'])
  })

  it('keeps the time at which it was first read', () => {
    const inbox = after(readAll(0, LATER, 7), readAll(0, '2032-01-01T00:00:00Z', 9), broadcast(7))
    expect(inbox.entries[0]?.notification.read_at).toBe(LATER)
  })

  it('that the list calls unread was muted while all was read', () => {
    const entry = { notification: notification(5, { user_id: null }), offset: null }
    expect(summary(withEntries(after(readAll(0, LATER, 7)), [entry]))).toEqual(['5 UNREAD'])
  })

  it('that was withdrawn for everyone is gone, and stays so', () => {
    const withdrawn: LoggedEvent = { ...deleted(7), topic: 'broadcast' }
    expect(summary(after(broadcast(7), withdrawn, read(7), broadcast(7)))).toEqual([])
  })
})

it('forgets the oldest that it heard of before it hears too much', () => {
  const marks = Array.from({ length: 1_001 }, (_, index) => deleted(index + 1))
  const inbox = after(...marks, broadcast(1), broadcast(2))
  expect(summary(inbox)).toEqual(['1 UNREAD'])
})

describe('the unread count', () => {
  const count = (inbox: Inbox, value: number, version: number) =>
    applyEvent(inbox, { type: 'unread_count', data: { count: value, version } })

  it('is the one of the latest version', () => {
    expect(count(count(EMPTY, 3, 8), 9, 7).unread).toBe(3)
  })

  it('is not reckoned from events, which may pass it on the way', () => {
    const known = count(after(created(1)), 1, 1)
    expect(applyEvent(known, read(1)).unread).toBe(1)
  })

  it('follows a click at once, and never goes below nothing', () => {
    const known = count(after(created(1), created(2)), 2, 1)
    const once = locally.read(known, 1)
    expect(once.unread).toBe(1)
    expect(locally.read(once, 1).unread).toBe(1)
    expect(locally.delete(once, 1).unread).toBe(1)
    expect(locally.delete(once, 2).unread).toBe(0)
    expect(locally.readAll(known).unread).toBe(0)
  })
})

it('orders by less than a millisecond, as the server does', () => {
  const at = (id: number, micros: string) => ({
    notification: notification(id, { created_at: `2030-01-01T00:00:00.000${micros}Z` }),
    offset: null,
  })
  const listed = withEntries(EMPTY, [at(1, '300'), at(2, '100'), at(3, '200'), at(4, '200')])
  expect(listed.entries.map((entry) => entry.notification.id)).toEqual([1, 4, 3, 2])
})

describe('all of some types', () => {
  const some = (types: string[], up_to: number, broadcasts_up_to = 0): LoggedEvent => ({
    type: 'notification.read_all',
    topic: 'users/42',
    epoch: 'e1',
    offset: 91,
    data: { read_at: '2031-01-01T00:00:00Z', up_to, broadcasts_up_to, types },
  })
  const like = (id: number, user_id: number | null = 42): LoggedEvent => ({
    type: 'notification',
    topic: user_id === null ? 'broadcast' : 'users/42',
    epoch: 'e1',
    offset: id,
    data: notification(id, { type: 'BLOG_LIKE', user_id }),
  })

  it('is read, and nothing else', () => {
    const known = after(created(1), like(2), like(3), some(['BLOG_LIKE'], 2))
    expect(summary(known)).toEqual(['3 UNREAD', '2 READ', '1 UNREAD'])
  })

  it('is remembered of broadcasts that come later', () => {
    const known = after(some(['BLOG_LIKE'], 0, 8), like(7, null), broadcast(8), like(9, null))
    expect(summary(known)).toEqual(['9 UNREAD', '8 UNREAD', '7 READ'])
  })

  it('counts what it marks here', () => {
    const known = { ...after(created(1), like(2), like(3)), unread: 5 }
    const marked = locally.readSome(known, ({ type }) => type === 'BLOG_LIKE')
    expect([marked.unread, ...summary(marked)]).toEqual([3, '3 READ', '2 READ', '1 UNREAD'])
  })
})

describe('a changed text', () => {
  const updated = (id: number, message: string): LoggedEvent => ({
    type: 'notification.updated',
    topic: 'users/42',
    epoch: 'e1',
    offset: 95,
    data: notification(id, { message, title: 'new title' }),
  })

  it('takes the place of the old one, and leaves what was read as it is', () => {
    const known = after(created(1), created(2), read(1), updated(1, 'new'), updated(1, 'newer'))
    expect(summary(known)).toEqual(['2 UNREAD', '1 READ'])
    expect(known.entries.map(({ notification: { message } }) => message)).toEqual(['', 'newer'])
  })

  it('of one that is not known adds nothing', () => {
    expect(summary(after(created(1), updated(2, 'new')))).toEqual(['1 UNREAD'])
  })
})
