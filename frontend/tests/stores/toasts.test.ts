import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'

import { useToasts, type Undo } from '@/stores/toasts'

let store: ReturnType<typeof useToasts>
const offer = (): Undo => ({ undo: vi.fn(), hold: vi.fn(), goOn: vi.fn() })

beforeEach(() => {
  setActivePinia(createPinia())
  store = useToasts()
})

it('shows three at once, and only one that can be undone', () => {
  const [first, second] = [offer(), offer()]
  store.offerUndo('first', first)
  expect(first.goOn).not.toHaveBeenCalled()
  store.offerUndo('second', second)
  expect(store.toasts.map((toast) => 'text' in toast && toast.text)).toEqual(['second'])
  // Held or not, the time of one that is gone runs on.
  expect(first.goOn).toHaveBeenCalledTimes(1)
  for (const text of ['a', 'b', 'c']) store.problem(text)
  expect(store.toasts).toHaveLength(3)
  expect(second.goOn).toHaveBeenCalledTimes(1)
})

it('tells one that is dismissed or cleared away', () => {
  const [first, second] = [offer(), offer()]
  store.dismiss(store.offerUndo('first', first))
  store.offerUndo('second', second)
  store.clear()
  expect(first.goOn).toHaveBeenCalledTimes(1)
  expect(second.goOn).toHaveBeenCalledTimes(1)
  expect(store.toasts).toEqual([])
})
