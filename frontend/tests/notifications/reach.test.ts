import { describe, expect, it } from 'vitest'

import { farther, within } from '@/notifications/reach'

import { notification } from '../notification'

const entry = (id: number) => ({ notification: notification(id), offset: null })

describe('what is known without a hole', () => {
  const entries = [9, 8, 5, 3, 1].map(entry)
  const ids = (oldest: number, next: string | null = 'more') =>
    within(entries, { oldest: notification(oldest), next }).map((one) => one.notification.id)

  it('ends with the last that was fetched', () => {
    expect([ids(5), ids(4), ids(9), ids(10)]).toEqual([[9, 8, 5], [9, 8, 5], [9], []])
  })

  it('is all where there is no more', () => {
    expect(ids(5, null)).toEqual([9, 8, 5, 3, 1])
  })
})

describe('of two reaches', () => {
  const [near, far] = [
    { oldest: notification(50), next: 'near' },
    { oldest: notification(7), next: 'far' },
  ]
  const whole = { oldest: notification(90), next: null }

  it('the one that goes farther down counts, with the place that it goes on from', () => {
    expect([farther(near, far), farther(far, near)]).toEqual([far, far])
    expect([farther(near, whole), farther(whole, near)]).toEqual([whole, whole])
  })
})
