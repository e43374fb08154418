import { storeToRefs } from 'pinia'

import { http } from '@/api'
import { text } from '@/i18n'
import { Countdown } from '@/lib/countdown'
import type { Notification } from '@/realtime'
import { isView, router } from '@/router'

import { useNotificationsStore } from './notificationsStore'
import { targetOf } from './target'
import { useToasts } from './toastsStore'

/** A click must lead on even where the server is slow to say that it is read. */
const READ_BEFORE_LEAVING_MS = 800
/** So long a deletion can be undone; whoever points at the offer, or is on it, has all the time. */
const UNDO_MS = 6_000

/** A person's notifications, and what they can do with them. */
export function useNotifications() {
  const store = useNotificationsStore()
  const toasts = useToasts()

  async function told(succeeded: Promise<boolean>): Promise<void> {
    if (!(await succeeded)) toasts.problem(text.panel.actionFailed)
  }

  const markRead = (notification: Notification) => told(store.markRead(notification.id))
  const markAllRead = () => told(store.markAllRead())

  /** Takes it out of sight at once, and deletes it when nobody has undone that. */
  function remove({ id, title }: Notification): void {
    store.hide(id)
    void http.prepare()
    const countdown = new Countdown(UNDO_MS, () => {
      toasts.dismiss(key)
      void told(store.removeForGood(id))
    })
    const key = toasts.offerUndo(text.panel.deleted(title), {
      undo() {
        countdown.stop()
        toasts.dismiss(key)
        store.bringBack(id)
      },
      hold: () => countdown.hold(),
      goOn: () => countdown.goOn(),
    })
  }

  const target = (notification: Notification) => targetOf(notification, location.origin)

  /** Marks it read and goes where it leads; a click that opens a new tab only marks it read. */
  async function open(notification: Notification, click: MouseEvent): Promise<void> {
    const leadsTo = target(notification)
    const newTab = click.ctrlKey || click.metaKey || click.shiftKey || click.button === 1
    if (!newTab) click.preventDefault()
    if (notification.status === 'UNREAD') {
      const marked = markRead(notification)
      if (!newTab && leadsTo)
        await Promise.race([
          marked,
          new Promise((resolve) => setTimeout(resolve, READ_BEFORE_LEAVING_MS)),
        ])
    }
    if (!newTab && leadsTo) await go(leadsTo)
  }

  /** To a view of this page without loading it anew. */
  async function go(address: string): Promise<void> {
    const { origin, pathname, search, hash } = new URL(address)
    if (origin === location.origin && isView(pathname)) await router.push(pathname + search + hash)
    else location.assign(address)
  }

  return { ...storeToRefs(store), open, go, target, markRead, markAllRead, remove, store }
}
