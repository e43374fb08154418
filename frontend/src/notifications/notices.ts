/**
 * Notifications of the browser. A service worker shows them where there is one: Chrome for Android
 * throws on `new Notification()`.
 */

/** At the root, so that its scope is every page of the portal (config/portal.py). */
const WORKER = '/service-worker.js'
/** The one policy beside Vue's that the Content-Security-Policy allows (config/portal.py). */
const POLICY = 'bellwire-worker'

export type NoticeOptions = NotificationOptions & { readonly body: string; readonly tag: string }

export interface NoticeData {
  readonly id: string
  readonly url: string | null
}

/** A notice on the screen, or on its way there. */
export interface Notice {
  /** False once it has been dismissed, or could not be shown. */
  isOpen(): Promise<boolean>
  close(): void
}

interface Shown {
  isOpen(): boolean | Promise<boolean>
  close(): unknown
}

interface TrustedPolicy {
  /** Throws without its argument. */
  createScriptURL(address: string): unknown
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(): string }): TrustedPolicy
}

let policy: TrustedPolicy | undefined
let registered: Promise<ServiceWorkerRegistration | null> | undefined

/** The address in the form in which `require-trusted-types-for` lets a page register it. */
function workerAddress(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  policy ??= trustedTypes?.createPolicy(POLICY, { createScriptURL: () => WORKER })
  return policy ? (policy.createScriptURL(WORKER) as string) : WORKER
}

async function register(): Promise<ServiceWorkerRegistration | null> {
  try {
    const registration = await navigator.serviceWorker.register(workerAddress(), { scope: '/' })
    return registration.active ? registration : await navigator.serviceWorker.ready
  } catch {
    // No worker in this browser, or it could not be loaded: the next notice tries again.
    registered = undefined
    return null
  }
}

const NOT_SHOWN: Shown = { isOpen: () => false, close: () => undefined }

/** Prepare the worker, so that the first notice does not wait for it. */
export const prepareNotices = (): Promise<ServiceWorkerRegistration | null> =>
  (registered ??= register())

async function byWorker(title: string, options: NoticeOptions): Promise<Shown | null> {
  const registration = await prepareNotices()
  const open = () => registration?.getNotifications({ tag: options.tag }) ?? []
  try {
    await registration?.showNotification(title, options)
    return (
      registration && {
        isOpen: async () => (await open()).length > 0,
        close: async () => (await open()).forEach((each) => each.close()),
      }
    )
  } catch {
    return null
  }
}

function byPage(title: string, options: NoticeOptions, onClick: () => void): Shown {
  try {
    const notice = new Notification(title, options)
    let isOpen = true
    notice.onclose = () => (isOpen = false)
    notice.onclick = () => {
      window.focus()
      notice.close()
      onClick()
    }
    return { isOpen: () => isOpen, close: () => notice.close() }
  } catch {
    return NOT_SHOWN
  }
}

/** Show one in place of an older one of its tag. `onClick` is of the page's; see `onNoticeClick`. */
export function showNotice(title: string, options: NoticeOptions, onClick: () => void): Notice {
  const shown = byWorker(title, options).then((it) => it ?? byPage(title, options, onClick))
  return {
    isOpen: () => shown.then((it) => it.isOpen()),
    close: () => void shown.then((it) => it.close()),
  }
}

/** Clicks that the worker tells this tab of, also on notices of other tabs. Returns how to stop. */
export function onNoticeClick(listener: (data: NoticeData) => void): () => void {
  const container = 'serviceWorker' in navigator ? navigator.serviceWorker : null
  const heard = ({ data }: MessageEvent): void => {
    const { type, id, url } = (data ?? {}) as Partial<Record<string, unknown>>
    if (type === 'notice-clicked' && typeof id === 'string')
      listener({ id, url: typeof url === 'string' ? url : null })
  }
  container?.addEventListener('message', heard)
  return () => container?.removeEventListener('message', heard)
}
