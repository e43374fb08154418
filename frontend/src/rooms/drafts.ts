import { defineStore } from 'pinia'

import { useAuth } from '@/shell/authStore'

/** The oldest drafts give way: nobody comes back to fifty of them. */
const MOST = 50
/** The longest message, and some room to shorten one that is too long. */
const CHARS = 10_000

type Drafts = readonly (readonly [key: string, text: string])[]

/** Texts that were begun and not sent, by where they were written. Kept on the device. */
export const useDrafts = defineStore('drafts', () => {
  const auth = useAuth()
  const place = (): string => `bellwire.drafts.${String(auth.user?.id)}`

  function all(): Drafts {
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(place()) ?? '[]')
      return Array.isArray(kept) ? kept.filter(isDraft) : []
    } catch {
      return []
    }
  }

  const get = (key: string): string => all().find(([name]) => name === key)?.[1] ?? ''

  function set(key: string, text: string): void {
    const others = all().filter(([name]) => name !== key)
    const next = text.trim() ? [...others, [key, text.slice(0, CHARS)]] : others
    try {
      localStorage.setItem(place(), JSON.stringify(next.slice(-MOST)))
    } catch {
      // No room, or none allowed: the draft lasts as long as its field.
    }
  }

  /** Whoever uses the device next does not find them. */
  function clear(): void {
    try {
      localStorage.removeItem(place())
    } catch {
      // As above.
    }
  }

  return { get, set, clear }
})

const isDraft = (value: unknown): value is readonly [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')
