import type { SocketHandlers } from '@/realtime/environment'

/** The other end of one socket, as the test wants it. */
export class ScriptedConnection {
  readonly sent: Record<string, unknown>[] = []
  abandoned = false
  /** Answers a ping at once, as a server does. */
  answersPings = true

  constructor(
    readonly url: URL,
    private readonly handlers: SocketHandlers,
  ) {}

  /** What the client writes. */
  hears(text: string): boolean {
    const command = JSON.parse(text) as Record<string, unknown>
    this.sent.push(command)
    if (command.type === 'ping' && this.answersPings) this.pongs()
    return !this.abandoned
  }

  /** What was sent, without pings. */
  get commands(): Record<string, unknown>[] {
    return this.sent.filter(({ type }) => type !== 'ping')
  }

  pongs(positions: object = {}, serverTime = new Date().toISOString()): void {
    this.says({ type: 'pong', server_time: serverTime, positions })
  }

  says(message: object): void {
    this.saysText(JSON.stringify(message))
  }

  saysText(text: string): void {
    if (!this.abandoned) this.handlers.message(text)
  }

  closes(code: number, reason = ''): void {
    if (!this.abandoned) this.handlers.close(code, reason)
    this.abandoned = true
  }

  /** `connected`, then one `subscribed` per topic, both heads at `head` in epoch `e1`. */
  welcomes(
    options: {
      head?: number
      recovered?: boolean
      lost?: string[]
      id?: string
      epoch?: string
    } = {},
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
    this.says(notification(offset, options))
  }
}

/** A frame of the protocol. */
export function notification(offset: number, options: { epoch?: string; topic?: string } = {}) {
  const { epoch = 'e1', topic = 'users/42' } = options
  const data = { id: offset, title: `number ${offset}`, status: 'UNREAD' }
  return { type: 'notification', topic, epoch, offset, data }
}
