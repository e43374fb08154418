import { describe, expect, it } from 'vitest'

import { toRoom, type Room } from '@/rooms/room'
import { changesOf, formOf, refusedFields } from '@/rooms/roomSettings'

const ROOM = toRoom({ id: 7, name: 'Deep work', kind: 'focus', open: true }) as Room
const FORM = formOf(ROOM, { work_s: 1500, break_s: 100, cycles: 3, timer_control: 'members' })

describe('the form of a room', () => {
  it('has minutes, and for what the room does not say what holds then', () => {
    expect(FORM).toEqual({
      name: 'Deep work',
      open: true,
      work_s: '25',
      break_s: '1.67',
      long_break_s: '15',
      cycles: '3',
      timer_control: 'members',
    })
  })

  it('asks for what is different only', () => {
    expect(changesOf({}, FORM)).toEqual({ changes: {}, wrong: [] })
    const same = { name: 'Deep work', open: true, work_s: '25' }
    expect(changesOf(same, FORM).changes).toEqual({})
    const edited = { name: ' Deeper ', open: false, timer_control: 'owner' }
    expect(changesOf(edited, FORM).changes).toEqual({
      name: 'Deeper',
      open: false,
      settings: { timer_control: 'owner' },
    })
  })

  it('gives seconds as they were, however the minutes are rounded', () => {
    for (let seconds = 1; seconds < 200; seconds += 1) {
      const { work_s } = formOf(ROOM, { work_s: seconds })
      expect(changesOf({ work_s }, FORM).changes).toEqual({ settings: { work_s: seconds } })
    }
  })

  it.each([
    ['25,5', { work_s: 1530 }],
    [' 2 ', { work_s: 120 }],
    // Numbers that make no sense are the server's to refuse.
    ['0', { work_s: 0 }],
    ['-3', { work_s: -180 }],
    ['99999', { work_s: 5_999_940 }],
  ])('takes %j for a number', (work_s, settings) => {
    expect(changesOf({ work_s }, FORM)).toEqual({ changes: { settings }, wrong: [] })
  })

  it.each(['', 'soon', '1e3', '1.2.3', '0x10', '9'.repeat(400)])('and not %j', (text) => {
    expect(changesOf({ work_s: text, cycles: text }, FORM)).toEqual({
      changes: {},
      wrong: ['work_s', 'cycles'],
    })
  })

  it('knows its fields by the server’s names', () => {
    const errors = { 'settings.cycles': ['…'], name: ['…'], 'settings.theirs': ['…'] }
    expect(refusedFields(errors)).toEqual(['name', 'cycles'])
    expect(refusedFields({})).toEqual([])
  })
})
