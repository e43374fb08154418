import { defineStore } from 'pinia'
import { ref } from 'vue'

import type { Notification, NotificationId } from '@/realtime'

export interface Undo {
  readonly undo: () => void
  /** Its time stands still, while somebody points at it, */
  readonly hold: () => void
  /** and runs again. */
  readonly goOn: () => void
}

export type Toast =
  | { readonly key: number; readonly kind: 'notification'; readonly notification: Notification }
  | { readonly key: number; readonly kind: 'problem'; readonly text: string }
  | ({ readonly key: number; readonly kind: 'undo'; readonly text: string } & Undo)

/** More notifications and problems would cover the page; the list has the rest. */
const AT_ONCE = 3
/** So many deletions can be undone at once; of more in a few seconds the oldest are made. */
const UNDOS_AT_ONCE = 5

export const useToasts = defineStore('toasts', () => {
  const toasts = ref<Toast[]>([])
  let lastKey = 0

  function show(next: Toast[]): void {
    const stay = new Set(next.map(({ key }) => key))
    // Nobody can point any longer at what is gone.
    for (const toast of toasts.value)
      if (toast.kind === 'undo' && !stay.has(toast.key)) toast.goOn()
    toasts.value = next
  }

  function add(toast: Toast): void {
    const isUndo = toast.kind === 'undo'
    const alike = toasts.value.filter(({ kind }) => (kind === 'undo') === isUndo)
    const tooMany = alike.length + 1 - (isUndo ? UNDOS_AT_ONCE : AT_ONCE)
    const gone = new Set(alike.slice(0, Math.max(0, tooMany)))
    show([...toasts.value.filter((each) => !gone.has(each)), toast])
  }

  function notify(notification: Notification): void {
    add({ key: (lastKey += 1), kind: 'notification', notification })
  }

  /** Shows what a notification says now, where it is shown. */
  function retell(notification: Notification): void {
    toasts.value = toasts.value.map((toast) =>
      toast.kind === 'notification' && String(toast.notification.id) === String(notification.id)
        ? { ...toast, notification }
        : toast,
    )
  }

  function problem(text: string): void {
    if (!toasts.value.some((toast) => toast.kind === 'problem' && toast.text === text))
      add({ key: (lastKey += 1), kind: 'problem', text })
  }

  /** Returns its key. Those before can still be undone, each by itself. */
  function offerUndo(text: string, undo: Undo): number {
    const key = (lastKey += 1)
    add({ key, kind: 'undo', text, ...undo })
    return key
  }

  function dismiss(key: number): void {
    show(toasts.value.filter((toast) => toast.key !== key))
  }

  /** What was read or deleted, here or elsewhere, needs no toast any more. */
  function settle(matches: (id: NotificationId) => boolean): void {
    show(
      toasts.value.filter(
        (toast) => toast.kind !== 'notification' || !matches(toast.notification.id),
      ),
    )
  }

  function clear(): void {
    show([])
  }

  return { toasts, notify, retell, problem, offerUndo, dismiss, settle, clear }
})
