import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'

import { ApiError, notificationsApi } from '@/api'
import type { Notification, NotificationId, RealtimeEvent } from '@/realtime'

import { NOTHING_HEARD } from './hearsay'
import { applyEvent, EMPTY, has, type Inbox, isUnread, locally, withEntries } from './inbox'
import { useToasts } from './toasts'

const PAGE_SIZE = 20
/** So many pages one click may fetch in search of what a filter lets through. */
const PAGES_AT_ONCE = 5

type Change = (inbox: Inbox) => Inbox

interface Fetched {
  readonly change: Change
  readonly hasMore: boolean
}

export const useNotificationsStore = defineStore('notifications', () => {
  const inbox = shallowRef<Inbox>(EMPTY)
  const hasMore = ref(false)
  /** Whether the list was ever there. */
  const loaded = ref(false)
  const loading = ref(false)
  const failed = ref(false)
  /** Counts the rings of the bell. */
  const rings = ref(0)
  /** The last one that rang it. */
  const rung = shallowRef<Notification | null>(null)
  const toasts = useToasts()

  /** Changes made while a list is on its way: it may or may not have them, so they are made again. */
  let meanwhile: Change[] | null = null
  let reloadAgain = false
  /** A list asked for before a sign-out must not be shown after it. */
  let generation = 0

  /** Taken out of sight, and deleted once it can no longer be undone. By id as text. */
  const removed = shallowRef<ReadonlyMap<string, NotificationId>>(new Map())
  const all = computed(() => inbox.value.entries.map((entry) => entry.notification))
  const items = computed(() => all.value.filter(({ id }) => !removed.value.has(String(id))))
  const unread = computed(() => {
    const unseen = all.value.filter(
      ({ id, status }) => status === 'UNREAD' && removed.value.has(String(id)),
    )
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
      rings.value += 1
      rung.value = event.data
      toasts.notify(event.data)
    }
    settleToasts()
  }

  function settleToasts(): void {
    const unreadIds = new Set(
      items.value.filter((item) => item.status === 'UNREAD').map((item) => String(item.id)),
    )
    toasts.settle((id) => !unreadIds.has(String(id)))
  }

  /** Takes what `fetchList` brings, and lays over it what happened meanwhile. */
  async function fetching(fetchList: () => Promise<Fetched>): Promise<void> {
    const mine = generation
    loading.value = true
    failed.value = false
    meanwhile = []
    try {
      const arrived = await fetchList()
      if (mine !== generation) return
      const steps = [arrived.change, ...meanwhile]
      inbox.value = steps.reduce((known, step) => step(known), inbox.value)
      hasMore.value = arrived.hasMore
      loaded.value = true
    } catch (error) {
      if (mine !== generation) return
      if (!(error instanceof ApiError)) throw error
      failed.value = true
    } finally {
      if (mine === generation) {
        loading.value = false
        meanwhile = null
      }
    }
  }

  /** After a gap: the list is fetched later than all that was heard before, and has it in it. */
  async function startOver(): Promise<void> {
    change((known) => ({ ...known, heard: NOTHING_HEARD }))
    await reload()
  }

  async function reload(): Promise<void> {
    if (loading.value) {
      reloadAgain = true
      return
    }
    do {
      reloadAgain = false
      await fetching(async () => {
        const [page, count] = await Promise.all([
          notificationsApi.list(1, PAGE_SIZE),
          notificationsApi.unreadCount(),
        ])
        const entries = page.results.map((notification) => ({ notification, offset: null }))
        // From nothing: after a gap, or a restored backup, neither list nor version can be kept.
        const counted = { unread: count.count, version: count.version }
        return {
          change: ({ heard }) => withEntries({ ...EMPTY, ...counted, heard }, entries),
          hasMore: page.hasMore,
        }
      })
    } while (reloadAgain)
    settleToasts()
  }

  /** Fetches older ones until there is something new that is `wanted`. */
  async function loadMore(wanted: (item: Notification) => boolean = () => true): Promise<void> {
    if (loading.value || !hasMore.value) return
    const before = all.value.length
    // Not the next page number: what came and went since has shifted the pages.
    let page = Math.floor(before / PAGE_SIZE) + 1
    await fetching(async () => {
      const found: Notification[] = []
      let more = true
      const lastPage = page + PAGES_AT_ONCE - 1
      const isFresh = (item: Notification) => !has(inbox.value, item.id) && wanted(item)
      while (more && page <= lastPage && !found.some(isFresh)) {
        const answer = await notificationsApi.list(page, PAGE_SIZE)
        found.push(...answer.results)
        more = answer.hasMore
        page += 1
      }
      const entries = found.map((notification) => ({ notification, offset: null }))
      return { change: (known) => withEntries(known, entries), hasMore: more }
    })
    if (reloadAgain) await reload()
  }

  /** Shows it at once, tells the server, and fetches the truth if that fails. */
  async function act(step: Change, tell: () => Promise<void>): Promise<boolean> {
    change(step)
    settleToasts()
    try {
      await tell()
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
  const markAllRead = () =>
    act(
      (known) => locally.readAll(known),
      () => notificationsApi.markAllRead(),
    )
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

  /** Deletes one that is out of sight, or all of them. false if the server could not be told. */
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
    hasMore.value = loaded.value = loading.value = failed.value = reloadAgain = false
    meanwhile = null
    toasts.clear()
  }

  return {
    items,
    unread,
    hasMore,
    loaded,
    loading,
    failed,
    rings,
    rung,
    receive,
    reload,
    startOver,
    loadMore,
    markRead,
    markAllRead,
    remove,
    hide,
    bringBack,
    removeForGood,
    reset,
  }
})
