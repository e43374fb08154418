import { describe, expect, it } from 'vitest'

import { goesOn, pageAfter, within } from '@/stores/reach'

import { notification } from '../notification'

const entry = (id: number) => ({ notification: notification(id), offset: null })
const page = (hasMore: boolean, ...ids: number[]) => ({
  results: ids.map((id) => notification(id)),
  hasMore,
})

describe('the next page', () => {
  it.each([...Array.from({ length: 400 }, (_, index) => index), 9_900, 10_000, 123_456])(
    'after %i begins with what is known and brings much that is not',
    (known) => {
      const { page, size } = pageAfter(known)
      const start = (page - 1) * size
      expect(size).toBeLessThanOrEqual(100)
      expect(start).toBeLessThan(Math.max(known, 1))
      expect(start + size).toBeGreaterThanOrEqual(known + 45)
    },
  )
})

describe('a page', () => {
  const reach = { oldest: notification(50), hasMore: true }
  const asked = { page: 3, size: 60 }

  it('goes on where it begins with what is known', () => {
    const found = goesOn(asked, page(true, 50, 49, 48), reach)
    expect(found).toEqual({ reach: { oldest: notification(48), hasMore: true } })
  })

  it('does not where it begins with something older: there may be a hole before it', () => {
    expect(goesOn(asked, page(true, 49, 48), reach)).toEqual({ known: 70 })
    expect(goesOn(asked, page(false), reach)).toEqual({ known: 70 })
  })

  it('brings nothing where it ends with what is known', () => {
    expect(goesOn(asked, page(true, 52, 51, 50), reach)).toEqual({ known: 180 })
  })

  it('is right whatever it begins with where it is the first', () => {
    const first = { page: 1, size: 100 }
    expect(goesOn(first, page(false, 3), reach)).toEqual({
      reach: { oldest: notification(3), hasMore: false },
    })
  })
})

describe('what is known without a hole', () => {
  const entries = [9, 8, 5, 3, 1].map(entry)
  const ids = (oldest: number, hasMore = true) =>
    within(entries, { oldest: notification(oldest), hasMore }).map((one) => one.notification.id)

  it('ends with the last that was fetched', () => {
    expect([ids(5), ids(4), ids(9), ids(10)]).toEqual([[9, 8, 5], [9, 8, 5], [9], []])
  })

  it('is all where there is no more', () => {
    expect(ids(5, false)).toEqual([9, 8, 5, 3, 1])
  })
})
