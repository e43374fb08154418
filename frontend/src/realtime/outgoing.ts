/**
 * What one tab has said and was not answered yet: kept while offline, said again after a reconnect.
 *
 * A message carries a `client_id`, so saying it twice stores it once. In a room one is said when the
 * one before is answered: by REST, or after a refusal in passing, a later one could be there first.
 */

import type { Environment, Timer } from './environment'
import type { ErrorMessage, Ok, RoomCommand, Said, Topic } from './messages'

/** Why a command was not carried out. `code` is the server's, or `STOPPED`, `QUEUE_FULL`. */
export class CommandError extends Error {
  override readonly name = 'CommandError'

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

interface Pending {
  readonly command: RoomCommand
  readonly settle: { ok: (data: unknown) => void; error: (error: CommandError) => void }
  sent: boolean
}

/** What a person writes while offline; more is a program's mistake. */
const LIMIT = 200
const AGAIN_MS = 2_000
const PASSING: ReadonlySet<string> = new Set(['RATE_LIMITED', 'UNAVAILABLE'])

export class Outgoing {
  readonly #pending = new Map<string, Pending>()
  #count = 0
  #timer: Timer | undefined

  constructor(
    private readonly env: Environment,
    /** Makes refs differ between tabs, whose answers all tabs hear. */
    private readonly tab: string,
    /** false: not now. */
    private readonly send: (command: RoomCommand) => boolean,
  ) {}

  say(topic: Topic, content: string, clientId: string, replyTo?: number | string): Promise<Said> {
    const data = {
      content,
      client_id: clientId,
      ...(replyTo !== undefined && { reply_to: replyTo }),
    }
    return this.#queue({ type: 'message', topic, data }) as Promise<Said>
  }

  /** Only the furthest of a topic is worth saying. */
  read(topic: Topic, offset: number): void {
    for (const [ref, { command, settle }] of this.#pending)
      if (command.type === 'read' && command.topic === topic && command.data.offset <= offset) {
        this.#pending.delete(ref)
        settle.ok({ offset })
      }
    void this.#queue({ type: 'read', topic, data: { offset } })
  }

  /** Means nothing later: where it cannot be said now it is not said. */
  typing(topic: Topic): void {
    this.send({ type: 'typing', topic })
  }

  /** Connected: what was said to the last connection may not have arrived. */
  flush(): void {
    this.lost()
    this.#clearTimer()
    this.#sayOn()
  }

  lost(): void {
    for (const pending of this.#pending.values()) pending.sent = false
  }

  answered({ ref, ...answer }: Ok | ErrorMessage): void {
    const pending = typeof ref === 'string' ? this.#pending.get(ref) : undefined
    if (!pending) return
    if (answer.type === 'error' && PASSING.has(answer.code)) {
      pending.sent = false
      this.#later()
      return
    }
    this.#pending.delete(String(ref))
    if (answer.type === 'ok') pending.settle.ok(answer.data)
    else pending.settle.error(new CommandError(answer.code, answer.message))
    this.#sayOn()
  }

  stop(): void {
    this.#clearTimer()
    const left = [...this.#pending.values()]
    this.#pending.clear()
    for (const { settle } of left)
      settle.error(new CommandError('STOPPED', 'The client was stopped before it was answered'))
  }

  #queue(command: RoomCommand): Promise<unknown> {
    if (this.#pending.size >= LIMIT)
      return Promise.reject(new CommandError('QUEUE_FULL', `${LIMIT} commands wait already`))
    const ref = `${this.tab}:${(this.#count += 1)}`
    const answer = new Promise((ok, error) => {
      const pending = { command: { ...command, ref }, settle: { ok, error }, sent: false }
      this.#pending.set(ref, pending)
      this.#sayOn()
    })
    // Who does not wait for the answer does not want to hear of it either.
    answer.catch(() => undefined)
    return answer
  }

  #later(): void {
    this.#timer ??= this.env.setTimeout(() => {
      this.#timer = undefined
      this.#sayOn()
    }, AGAIN_MS)
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.env.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Says what was not said yet and has its turn, unless the server wants a moment of peace. */
  #sayOn(): void {
    if (this.#timer !== undefined) return
    const talking = new Set<Topic>()
    for (const pending of this.#pending.values()) {
      const { type, topic } = pending.command
      const waits = type === 'message' && talking.has(topic)
      if (!pending.sent && !waits) pending.sent = this.send(pending.command)
      if (type === 'message') talking.add(topic)
    }
  }
}
