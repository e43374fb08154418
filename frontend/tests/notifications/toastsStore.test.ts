import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'

import { useToasts, type Undo } from '@/notifications/toastsStore'

let store: ReturnType<typeof useToasts>
const offer = (): Undo => ({ undo: vi.fn(), hold: vi.fn(), goOn: vi.fn() })

beforeEach(() => {
  setActivePinia(createPinia())
  store = useToasts()
})

const texts = () => store.toasts.map((toast) => 'text' in toast && toast.text)

it('offers to undo each of several deletions, five at most', () => {
  const offers = Array.from({ length: 6 }, offer)
  for (const [place, each] of offers.entries()) store.offerUndo(String(place), each)
  expect(texts()).toEqual(['1', '2', '3', '4', '5'])
  // Held or not, the time of one that is gone runs on.
  expect(offers.map(({ goOn }) => vi.mocked(goOn).mock.calls.length)).toEqual([1, 0, 0, 0, 0, 0])
})

it('shows three problems at once, which take no offer away', () => {
  const first = offer()
  store.offerUndo('first', first)
  for (const text of ['a', 'b', 'c', 'd']) store.problem(text)
  expect(texts()).toEqual(['first', 'b', 'c', 'd'])
  expect(first.goOn).not.toHaveBeenCalled()
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
