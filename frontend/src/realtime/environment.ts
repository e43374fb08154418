/** The world as the client needs it: a socket, a clock, and news that it is worth trying again. */

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

export interface Environment {
  open(url: string, handlers: SocketHandlers): Socket
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

export function browserEnvironment(): Environment {
  return {
    open: openWebSocket,
    now: () => Date.now(),
    random: () => Math.random(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (timer) => clearTimeout(timer),
    isOnline: () => navigator.onLine,
    watch({ wake, offline }) {
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
    },
  }
}
