import { onScopeDispose, readonly, ref, watch } from 'vue'

import { text } from '@/i18n'
import { isSame } from '@/lib/rooms'
import { enclose } from '@/lib/text/bidi'
import type { Notification as Told } from '@/realtime'
import { useNotificationsStore } from '@/stores/notifications'

import { useNotifications } from './useNotifications'

const ASKED = 'bellwire.desktop-asked'
const OFF = 'bellwire.desktop-off'
/** In so long a tab that shows the room of a message has read it: then nothing rings here either. */
const ELSEWHERE_MS = 500

const supported = 'Notification' in globalThis
const permission = ref(supported ? Notification.permission : 'denied')
const asked = ref(stored(ASKED))
const off = ref(stored(OFF))

function stored(key: string): boolean {
  try {
    return localStorage.getItem(key) !== null
  } catch {
    return false
  }
}

function store(key: string, on: boolean): void {
  try {
    if (on) localStorage.setItem(key, '1')
    else localStorage.removeItem(key)
  } catch {
    // Storage is switched off: then it holds until the page is left.
  }
}

/** Whether the browser may show notifications of its own, and how a person says so. */
export function useDesktopPermission() {
  /** Only ever after a press: browsers, and people, mind being asked out of the blue. */
  async function turnOn(): Promise<void> {
    notNow()
    off.value = false
    store(OFF, false)
    permission.value = await Notification.requestPermission()
  }

  function turnOff(): void {
    off.value = true
    store(OFF, true)
  }

  function notNow(): void {
    asked.value = true
    store(ASKED, true)
  }

  return {
    supported,
    permission: readonly(permission),
    asked: readonly(asked),
    off: readonly(off),
    turnOn,
    turnOff,
    notNow,
  }
}

/** Shows what rings while nobody looks at the page, for as long as the calling scope lives. */
export function useDesktopNotices(): void {
  const list = useNotificationsStore()
  const { markRead, target, go } = useNotifications()
  const shown = new Map<string, Notification>()

  watch(
    () => list.rung,
    (told) => {
      if (!told || document.visibilityState !== 'hidden') return
      if (told.data?.room_id === undefined) show(told)
      else setTimeout(() => isUnread(told) && show(told), ELSEWHERE_MS)
    },
  )
  const isUnread = ({ id }: Told): boolean =>
    list.items.some((item) => isSame(item.id, id) && item.status === 'UNREAD')
  // Read, deleted or edited elsewhere.
  watch(
    () => list.items,
    (items) => {
      for (const [id, notice] of shown) {
        const item = items.find((each) => String(each.id) === id)
        if (!item || item.status !== 'UNREAD') notice.close()
        else if (item.message !== notice.body) show(item, { silent: true })
      }
    },
  )
  onScopeDispose(() => {
    for (const notice of shown.values()) notice.close()
  })

  function show(told: Told, how: NotificationOptions = {}): void {
    if (permission.value !== 'granted' || off.value) return
    const id = String(told.id)
    try {
      // The tag makes it one, however many tabs show it.
      const { message: body } = told
      const options = {
        ...how,
        body: enclose(body),
        dir: 'auto' as const,
        tag: `bellwire-${id}`,
        lang: text.language,
      }
      const notice = new Notification(enclose(told.title), options)
      shown.set(id, notice)
      // One that was taken the place of closes too.
      notice.onclose = () => shown.get(id) === notice && shown.delete(id)
      notice.onclick = () => {
        window.focus()
        notice.close()
        void markRead(told)
        const leadsTo = target(told)
        if (leadsTo) void go(leadsTo)
      }
    } catch {
      // Browsers of phones show them for service workers only.
    }
  }
}
