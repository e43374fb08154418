import type { Environment, Locks, SocketHandlers, TabChannel } from '@/realtime/environment'

import { ScriptedHttp } from './scriptedHttp'
import { ScriptedConnection } from './scriptedServer'

/** A world in which the test is the server, the clock's hand (fake timers) and chance. */
export class ScriptedWorld implements Environment {
  readonly connections: ScriptedConnection[] = []
  readonly http = new ScriptedHttp()
  online = true
  chance = 0
  /** A proxy that answers every handshake with an error. */
  socketsBlocked = false
  /** Those of a browser whose tabs share a connection. */
  locks: Locks | null = null
  /** Each handshake, before it is answered. */
  onOpen: (connection: ScriptedConnection) => void = () => undefined
  readonly #watchers = new Set<{ wake: () => void; offline: () => void }>()

  open(url: string, handlers: SocketHandlers) {
    const connection = new ScriptedConnection(new URL(url), handlers)
    this.connections.push(connection)
    if (this.socketsBlocked) queueMicrotask(() => connection.closes(1006))
    else this.onOpen(connection)
    return {
      send: (text: string) => !connection.abandoned && connection.hears(text),
      close: () => {
        connection.abandoned = true
      },
    }
  }

  /** The newest connection. */
  get server(): ScriptedConnection {
    const newest = this.connections.at(-1)
    if (!newest) throw new Error('the client has opened no connection')
    return newest
  }

  wakes(): void {
    for (const watcher of [...this.#watchers]) watcher.wake()
  }

  goesOffline(): void {
    this.online = false
    for (const watcher of [...this.#watchers]) watcher.offline()
  }

  fetch = (url: string, init: RequestInit) => this.http.fetch(url, init)
  now = () => Date.now()
  random = () => this.chance
  setTimeout = (run: () => void, ms: number) => setTimeout(run, ms)
  clearTimeout = (timer: ReturnType<typeof setTimeout>) => clearTimeout(timer)
  isOnline = () => this.online

  watch(on: { wake: () => void; offline: () => void }) {
    this.#watchers.add(on)
    return () => this.#watchers.delete(on)
  }

  channel(...[]: Parameters<Environment['channel']>): TabChannel | null {
    return null
  }
}
