import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import { ApiError, roomsApi } from '@/api'

import { isId, isSame, type Message, type Room, type RoomId } from './room'

/** `again`: over a list that may have it already. */
type Step = (again: boolean) => void

/** The person's rooms, with what is unread in each; and the open ones that they may join. */
export const useRooms = defineStore('rooms', () => {
  const rooms = shallowRef<readonly Room[]>([])
  const joinable = shallowRef<readonly Room[]>([])
  /** The cursor of the joinable rooms that are not loaded yet; null: all of them are. */
  const moreJoinable = ref<string | null>(null)
  const loadingMore = ref(false)
  const loaded = ref(false)
  const failed = ref(false)
  /** What is in a room that is being looked at is not unread. */
  let lookedAt: RoomId | null = null
  let generation = 0
  let latest = 0
  let loading = 0
  /** What happened while a list is on its way, which may not have it yet: it is done again. */
  let meanwhile: Step[] = []
  let askAgain = false

  const unread = computed(() => rooms.value.reduce((sum, room) => sum + room.unread_count, 0))

  async function load(): Promise<void> {
    const mine = generation
    const nth = (latest += 1)
    loading += 1
    meanwhile = []
    askAgain = false
    try {
      const found = await roomsApi.list()
      // Another person, or a later question.
      if (mine !== generation || nth !== latest) return
      rooms.value = found.map(asSeen)
      for (const step of meanwhile) step(true)
      loaded.value = true
      failed.value = false
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (mine === generation) failed.value = true
    } finally {
      loading -= 1
      if (askAgain && loading === 0 && mine === generation) void load()
    }
  }

  async function loadJoinable(): Promise<void> {
    const mine = generation
    try {
      const { rooms: found, next } = await roomsApi.joinable()
      if (mine !== generation) return
      joinable.value = found
      moreJoinable.value = next
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }

  /** Adds the next page. Throws an `ApiError`; the page is asked for again at the next call. */
  async function loadMoreJoinable(): Promise<void> {
    const [mine, cursor] = [generation, moreJoinable.value]
    if (cursor === null || loadingMore.value) return
    loadingMore.value = true
    try {
      const { rooms: found, next } = await roomsApi.joinable(cursor)
      // Another person, or the list was loaded from its beginning meanwhile.
      if (mine !== generation || moreJoinable.value !== cursor) return
      const isNew = (room: Room) => !find(room.id)
      joinable.value = [...joinable.value, ...found.filter(isNew)]
      moreJoinable.value = next
    } finally {
      loadingMore.value = false
    }
  }

  function applyStep(step: Step): void {
    step(false)
    if (loading > 0) meanwhile.push(step)
  }

  /** Fetches once: a request that is under way already brings this. */
  const ask = (again: boolean): void => {
    if (loading === 0) void load()
    else if (again) askAgain = true
  }

  const asSeen = (room: Room): Room =>
    isSame(room.id, lookedAt) && room.unread_count > 0 ? { ...room, unread_count: 0 } : room

  /** Puts it on top, as it is now. */
  const put = (room: Room): void =>
    applyStep((again) => {
      if (!again || !find(room.id)) place(room)
    })

  function place(room: Room): void {
    joinable.value = joinable.value.filter(({ id }) => !isSame(id, room.id))
    rooms.value = [asSeen(room), ...rooms.value.filter(({ id }) => !isSame(id, room.id))]
  }

  const drop = (id: RoomId): void =>
    applyStep(() => {
      rooms.value = rooms.value.filter((room) => !isSame(room.id, id))
    })

  const find = (id: RoomId): Room | undefined => rooms.value.find((room) => isSame(room.id, id))

  /** A message was sent, edited or deleted in the open room. */
  const receiveMessage = (message: Message): void => applyStep(() => note(message))

  function note(message: Message): void {
    const room = find(message.room_id)
    if (!room) return
    const last = room.last_message
    if (last && message.offset < last.offset) return
    const isNews = !last || message.offset > last.offset
    if (isNews) place({ ...room, last_message: message })
    else alter(room.id, { last_message: message })
  }

  /**
   * A message was sent, edited or deleted in one of the user's rooms, open or not. The event may arrive
   * late or out of order: where it does not determine the new state, the list is fetched.
   */
  const receiveSummary = (message: Message, isMine: boolean): void =>
    applyStep((again) => {
      const room = find(message.room_id)
      const before = room?.last_message?.offset ?? 0
      const isGone = message.deleted_at !== null
      // A list includes every message up to its `last_message`.
      const isKnown = isMine || message.edited_at !== null || (again && !isGone)
      if (!room || (message.offset < before && !isKnown)) ask(again)
      else if (message.offset > before) {
        const news = isMine || isGone ? 0 : 1
        place({ ...room, last_message: message, unread_count: room.unread_count + news })
      } else if (isGone && room.unread_count > 0 && !isMine) ask(again)
      else note(message)
    })

  /** On this device or another they have read up to there. */
  const receiveRead = (id: RoomId, offset: number): void =>
    applyStep((again) => {
      const room = find(id)
      if (!room || room.unread_count === 0) return
      if (offset >= (room.last_message?.offset ?? 0)) alter(id, { unread_count: 0 })
      else ask(again)
    })

  const change = (id: RoomId, changes: Partial<Room>): void => applyStep(() => alter(id, changes))

  function alter(id: RoomId, changes: Partial<Room>): void {
    rooms.value = rooms.value.map((room) =>
      isSame(room.id, id) ? asSeen({ ...room, ...changes }) : room,
    )
  }

  /** Whether this page shows the room right now, to somebody who may see it. */
  const isLookedAt = (id: unknown): boolean => lookedAt !== null && isId(id) && isSame(id, lookedAt)

  /** null: none is. */
  function look(id: RoomId | null): void {
    lookedAt = id
    if (id !== null) alter(id, { unread_count: 0 })
  }

  function reset(): void {
    generation += 1
    rooms.value = joinable.value = []
    moreJoinable.value = null
    loaded.value = failed.value = false
    lookedAt = null
    meanwhile = []
    askAgain = false
  }

  return {
    rooms,
    joinable,
    moreJoinable,
    loadingMore,
    loaded,
    failed,
    unread,
    load,
    loadJoinable,
    loadMoreJoinable,
    put,
    drop,
    find,
    change,
    receiveMessage,
    receiveSummary,
    receiveRead,
    look,
    isLookedAt,
    reset,
  }
})
