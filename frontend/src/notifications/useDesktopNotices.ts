import { onScopeDispose, readonly, ref, watch } from 'vue'

import badge from '@/assets/notification-badge.png'
import icon from '@/assets/notification-icon.png'
import { text } from '@/i18n'
import { enclose } from '@/lib/text/bidi'
import type { Notification as Told } from '@/realtime'
import { isSame } from '@/rooms/room'

import { type Notice, type NoticeData, onNoticeClick, prepareNotices, showNotice } from './notices'
import { useNotificationsStore } from './notificationsStore'
import { useNotifications } from './useNotifications'

const ASKED = 'bellwire.desktop-asked'
const OFF = 'bellwire.desktop-off'
/** In so long a tab that shows the room of a message has read it: then nothing rings here either. */
const ELSEWHERE_MS = 500

/** A notice, and the message that it shows. */
type Shown = Notice & { readonly message: string }

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
    if (permission.value === 'granted') void prepareNotices()
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
  const shown = new Map<string, Shown>()

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
  const find = (id: string): Told | undefined => list.items.find((item) => String(item.id) === id)
  // Read, deleted or edited elsewhere.
  watch(
    () => list.items,
    () => {
      for (const [id, notice] of shown) {
        const item = find(id)
        if (item?.status === 'UNREAD') {
          if (item.message !== notice.message) void edit(id, notice)
        } else {
          shown.delete(id)
          notice.close()
        }
      }
    },
  )
  const ignoreClicks = onNoticeClick(clicked)
  onScopeDispose(() => {
    ignoreClicks()
    for (const notice of shown.values()) notice.close()
    shown.clear()
  })
  if (permission.value === 'granted' && !off.value) void prepareNotices()

  /** What was dismissed does not come back because its text has changed. */
  async function edit(id: string, notice: Shown): Promise<void> {
    const isOpen = await notice.isOpen()
    if (shown.get(id) !== notice) return
    const item = find(id)
    if (isOpen && item) show(item, { silent: true })
    else shown.delete(id)
  }

  function show(told: Told, how: NotificationOptions = {}): void {
    if (permission.value !== 'granted' || off.value) return
    const data: NoticeData = { id: String(told.id), url: target(told) }
    const options = {
      ...how,
      body: enclose(told.message),
      dir: 'auto' as const,
      // The tag makes it one, however many tabs show it.
      tag: `bellwire-${data.id}`,
      lang: text.language,
      icon,
      badge,
      data,
    }
    const notice = showNotice(enclose(told.title), options, () => clicked(data))
    shown.set(data.id, { ...notice, message: told.message })
  }

  function clicked({ id, url }: NoticeData): void {
    const told = find(id)
    if (told) void markRead(told)
    if (url) void go(url)
  }
}
