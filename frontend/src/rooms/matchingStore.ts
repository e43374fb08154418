import { defineStore } from 'pinia'
import { ref } from 'vue'

import { ApiError, roomsApi } from '@/api'

import type { RoomId } from './room'

/** Asking again says that one is still there: needed oftener than every 30 s without a connection. */
const ASK_AGAIN_MS = 20_000

/** `in-vain`: nobody came while one waited. */
export type MatchingStatus = 'idle' | 'waiting' | 'in-vain' | 'failed'

/** The wish to be paired with somebody, from pressing to being paired. */
export const useMatching = defineStore('matching', () => {
  const status = ref<MatchingStatus>('idle')
  const matchedRoom = ref<RoomId | null>(null)
  let timer: ReturnType<typeof setTimeout> | undefined
  let expiresAt = Number.POSITIVE_INFINITY
  let generation = 0

  async function seek(): Promise<void> {
    generation += 1
    matchedRoom.value = null
    status.value = 'waiting'
    expiresAt = Number.POSITIVE_INFINITY
    await ask()
  }

  async function ask(): Promise<void> {
    const mine = generation
    try {
      const wish = await roomsApi.seekMatch()
      if (mine !== generation) {
        // Given up while the question was on its way.
        if (status.value === 'idle') await roomsApi.giveUpMatch()
        return
      }
      if (wish.roomId !== null) {
        matched(wish.roomId)
        return
      }
      const until = Date.parse(wish.expiresAt ?? '')
      // The first answer's: to ask when it is over would be another wish.
      if (expiresAt === Number.POSITIVE_INFINITY && !Number.isNaN(until)) expiresAt = until
      timer = setTimeout(() => void askAgain(), ASK_AGAIN_MS)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (mine === generation) end('failed')
    }
  }

  async function askAgain(): Promise<void> {
    if (Date.now() < expiresAt) {
      await ask()
      return
    }
    end('in-vain')
    await tellGivenUp()
  }

  async function giveUp(): Promise<void> {
    end('idle')
    await tellGivenUp()
  }

  async function tellGivenUp(): Promise<void> {
    try {
      await roomsApi.giveUpMatch()
    } catch (error) {
      // It runs out by itself.
      if (!(error instanceof ApiError)) throw error
    }
  }

  /** The event, or the answer, whichever comes first. */
  function matched(roomId: RoomId): void {
    if (status.value !== 'waiting') return
    end('idle')
    matchedRoom.value = roomId
  }

  function end(next: MatchingStatus): void {
    generation += 1
    clearTimeout(timer)
    status.value = next
  }

  function reset(): void {
    if (status.value === 'waiting') void giveUp()
    end('idle')
    matchedRoom.value = null
  }

  return { status, matchedRoom, seek, giveUp, matched, reset }
})
