import { defineStore } from 'pinia'
import { ref, shallowRef } from 'vue'

import { ApiError, roomsApi } from '@/api'

import type { UserId } from './room'

/** Whom the person has blocked. Others never learn of it, nor does one learn who blocks one. */
export const useBlocks = defineStore('blocks', () => {
  const ids = shallowRef<ReadonlySet<string>>(new Set())
  /** Whether the list has come: before that it is not known whether somebody is blocked. */
  const loaded = ref(false)
  let generation = 0

  const isBlocked = (id: UserId): boolean => ids.value.has(String(id))

  async function load(): Promise<void> {
    const mine = (generation += 1)
    try {
      const found = await roomsApi.blocked()
      // Somebody was blocked meanwhile, or it is another person's list.
      if (mine !== generation) return
      ids.value = new Set(found.map(({ id }) => String(id)))
      loaded.value = true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }

  async function change(id: UserId, to: 'blocked' | 'unblocked'): Promise<void> {
    await (to === 'blocked' ? roomsApi.block(id) : roomsApi.unblock(id))
    generation += 1
    const next = new Set(ids.value)
    if (to === 'blocked') next.add(String(id))
    else next.delete(String(id))
    ids.value = next
  }

  function reset(): void {
    generation += 1
    ids.value = new Set()
    loaded.value = false
  }

  return { loaded, isBlocked, load, change, reset }
})
