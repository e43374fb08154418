import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const OPTIONS = { body: 'Come back', tag: 'bellwire-7', data: { id: '7', url: '/orders/7' } }

/** A browser with a service worker; what it shows, by tag. */
function browserWithWorker() {
  const shown = new Map<string, { title: string; close: () => void }>()
  const listeners = new Set<(event: object) => void>()
  const registration = {
    active: {},
    showNotification: vi.fn(async (title: string, { tag }: { tag: string }) => {
      shown.set(tag, { title, close: () => shown.delete(tag) })
    }),
    getNotifications: async ({ tag }: { tag: string }) =>
      [shown.get(tag)].filter((each) => each !== undefined),
  }
  const register = vi.fn<(address: unknown, options: object) => Promise<typeof registration>>(
    async () => registration,
  )
  const serviceWorker = {
    register,
    addEventListener: (_type: string, listener: (event: object) => void) => listeners.add(listener),
    removeEventListener: (_type: string, listener: (event: object) => void) =>
      listeners.delete(listener),
  }
  vi.stubGlobal('navigator', { serviceWorker })
  return { shown, listeners, registration, register }
}

/** `new Notification()` of desktops. */
function pageNotifications() {
  const made: PageNotification[] = []
  class PageNotification {
    onclick = (): void => undefined
    onclose = (): void => undefined
    constructor(readonly title: string) {
      made.push(this)
    }
    close(): void {
      this.onclose()
    }
  }
  vi.stubGlobal('Notification', PageNotification)
  return made
}

/** Chrome for Android: "Illegal constructor. Use ServiceWorkerRegistration.showNotification()". */
function phoneNotifications(): void {
  vi.stubGlobal(
    'Notification',
    class {
      constructor() {
        throw new TypeError('Illegal constructor')
      }
    },
  )
}

beforeEach(() => {
  vi.resetModules()
  vi.stubGlobal('window', { focus: () => undefined })
})
afterEach(() => vi.unstubAllGlobals())
const load = () => import('@/notifications/notices')
const nothing = (): void => undefined

describe('where pages may not show notifications', () => {
  beforeEach(phoneNotifications)

  it('the service worker shows them, registered once for all pages', async () => {
    const { shown, registration, register } = browserWithWorker()
    const { showNotice } = await load()
    const notice = showNotice('First', OPTIONS, nothing)
    expect(await notice.isOpen()).toBe(true)
    await showNotice('Second', { ...OPTIONS, tag: 'bellwire-8' }, nothing).isOpen()
    expect(registration.showNotification).toHaveBeenCalledWith('First', OPTIONS)
    expect([...shown.keys()]).toEqual(['bellwire-7', 'bellwire-8'])
    expect(register.mock.calls).toEqual([['/service-worker.js', { scope: '/' }]])

    notice.close()
    await expect.poll(() => notice.isOpen()).toBe(false)
    expect([...shown.keys()]).toEqual(['bellwire-8'])
  })

  it('nothing is thrown where there is no worker either', async () => {
    vi.stubGlobal('navigator', {})
    const { showNotice } = await load()
    const notice = showNotice('First', OPTIONS, nothing)
    expect(await notice.isOpen()).toBe(false)
    notice.close()
  })
})

describe('where pages may show notifications', () => {
  it.each(['no worker', 'a worker that is refused'])('they do with %s', async (which) => {
    if (which === 'no worker') vi.stubGlobal('navigator', {})
    else browserWithWorker().registration.showNotification.mockRejectedValue(new TypeError())
    const made = pageNotifications()
    const { showNotice } = await load()
    const clicked = vi.fn()
    const notice = showNotice('First', OPTIONS, clicked)
    expect(await notice.isOpen()).toBe(true)
    made[0]?.onclick()
    expect(clicked).toHaveBeenCalledOnce()
    expect(await notice.isOpen()).toBe(false)
  })

  it('a worker that could not be loaded is tried again with the next', async () => {
    const { register, shown } = browserWithWorker()
    register.mockRejectedValueOnce(new TypeError('offline'))
    const made = pageNotifications()
    const { showNotice } = await load()
    await showNotice('First', OPTIONS, nothing).isOpen()
    expect([made.length, shown.size]).toEqual([1, 0])
    await showNotice('Second', OPTIONS, nothing).isOpen()
    expect([made.length, shown.size]).toEqual([1, 1])
  })
})

it('registers the worker through its one trusted policy', async () => {
  const { register } = browserWithWorker()
  const createPolicy = vi.fn((_name: string, rules: { createScriptURL(): string }) => ({
    createScriptURL(...given: string[]) {
      if (given.length === 0) throw new TypeError('1 argument required, but only 0 present.')
      return { trusted: rules.createScriptURL() }
    },
  }))
  vi.stubGlobal('trustedTypes', { createPolicy })
  const { prepareNotices } = await load()
  await prepareNotices()
  expect(createPolicy.mock.calls.map(([name]) => name)).toEqual(['bellwire-worker'])
  expect(register.mock.calls[0]?.[0]).toEqual({ trusted: '/service-worker.js' })
})

it('hears the clicks that the worker tells of, and nothing else', async () => {
  const { listeners } = browserWithWorker()
  const { onNoticeClick } = await load()
  const clicks: unknown[] = []
  const stop = onNoticeClick((data) => clicks.push(data))
  for (const data of [
    { type: 'notice-clicked', id: '7', url: '/orders/7' },
    { type: 'notice-clicked', id: '8', url: null },
    { type: 'notice-clicked' },
    { type: 'other', id: '9' },
    null,
  ])
    for (const tell of listeners) tell({ data })
  expect(clicks).toEqual([
    { id: '7', url: '/orders/7' },
    { id: '8', url: null },
  ])
  stop()
  expect(listeners.size).toBe(0)
})
