import type { Environment, SocketHandlers } from '@/realtime/environment'

/** The other end of one socket, as the test wants it. */
export class ScriptedConnection {
  readonly sent: unknown[] = []
  abandoned = false

  constructor(
    readonly url: URL,
    private readonly handlers: SocketHandlers,
  ) {}

  says(message: object): void {
    this.handlers.message(JSON.stringify(message))
  }

  saysText(text: string): void {
    this.handlers.message(text)
  }

  closes(code: number, reason = ''): void {
    this.handlers.close(code, reason)
  }

  /** `connected`, then one `subscribed` per topic, both heads at `head` in epoch `e1`. */
  welcomes(
    options: { head?: number; recovered?: boolean; lost?: string[]; id?: string; epoch?: string } = {},
  ): void {
    const { head = 0, recovered = true, lost = [], id = 'first', epoch = 'e1' } = options
    const position = { epoch, offset: head }
    this.says({
      type: 'connected',
      message: 'Connected to notification service',
      user_id: 42,
      connection_id: id,
      heartbeat_s: 30,
      subscriptions: { 'users/42': position, broadcast: position },
    })
    for (const topic of ['users/42', 'broadcast'])
      this.says({
        type: 'subscribed',
        topic,
        ...position,
        recovered: recovered && !lost.includes(topic),
      })
  }

  publishes(offset: number, options: { epoch?: string; topic?: string } = {}): void {
    const { epoch = 'e1', topic = 'users/42' } = options
    const data = { id: offset, title: `number ${offset}`, status: 'UNREAD' }
    this.says({ type: 'notification', topic, epoch, offset, data })
  }
}

/** A world in which the test is the server, the clock's hand (fake timers) and chance. */
export class ScriptedWorld implements Environment {
  readonly connections: ScriptedConnection[] = []
  online = true
  chance = 0
  #watcher: { wake: () => void; offline: () => void } | null = null

  open(url: string, handlers: SocketHandlers) {
    const connection = new ScriptedConnection(new URL(url), handlers)
    this.connections.push(connection)
    return {
      send: (text: string) => connection.sent.push(JSON.parse(text)) > 0,
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
    this.#watcher?.wake()
  }

  goesOffline(): void {
    this.online = false
    this.#watcher?.offline()
  }

  now = () => Date.now()
  random = () => this.chance
  setTimeout = (run: () => void, ms: number) => setTimeout(run, ms)
  clearTimeout = (timer: ReturnType<typeof setTimeout>) => clearTimeout(timer)
  isOnline = () => this.online

  watch(on: { wake: () => void; offline: () => void }) {
    this.#watcher = on
    return () => {
      this.#watcher = null
    }
  }
}
