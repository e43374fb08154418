import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { useDrafts } from '@/rooms/drafts'
import { useAuth } from '@/shell/authStore'

const kept = new Map<string, string>()
let drafts: ReturnType<typeof useDrafts>

function signIn(id: number): void {
  useAuth().$patch({ user: { id } as never })
}

beforeEach(() => {
  kept.clear()
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  })
  setActivePinia(createPinia())
  signIn(1)
  drafts = useDrafts()
})
afterEach(() => vi.unstubAllGlobals())

it('keeps what was begun by its place', () => {
  drafts.set('room 1', 'Hel')
  drafts.set('room 2', 'Other')
  drafts.set('room 1', 'Hello')
  expect([drafts.get('room 1'), drafts.get('room 2'), drafts.get('room 3')]).toEqual([
    'Hello',
    'Other',
    '',
  ])
})

it('forgets what was sent', () => {
  drafts.set('room 1', 'Hello')
  drafts.set('room 1', '  ')
  expect(drafts.get('room 1')).toBe('')
})

it('shows nobody what another has begun', () => {
  drafts.set('room 1', 'Mine')
  signIn(2)
  expect(drafts.get('room 1')).toBe('')
  drafts.clear()
  signIn(1)
  expect(drafts.get('room 1')).toBe('Mine')
  drafts.clear()
  expect(drafts.get('room 1')).toBe('')
})

it('keeps fifty, the latest', () => {
  for (let place = 0; place < 60; place += 1) drafts.set(`room ${place}`, 'x')
  expect(drafts.get('room 9')).toBe('')
  expect(drafts.get('room 10')).toBe('x')
})

it.each(['{', '{"a":1}', '[1, ["room 1"], ["room 1", 2]]'])('takes %s for none', (text) => {
  kept.set('bellwire.drafts.1', text)
  expect(drafts.get('room 1')).toBe('')
})

it('does without a store that refuses', () => {
  vi.stubGlobal('localStorage', {
    getItem() {
      throw new Error('denied')
    },
    setItem() {
      throw new Error('denied')
    },
  })
  drafts.set('room 1', 'Hello')
  expect(drafts.get('room 1')).toBe('')
})
