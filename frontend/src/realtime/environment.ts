/** The world as the client needs it: sockets, requests, a clock, other tabs, and news. */

export interface SocketHandlers {
  readonly message: (text: string) => void
  readonly close: (code: number, reason: string) => void
}

export interface Socket {
  /** false if the socket is not open; nothing is queued. */
  send(text: string): boolean
  /** Ends it for good; no handler is called afterwards. */
  close(): void
}

export type Timer = ReturnType<typeof setTimeout>

/** What is used of `navigator.locks`. */
export interface Locks {
  /** Holds the lock from its grant until what `held` returned settles. */
  request(
    name: string,
    options: { signal?: AbortSignal; steal?: boolean },
    held: () => Promise<void>,
  ): Promise<unknown>
}

/** What is used of a `BroadcastChannel`: what one tab posts, all others hear, in order. */
export interface TabChannel {
  post(message: unknown): void
  close(): void
}

export interface Environment {
  open(url: string, handlers: SocketHandlers): Socket
  fetch(url: string, init: RequestInit): Promise<Response>
  /** Milliseconds. */
  now(): number
  /** [0, 1). */
  random(): number
  setTimeout(run: () => void, ms: number): Timer
  clearTimeout(timer: Timer): void
  /** What the browser believes; false is reliable, true is not. */
  isOnline(): boolean
  /** Calls back when the network returns or goes, or the page is looked at again. */
  watch(on: { wake: () => void; offline: () => void }): () => void
  /** null where the browser has none: then each tab has a connection of its own. */
  readonly locks: Locks | null
  channel(name: string, onMessage: (message: unknown) => void): TabChannel | null
}

function openWebSocket(url: string, handlers: SocketHandlers): Socket {
  const socket = new WebSocket(url)
  let closed = false
  socket.addEventListener('message', ({ data }) => {
    if (!closed && typeof data === 'string') handlers.message(data)
  })
  socket.addEventListener('close', ({ code, reason }) => {
    if (!closed) handlers.close(code, reason)
    closed = true
  })
  return {
    send(text) {
      if (closed || socket.readyState !== WebSocket.OPEN) return false
      socket.send(text)
      return true
    },
    close() {
      closed = true
      socket.close()
    },
  }
}

function openChannel(name: string, onMessage: (message: unknown) => void): TabChannel | null {
  if (typeof BroadcastChannel === 'undefined') return null
  const channel = new BroadcastChannel(name)
  channel.addEventListener('message', ({ data }) => onMessage(data))
  return { post: (message) => channel.postMessage(message), close: () => channel.close() }
}

function watchBrowser({ wake, offline }: { wake: () => void; offline: () => void }): () => void {
  const visible = () => {
    if (document.visibilityState === 'visible') wake()
  }
  const shown = (event: PageTransitionEvent) => {
    // Back from the back/forward cache, where browsers cut the socket without a word.
    if (event.persisted) wake()
  }
  window.addEventListener('online', wake)
  window.addEventListener('offline', offline)
  window.addEventListener('pageshow', shown)
  document.addEventListener('visibilitychange', visible)
  return () => {
    window.removeEventListener('online', wake)
    window.removeEventListener('offline', offline)
    window.removeEventListener('pageshow', shown)
    document.removeEventListener('visibilitychange', visible)
  }
}

export function browserEnvironment(): Environment {
  // Only in secure contexts.
  const locks = (navigator as Partial<Navigator>).locks
  return {
    open: openWebSocket,
    fetch: (url, init) => fetch(url, init),
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    isOnline: () => navigator.onLine,
    watch: watchBrowser,
    locks: locks ? { request: (name, options, held) => locks.request(name, options, held) } : null,
    channel: openChannel,
  }
}
