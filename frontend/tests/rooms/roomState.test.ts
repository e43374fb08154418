import { describe, expect, it } from 'vitest'

import type { Member } from '@/rooms/room'
import {
  applyRoomEvent,
  EMPTY_ROOM,
  pieces,
  readersOf,
  withMessages,
  withPending,
  withSnapshot,
  type Pending,
} from '@/rooms/roomState'

import { message } from '../message'

const ALICE: Member = { user_id: 1, username: 'alice', role: 'owner' }
const BOB: Member = { user_id: 2, username: 'bob', role: 'member' }
const DOTTY: Member = { user_id: 3, username: 'dot.', role: 'member' }
const JIMIN: Member = { user_id: 4, username: '지민', role: 'member' }
const state = withMessages(EMPTY_ROOM, [message(1), message(2)])
const shown = (of: typeof state) => of.messages.map(({ id, content }) => `${id} ${content}`)

describe('a room that is looked at', () => {
  it('shows each message once, in the order of the topic, in whatever order they come', () => {
    const later = [message(2), message(4), message(3)].reduce(
      (known, each) => applyRoomEvent(known, 'message', each),
      state,
    )
    expect(later.messages.map(({ id }) => id)).toEqual([1, 2, 3, 4])
    expect(applyRoomEvent(later, 'message', message(4)).messages).toEqual(later.messages)
  })

  it('keeps the later of two edits, and a deletion for ever', () => {
    const first = message(1, { content: 'first', edited_at: '2030-01-01T00:00:01Z' })
    const second = message(1, { content: 'second', edited_at: '2030-01-01T00:00:02Z' })
    const gone = message(1, { content: '', deleted_at: '2030-01-01T00:00:03Z' })
    const edited = applyRoomEvent(
      applyRoomEvent(state, 'message.edited', second),
      'message.edited',
      first,
    )
    expect(shown(edited)[0]).toBe('1 second')
    const deleted = applyRoomEvent(
      applyRoomEvent(state, 'message.deleted', gone),
      'message.edited',
      second,
    )
    expect(shown(deleted)[0]).toBe('1 ')
    // A history that was asked for before does not bring it back.
    expect(shown(withMessages(deleted, [message(1)]))[0]).toBe('1 ')
  })

  it('does not take a change of what is not loaded for something new', () => {
    expect(shown(applyRoomEvent(state, 'message.edited', message(99)))).toEqual(shown(state))
  })

  it('shows what one says at once, until it is heard back', () => {
    const pending: Pending = { clientId: 'c1', content: 'hi', replyTo: null, status: 'sending' }
    const sending = withPending(state, pending)
    expect(sending.pending).toEqual([pending])
    const failed = withPending(sending, { ...pending, status: 'failed' })
    expect(failed.pending.map(({ status }) => status)).toEqual(['failed'])
    const back = applyRoomEvent(failed, 'message', message(3, { client_id: 'c1', content: 'hi' }))
    expect(back.pending).toEqual([])
    // A refusal that comes after it was heard back is none.
    expect(withPending(back, { ...pending, status: 'failed' }).pending).toEqual([])
  })

  it('never takes a read cursor back', () => {
    const read = { user_id: 2, offset: 9 }
    const older = applyRoomEvent(applyRoomEvent(state, 'read', read), 'read', {
      user_id: 2,
      offset: 4,
    })
    expect(older.read).toEqual({ '2': 9 })
    const snapshot = { settings: {}, timer: null, members: [ALICE, BOB], online: [2] }
    expect(withSnapshot(older, { ...snapshot, read: { '2': 7, '1': 3 } }).read).toEqual({
      '1': 3,
      '2': 9,
    })
  })

  it('knows who has read a message, without its author', () => {
    const known = { ...state, members: [ALICE, BOB, DOTTY], read: { '1': 2, '2': 2, '3': 1 } }
    expect(readersOf(known, message(2)).map(({ username }) => username)).toEqual(['alice'])
  })

  it('follows who comes, goes and looks', () => {
    const joined = applyRoomEvent(applyRoomEvent(state, 'member.joined', BOB), 'member.joined', BOB)
    expect(joined.members).toEqual([BOB])
    const here = applyRoomEvent(joined, 'presence', { user_id: 2, status: 'online' })
    expect([...here.online]).toEqual(['2'])
    expect([...applyRoomEvent(here, 'presence', { user_id: 2, status: 'offline' }).online]).toEqual(
      [],
    )
    expect(applyRoomEvent(here, 'member.left', { user_id: 2 }).members).toEqual([])
  })

  it('is not upset by what makes no sense', () => {
    for (const name of ['message', 'read', 'member.joined', 'presence', 'timer', 'nonsense'])
      for (const data of [null, 7, 'x', [], {}])
        expect(applyRoomEvent(state, name, data)).toBeTruthy()
  })
})

describe('the text of a message', () => {
  const split = (content: string, mentions: number[]) =>
    pieces(message(1, { content, mentions }), [ALICE, BOB, DOTTY, JIMIN]).map(({ text, names }) =>
      names === null ? text : `[${text}]`,
    )

  it.each([
    ['hi @alice!', [1], ['hi ', '[@alice]', '!']],
    ['@alice, @bob', [1, 2], ['[@alice]', ', ', '[@bob]']],
    ['ask @bob.', [2], ['ask ', '[@bob]', '.']],
    ['ask @dot.', [3], ['ask ', '[@dot.]']],
    ['@bob is not named', [], ['@bob is not named']],
    ['mail me@alice and @alice', [1], ['mail me@alice and ', '[@alice]']],
    ['네, @지민 님.', [4], ['네, ', '[@지민]', ' 님.']],
    ['@지민님께서는 @alice에게.', [1, 4], ['[@지민]', '님께서는 ', '[@alice]', '에게.']],
    ['@ALICE ＠bob님', [1, 2], ['[@ALICE]', ' ', '[＠bob]', '님']],
    ['交给@bob处理`@bob`', [2], ['交给', '[@bob]', '处理`@bob`']],
    [
      'see https://x.example/@bob and @bob',
      [2],
      ['see ', 'https://x.example/@bob', ' and ', '[@bob]'],
    ],
    ['<b>@alice</b>', [1], ['<b>', '[@alice]', '</b>']],
  ])('%s names %j', (content, mentions, expected) => {
    expect(split(content, mentions)).toEqual(expected)
  })
})
