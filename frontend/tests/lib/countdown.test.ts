import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { Countdown } from '@/lib/countdown'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('ends once, after its time', () => {
  const end = vi.fn()
  const countdown = new Countdown(100, end)
  vi.advanceTimersByTime(99)
  expect(end).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  countdown.hold()
  countdown.goOn()
  vi.advanceTimersByTime(1_000)
  expect(end).toHaveBeenCalledTimes(1)
})

it('does not count the time for which it is held', () => {
  const end = vi.fn()
  const countdown = new Countdown(100, end)
  vi.advanceTimersByTime(60)
  countdown.hold()
  countdown.hold()
  vi.advanceTimersByTime(10_000)
  countdown.goOn()
  countdown.goOn()
  vi.advanceTimersByTime(39)
  expect(end).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(end).toHaveBeenCalledTimes(1)
})

it('does not end once it was stopped', () => {
  const end = vi.fn()
  const countdown = new Countdown(100, end)
  countdown.stop()
  countdown.goOn()
  vi.advanceTimersByTime(1_000)
  expect(end).not.toHaveBeenCalled()
})
