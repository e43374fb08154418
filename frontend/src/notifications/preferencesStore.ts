import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import { ApiError, notificationsApi } from '@/api'
import type { Preferences } from '@/realtime'

interface Wish {
  readonly on: boolean
}

/** Which categories the user receives. A switch changes at once, and back if the request fails. */
export const usePreferences = defineStore('preferences', () => {
  /** The server's last known state; null before the first. */
  const known = shallowRef<Preferences | null>(null)
  /** Switched here, and not yet confirmed. */
  const wishes = shallowRef<ReadonlyMap<string, Wish>>(new Map())
  const loading = ref(false)
  const failed = ref(false)
  /** The category whose switch had to go back, and what was wanted of it. */
  const refused = shallowRef<{ readonly category: string; readonly on: boolean } | null>(null)

  /** Counts pushed states: the answer to an earlier request is older than any of them. */
  let heard = 0
  /** Another person's answers must not be shown to the next. */
  let generation = 0
  /** One request after the other, in the order of the clicks. */
  let queue: Promise<void> = Promise.resolve()

  /** null until they are known. */
  const categories = computed(
    () =>
      known.value &&
      Object.entries(known.value).map(([name, on]) => ({
        name,
        on: wishes.value.get(name)?.on ?? on,
      })),
  )

  function receive(said: Preferences): void {
    heard += 1
    known.value = said
    failed.value = false
  }

  /** Applies a response, unless a newer state was pushed or another user signed in. */
  async function take(ask: () => Promise<Preferences>): Promise<void> {
    const [before, mine] = [heard, generation]
    const answer = await ask()
    if (before === heard && mine === generation) receive(answer)
  }

  async function load(): Promise<void> {
    const mine = generation
    loading.value = true
    failed.value = false
    try {
      await take(() => notificationsApi.preferences())
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (mine === generation) failed.value = true
    } finally {
      if (mine === generation) loading.value = false
    }
  }

  function set(category: string, on: boolean): Promise<void> {
    const wish = { on }
    wishes.value = new Map(wishes.value).set(category, wish)
    refused.value = null
    queue = queue.then(() => carryOut(category, wish, generation))
    return queue
  }

  async function carryOut(category: string, wish: Wish, mine: number): Promise<void> {
    if (mine !== generation) return
    try {
      await take(() => notificationsApi.setPreferences({ [category]: wish.on }))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (mine === generation) refused.value = { category, on: wish.on }
    } finally {
      // The switch may have been moved again meanwhile: that wish is still to come.
      if (wishes.value.get(category) === wish) {
        const left = new Map(wishes.value)
        left.delete(category)
        wishes.value = left
      }
    }
  }

  function reset(): void {
    generation += 1
    known.value = refused.value = null
    wishes.value = new Map()
    loading.value = failed.value = false
  }

  return { categories, loading, failed, refused, receive, load, set, reset }
})
