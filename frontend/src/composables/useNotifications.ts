import { storeToRefs } from 'pinia'

import { text } from '@/i18n'
import { targetOf } from '@/lib/target'
import type { Notification } from '@/realtime'
import { useNotificationsStore } from '@/stores/notifications'
import { useToasts } from '@/stores/toasts'

/** A click must lead on even where the server is slow to say that it is read. */
const READ_BEFORE_LEAVING_MS = 800

/** A person's notifications, and what they can do with them. */
export function useNotifications() {
  const store = useNotificationsStore()
  const toasts = useToasts()

  async function told(succeeded: Promise<boolean>): Promise<void> {
    if (!(await succeeded)) toasts.problem(text.panel.actionFailed)
  }

  const markRead = (notification: Notification) => told(store.markRead(notification.id))
  const markAllRead = () => told(store.markAllRead())
  const remove = (notification: Notification) => told(store.remove(notification.id))
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
    if (!newTab && leadsTo) location.assign(leadsTo)
  }

  return { ...storeToRefs(store), open, target, markRead, markAllRead, remove, store }
}
