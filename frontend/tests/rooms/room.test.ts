import { describe, expect, it } from 'vitest'

import { clockText, remainingS, toMessage, toRoom, toSnapshot, type Timer } from '@/rooms/room'

const NOON = Date.parse('2030-01-01T12:00:00Z')
const RUNNING: Timer = {
  phase: 'work',
  status: 'running',
  duration_s: 1500,
  ends_at: '2030-01-01T12:10:00Z',
  remaining_s: 1500,
}

describe('the focus timer', () => {
  it.each([
    [NOON, 600],
    [NOON + 599_000, 1],
    [NOON + 700_000, 0],
    // A clock that is behind does not make the phase longer than it is.
    [NOON - 3_600_000, 1500],
  ])('at %d by the server’s clock has %d s left', (now, left) => {
    expect(remainingS(RUNNING, now)).toBe(left)
  })

  it('stands still while it is paused', () => {
    const paused: Timer = { ...RUNNING, status: 'paused', ends_at: null, remaining_s: 42 }
    expect(remainingS(paused, NOON + 99_000)).toBe(42)
  })

  it.each([
    [1500, '25:00'],
    [59.2, '01:00'],
    [0, '00:00'],
    [3661, '1:01:01'],
  ])('%d s are written %s', (seconds, expected) => {
    expect(clockText(seconds)).toBe(expected)
  })
})

it('what the wire has wrong is nothing, and what it lacks is empty', () => {
  for (const nonsense of [null, 7, 'x', [], { id: {} }]) {
    expect(toRoom(nonsense)).toBeNull()
    expect(toMessage(nonsense)).toBeNull()
  }
  expect(toRoom({ id: 7 })).toMatchObject({ id: 7, name: '', kind: 'group', unread_count: 0 })
  expect(toSnapshot({ members: [null, { user_id: 1 }], read: { 1: 'x' } })).toMatchObject({
    members: [{ user_id: 1, username: '', role: 'member' }],
    online: [],
    read: { 1: 0 },
  })
})
