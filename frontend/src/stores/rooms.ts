import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import { ApiError, roomsApi } from '@/api'
import { isSame, type Message, type Room, type RoomId } from '@/lib/rooms'

/** The person's rooms, with what is unread in each; and the open ones that they may join. */
export const useRooms = defineStore('rooms', () => {
  const rooms = shallowRef<readonly Room[]>([])
  const joinable = shallowRef<readonly Room[]>([])
  const loaded = ref(false)
  const failed = ref(false)
  /** What is in a room that is being looked at is not unread. */
  let lookedAt: RoomId | null = null
  let generation = 0
  let latest = 0
  let loading = 0
  /** Something was heard that a list which is on its way may not have yet. */
  let overtaken = false

  const unread = computed(() => rooms.value.reduce((sum, room) => sum + room.unread_count, 0))

  async function load(): Promise<void> {
    const mine = generation
    const nth = (latest += 1)
    loading += 1
    overtaken = false
    try {
      const found = await roomsApi.list()
      // Another person, or a later question.
      if (mine !== generation || nth !== latest) return
      rooms.value = found.map(asSeen)
      loaded.value = true
      failed.value = false
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (mine === generation) failed.value = true
    } finally {
      loading -= 1
      if (overtaken && loading === 0 && mine === generation) void load()
    }
  }

  async function loadJoinable(): Promise<void> {
    const mine = generation
    try {
      const found = await roomsApi.list({ open: true })
      if (mine === generation) joinable.value = found
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
    }
  }

  /** Asks once: whatever is heard meanwhile has it asked again. */
  const ask = (): void => {
    if (loading === 0) void load()
  }

  const asSeen = (room: Room): Room =>
    isSame(room.id, lookedAt) && room.unread_count > 0 ? { ...room, unread_count: 0 } : room

  /** Puts it on top, as it is now. */
  function put(room: Room): void {
    joinable.value = joinable.value.filter(({ id }) => !isSame(id, room.id))
    rooms.value = [asSeen(room), ...rooms.value.filter(({ id }) => !isSame(id, room.id))]
  }

  function drop(id: RoomId): void {
    rooms.value = rooms.value.filter((room) => !isSame(room.id, id))
  }

  const find = (id: RoomId): Room | undefined => rooms.value.find((room) => isSame(room.id, id))

  /** Was said, edited or deleted in a room that is being looked at. */
  function heardMessage(message: Message): void {
    const room = find(message.room_id)
    if (!room) return
    const last = room.last_message
    if (last && message.offset < last.offset) return
    const isNews = !last || message.offset > last.offset
    if (isNews) put({ ...room, last_message: message })
    else change(room.id, { last_message: message })
  }

  /**
   * Was said, edited or deleted in some room of theirs, whether it is looked at or not. It may come
   * late, or not in order: what cannot be told from it is asked for.
   */
  function heardOf(message: Message, isMine: boolean): void {
    overtaken = loading > 0
    const room = find(message.room_id)
    const before = room?.last_message?.offset ?? 0
    const isGone = message.deleted_at !== null
    if (!room || (message.offset < before && !isMine && !message.edited_at)) ask()
    else if (message.offset > before) {
      const news = isMine || isGone ? 0 : 1
      put({ ...room, last_message: message, unread_count: room.unread_count + news })
    } else if (isGone && room.unread_count > 0 && !isMine) ask()
    else heardMessage(message)
  }

  /** On this device or another they have read up to there. */
  function heardRead(id: RoomId, offset: number): void {
    overtaken = loading > 0
    const room = find(id)
    if (!room || room.unread_count === 0) return
    if (offset >= (room.last_message?.offset ?? 0)) change(id, { unread_count: 0 })
    else ask()
  }

  function change(id: RoomId, changes: Partial<Room>): void {
    rooms.value = rooms.value.map((room) =>
      isSame(room.id, id) ? asSeen({ ...room, ...changes }) : room,
    )
  }

  /** null: none is. */
  function look(id: RoomId | null): void {
    lookedAt = id
    if (id !== null) change(id, { unread_count: 0 })
  }

  function reset(): void {
    generation += 1
    rooms.value = joinable.value = []
    loaded.value = failed.value = false
    lookedAt = null
    overtaken = false
  }

  return {
    rooms,
    joinable,
    loaded,
    failed,
    unread,
    load,
    loadJoinable,
    put,
    drop,
    find,
    change,
    heardMessage,
    heardOf,
    heardRead,
    look,
    reset,
  }
})
