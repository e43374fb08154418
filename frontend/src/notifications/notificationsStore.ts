import { defineStore } from 'pinia'
import { computed, ref, type Ref, shallowRef } from 'vue'

import { ApiError, notificationsApi, type NotificationPage, type NotificationPart } from '@/api'
import type { Notification, NotificationId, RealtimeEvent } from '@/realtime'
import { useRooms } from '@/rooms/roomsStore'

import {
  applyEvent,
  EMPTY,
  type Entry,
  has,
  type Inbox,
  isUnread,
  locally,
  withEntries,
} from './inbox'
import { NO_MARKS } from './marks'
import * as reach from './reach'
import { useToasts } from './toastsStore'
import { useTypes } from './typesStore'

/** Of the first page, which is fetched to be seen at once; and as many as the server gives at once. */
const PAGE_SIZE = 20
const MORE = 100

type Change = (inbox: Inbox) => Inbox
type Reaches = ReadonlyMap<string, reach.Reach>

interface Fetched {
  readonly change: Change
  readonly reaches: Reaches
}

const WHOLE = reach.keyOf(reach.EVERYTHING)
const entriesOf = ({ results }: NotificationPage): readonly Entry[] =>
  results.map((notification) => ({ notification, offset: null }))

export const useNotificationsStore = defineStore('notifications', () => {
  const inbox = shallowRef<Inbox>(EMPTY)
  /** How far each part of the list was fetched, by `keyOf` its filter. */
  const reaches = shallowRef<Reaches>(new Map())
  /** What the list shows. */
  const part = shallowRef<NotificationPart>(reach.EVERYTHING)
  /** Whether the list was ever there. */
  const loaded = ref(false)
  const loading = ref(false)
  const failed = ref(false)
  /** The list is there, and older ones could not be had. */
  const failedMore = ref(false)
  /** Counts the rings of the bell. */
  const rings = ref(0)
  /** The last one that rang it. */
  const rung = shallowRef<Notification | null>(null)
  const toasts = useToasts()
  const types = useTypes()
  const rooms = useRooms()

  /** Changes made while a list is on its way: it may or may not have them, so they are made again. */
  let meanwhile: Change[] | null = null
  let reloadAgain = false
  /** The server's key has changed: the places in its lists that it named before are refused. */
  let isPlaceRefused = false
  /** A list asked for before a sign-out must not be shown after it. */
  let generation = 0

  /** Taken out of sight, and deleted once it can no longer be undone. By id as text. */
  const removed = shallowRef<ReadonlyMap<string, NotificationId>>(new Map())
  const isInSight = ({ notification }: Entry): boolean =>
    removed.value.size === 0 || !removed.value.has(String(notification.id))
  const inSight = (entries: readonly Entry[]): readonly Notification[] =>
    entries.filter(isInSight).map((entry) => entry.notification)

  const reachOf = (which: NotificationPart): reach.Reach => {
    const whole = reaches.value.get(WHOLE) ?? reach.AS_HEARD
    const own = reaches.value.get(reach.keyOf(which))
    return own ? reach.farther(own, whole) : whole
  }
  /** What is known of a part without a hole, also what is out of sight. */
  const known = (which: NotificationPart): readonly Entry[] => {
    const { unreadOnly, category } = which
    const entries = reach.within(inbox.value.entries, reachOf(which))
    if (!unreadOnly && !category) return entries
    return entries.filter(
      ({ notification: { status, type } }) =>
        (!unreadOnly || status === 'UNREAD') && (!category || types.categoryOf(type) === category),
    )
  }
  const items = computed(() => inSight(known(reach.EVERYTHING)))
  const shown = computed(() => inSight(known(part.value)))
  const hasMore = computed(() => reachOf(part.value).next !== null)
  const unread = computed(() => {
    const unseen = [...removed.value.values()].filter((id) => isUnread(inbox.value, id))
    return Math.max(0, inbox.value.unread - unseen.length)
  })

  function change(step: Change): void {
    inbox.value = step(inbox.value)
    meanwhile?.push(step)
  }

  function receive(event: RealtimeEvent): void {
    const isNew = event.type === 'notification' && !has(inbox.value, event.data.id)
    change((known) => applyEvent(known, event))
    // A broadcast may have been read, or deleted, before it came here.
    if (event.type === 'notification' && isNew && isUnread(inbox.value, event.data.id)) {
      // What is being looked at is seen: it is marked, and rings for nobody.
      if (rooms.isLookedAt(event.data.data?.room_id)) void markRead(event.data.id)
      else ring(event.data)
    }
    if (event.type === 'notification.updated') toasts.retell(event.data)
    settleToasts()
  }

  function ring(notification: Notification): void {
    rings.value += 1
    rung.value = notification
    toasts.notify(notification)
  }

  function settleToasts(): void {
    toasts.settle((id) => removed.value.has(String(id)) || !isUnread(inbox.value, id))
  }

  /** Takes what `fetchList` brings, and lays over it what happened meanwhile. */
  async function fetching(failure: Ref<boolean>, fetchList: () => Promise<Fetched>): Promise<void> {
    const mine = generation
    loading.value = true
    failed.value = failedMore.value = false
    meanwhile = []
    try {
      const arrived = await fetchList()
      if (mine !== generation) return
      const steps = [arrived.change, ...meanwhile]
      inbox.value = steps.reduce((known, step) => step(known), inbox.value)
      reaches.value = arrived.reaches
      loaded.value = true
    } catch (error) {
      if (mine !== generation) return
      if (!(error instanceof ApiError)) throw error
      failure.value = true
    } finally {
      if (mine === generation) {
        loading.value = false
        meanwhile = null
      }
    }
  }

  /** After a gap: the list is fetched later than every earlier mark and includes them. */
  async function startOver(): Promise<void> {
    change((known) => ({ ...known, marks: NO_MARKS }))
    await reload()
  }

  async function reload(): Promise<void> {
    if (loading.value) {
      reloadAgain = true
      return
    }
    do {
      reloadAgain = isPlaceRefused = false
      await fetching(failed, async () => {
        const [page, count] = await Promise.all([
          notificationsApi.list(null, PAGE_SIZE),
          notificationsApi.unreadCount(),
        ])
        // From nothing: after a gap, or a restored backup, neither list nor version can be kept.
        const counted = { unread: count.count, version: count.version }
        return {
          change: ({ marks }) => withEntries({ ...EMPTY, ...counted, marks }, entriesOf(page)),
          reaches: new Map([[WHOLE, { oldest: page.results.at(-1) ?? null, next: page.next }]]),
        }
      })
    } while (reloadAgain)
    settleToasts()
  }

  /** Shows another part of the list; what is missing of it is for `loadMore`. */
  function show(which: NotificationPart): void {
    part.value = which
    failedMore.value = false
  }

  /** Fetches older ones of the part that is shown. */
  async function loadMore(): Promise<void> {
    if (loading.value || !hasMore.value) return
    const which = part.value
    await fetching(failedMore, () => older(which))
    if (reloadAgain) await reload()
  }

  async function older(which: NotificationPart): Promise<Fetched> {
    const before = reachOf(which)
    const answer = await notificationsApi.list(before.next, MORE, which).catch((error: unknown) => {
      isPlaceRefused = error instanceof ApiError && error.status === 400
      throw error
    })
    if (answer.next !== null && answer.next === before.next)
      throw ApiError.network('the list does not go on')
    const after = { oldest: answer.results.at(-1) ?? before.oldest, next: answer.next }
    return {
      change: (inbox) => withEntries(inbox, entriesOf(answer)),
      reaches: new Map(reaches.value).set(reach.keyOf(which), after),
    }
  }

  /** Fetches again what could not be had. */
  const retry = (): Promise<void> =>
    loaded.value && !failed.value && !isPlaceRefused ? loadMore() : reload()

  /** Applies the change at once, sends it, and reloads if the request fails. */
  async function act(step: Change, request: () => Promise<void>): Promise<boolean> {
    change(step)
    settleToasts()
    try {
      await request()
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      // Gone already, from elsewhere.
      if (error.status === 404) return true
      await reload()
      return false
    }
  }

  const markRead = (id: NotificationId) =>
    act(
      (known) => locally.read(known, id),
      () => notificationsApi.markRead(id),
    )
  /** Of the category that the list shows, or all. */
  const markAllRead = () => {
    const { category } = part.value
    return act(
      (known) =>
        category
          ? locally.readSome(known, ({ type }) => types.categoryOf(type) === category)
          : locally.readAll(known),
      () => notificationsApi.markAllRead(category),
    )
  }
  const remove = (id: NotificationId) =>
    act(
      (known) => locally.delete(known, id),
      () => notificationsApi.delete(id),
    )

  /** Out of sight; until `removeForGood` it can be brought back. */
  function hide(id: NotificationId): void {
    removed.value = new Map(removed.value).set(String(id), id)
    settleToasts()
  }

  function bringBack(id: NotificationId): void {
    const left = new Map(removed.value)
    left.delete(String(id))
    removed.value = left
  }

  /** Deletes one that is out of sight, or all of them. false if the request failed. */
  async function removeForGood(id?: NotificationId): Promise<boolean> {
    const ids = id === undefined ? [...removed.value.values()] : [id]
    const gone = ids.filter((each) => removed.value.has(String(each)))
    const done = await Promise.all(
      gone.map((each) => {
        const deleting = remove(each)
        bringBack(each)
        return deleting
      }),
    )
    return done.every(Boolean)
  }

  function reset(): void {
    generation += 1
    removed.value = new Map()
    inbox.value = EMPTY
    reaches.value = new Map()
    part.value = reach.EVERYTHING
    loaded.value = loading.value = failed.value = failedMore.value = reloadAgain = false
    meanwhile = null
    toasts.clear()
  }

  return {
    items,
    shown,
    unread,
    hasMore,
    loaded,
    loading,
    failed,
    failedMore,
    rings,
    rung,
    receive,
    reload,
    startOver,
    show,
    loadMore,
    retry,
    markRead,
    markAllRead,
    remove,
    hide,
    bringBack,
    removeForGood,
    reset,
  }
})
