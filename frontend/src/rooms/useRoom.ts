import { computed, onScopeDispose, ref, shallowRef } from 'vue'

import { ApiError, roomsApi } from '@/api'
import type { RealtimeEvent } from '@/realtime'
import { useAuth } from '@/shell/authStore'
import { useLive } from '@/shell/useLive'

import {
  isId,
  isObject,
  isSame,
  toMessage,
  toSnapshot,
  topicOf,
  type Message,
  type MessageId,
  type RoomId,
  type TimerAction,
} from './room'
import { useRooms } from './roomsStore'
import {
  applyRoomEvent,
  EMPTY_ROOM,
  withMessages,
  withoutPending,
  withPending,
  withSnapshot,
  type Pending,
  type RoomState,
} from './roomState'

/** docs/contract.md §7: a typing indicator is shown for 5 s unless it is repeated. */
const TYPING_SHOWN_MS = 5_000
const TYPING_SAID_MS = 3_000

type Step = () => void

/** One room, for as long as the calling scope lives. `onGone`: it is the person's no longer. */
export function useRoom(roomId: RoomId, onGone: () => void) {
  const live = useLive()
  const auth = useAuth()
  const rooms = useRooms()
  const topic = topicOf(roomId)
  const state = shallowRef<RoomState>(EMPTY_ROOM)
  const loaded = ref(false)
  const failed = ref(false)
  const loadingOlder = ref(false)
  const typists = shallowRef<ReadonlyMap<string, number>>(new Map())
  const isMe = (id: unknown) => isId(id) && isSame(id, auth.user?.id)
  /** One's own, as it is now: others may have changed it since the list of rooms came. */
  const role = computed(
    () =>
      state.value.members.find(({ user_id }) => isMe(user_id))?.role ??
      rooms.find(roomId)?.role ??
      null,
  )
  let fetched = 0
  /** Events that arrive while a response is under way, which may not include them: applied again on top. */
  const underWay = new Set<Step[]>()
  let timersReceived = 0
  let saidTypingAt = Number.NEGATIVE_INFINITY
  let readUpTo = 0

  const leave = live.subscribe(topic, {
    onEvent: receive,
    onGap: () => void fetchAll(),
    onRefused: onGone,
    onSubscribed({ snapshot }) {
      const found = toSnapshot(snapshot)
      if (found) applyStep(() => (state.value = withSnapshot(state.value, found)))
    },
  })
  // Where nothing is connected the history can still be read.
  const impatience = setTimeout(() => !loaded.value && void fetchAll(), 1_500)
  onScopeDispose(() => {
    leave()
    clearTimeout(impatience)
    for (const timer of typists.value.values()) clearTimeout(timer)
  })

  function receive(event: RealtimeEvent): void {
    if (event.type !== 'other' && event.type !== 'state') return
    const { name, data } = event
    if (name === 'typing') {
      noteTyping(data)
      return
    }
    applyStep(() => apply(name, data))
    const message = name === 'message' ? toMessage(data) : null
    if (message) stopTyping(String(message.user_id))
    if (name === 'timer') timersReceived += 1
    const isOut = name === 'member.left' && isObject(data) && isMe(data.user_id)
    if (isOut || name === 'room.deleted') onGone()
  }

  function applyStep(step: Step): void {
    step()
    for (const heard of underWay) heard.push(step)
  }

  /** Applies the response of `ask`, then the events that arrived meanwhile. */
  async function bring<T>(ask: () => Promise<T>, take: (found: T) => boolean): Promise<void> {
    const meanwhile: Step[] = []
    underWay.add(meanwhile)
    try {
      const found = await ask()
      if (take(found)) for (const step of meanwhile) step()
    } finally {
      underWay.delete(meanwhile)
    }
  }

  /** Applied twice, an event changes what it changes once. */
  function apply(name: string, data: unknown): void {
    state.value = applyRoomEvent(state.value, name, data)
    if (name.startsWith('message')) {
      const message = toMessage(data)
      if (message) rooms.receiveMessage(message)
    } else if (name === 'room' && isObject(data)) {
      const { name: title, open } = data
      if (typeof title === 'string') rooms.change(roomId, { name: title, open: open === true })
    } else if (name.startsWith('member.')) {
      rooms.change(roomId, { members_count: state.value.members.length })
    }
  }

  function noteTyping(data: unknown): void {
    if (!isObject(data) || !isId(data.user_id) || isMe(data.user_id)) return
    const id = String(data.user_id)
    clearTimeout(typists.value.get(id))
    const timer = window.setTimeout(() => stopTyping(id), TYPING_SHOWN_MS)
    typists.value = new Map(typists.value).set(id, timer)
  }

  function stopTyping(id: string): void {
    clearTimeout(typists.value.get(id))
    const left = new Map(typists.value)
    if (left.delete(id)) typists.value = left
  }

  const typing = computed(() =>
    state.value.members.filter(({ user_id }) => typists.value.has(String(user_id))),
  )

  /** At first, and after a gap: everything, over REST. */
  async function fetchAll(): Promise<void> {
    const nth = (fetched += 1)
    try {
      await bring(everything, ({ room, history, members, timer }) => {
        if (nth !== fetched) return false
        rooms.change(roomId, room)
        if (!rooms.find(roomId)) rooms.put(room)
        const { settings } = room
        const fresh: RoomState = { ...state.value, messages: [], members, settings, timer }
        state.value = { ...withMessages(fresh, history.messages), hasOlder: history.hasOlder }
        loaded.value = true
        failed.value = false
        return true
      })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      if (error.status === 404 || error.status === 403) onGone()
      else if (nth === fetched) failed.value = true
    }
  }

  async function everything() {
    const [room, history, members] = await Promise.all([
      roomsApi.read(roomId),
      roomsApi.history(roomId),
      roomsApi.members(roomId),
    ])
    const timer = room.kind === 'focus' ? await roomsApi.timer(roomId) : null
    return { room, history, members, timer }
  }

  async function loadOlder(): Promise<void> {
    const oldest = state.value.messages[0]
    if (!oldest || loadingOlder.value || !state.value.hasOlder) return
    loadingOlder.value = true
    try {
      await bring(
        () => roomsApi.history(roomId, oldest.id),
        ({ messages, hasOlder }) => {
          // Started over meanwhile: these do not join on.
          if (state.value.messages[0]?.id !== oldest.id) return false
          state.value = { ...withMessages(state.value, messages), hasOlder }
          return true
        },
      )
    } finally {
      loadingOlder.value = false
    }
  }

  /** Shows the message at once: `sending` until its event arrives, or `failed`. */
  async function say(content: string, replyTo: MessageId | null): Promise<void> {
    await send({ clientId: clientId(), content, replyTo, status: 'sending' })
  }

  async function send(pending: Pending): Promise<void> {
    state.value = withPending(state.value, { ...pending, status: 'sending' })
    const { clientId: id, content, replyTo } = pending
    try {
      await live.say(topic, content, { clientId: id, ...(replyTo !== null && { replyTo }) })
    } catch {
      state.value = withPending(state.value, { ...pending, status: 'failed' })
    }
  }

  function discard(pending: Pending): void {
    state.value = withoutPending(state.value, pending.clientId)
  }

  const edit = (message: Message, content: string) => roomsApi.edit(roomId, message.id, content)
  const remove = (message: Message) => roomsApi.delete(roomId, message.id)

  function sayTyping(): void {
    const now = Date.now()
    if (now - saidTypingAt < TYPING_SAID_MS) return
    saidTypingAt = now
    live.typing(topic)
  }

  /** All that is shown has been seen. */
  function markRead(): void {
    const newest = state.value.messages.at(-1)?.offset ?? 0
    const known = state.value.read[String(auth.user?.id)] ?? 0
    if (newest <= Math.max(readUpTo, known)) return
    readUpTo = newest
    live.read(topic, newest)
  }

  async function control(action: TimerAction): Promise<void> {
    const before = timersReceived
    const timer = await roomsApi.control(roomId, action)
    // A timer event that arrived since may be newer than this answer; if it is older, a newer one follows.
    if (timer && timersReceived === before)
      applyStep(() => (state.value = { ...state.value, timer }))
  }

  return {
    state,
    loaded,
    failed,
    loadingOlder,
    typing,
    isMe,
    role,
    fetchAll,
    loadOlder,
    say,
    retry: send,
    discard,
    edit,
    remove,
    sayTyping,
    markRead,
    control,
    serverNow: live.serverNow,
  }
}

/** `crypto.randomUUID` is there in secure contexts only. */
function clientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
