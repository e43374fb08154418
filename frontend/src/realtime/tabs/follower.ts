/** A tab whose connection another tab has. */

import type { Signal } from '../connection'
import type { Environment, TabChannel, Timer } from '../environment'
import type { Command, Connected, Topic } from '../messages'
import type { Receiver } from '../receiver'
import type { TabId, TabMessage, Welcome } from './messages'

interface Acts {
  readonly signal: (signal: Signal) => void
  /** The leader answers nothing: it hangs. */
  readonly deaf: () => void
}

/** After the moment for which a try was announced: the leader's own timer comes first. */
const DUE_AFTER_MS = 300

export class Follower {
  /** Only its word counts: what an older leader's last words bring late is in the welcome. */
  #leader: TabId | null = null
  #greeting: Connected | null = null
  #deafTimer: Timer | undefined
  #dueTimer: Timer | undefined

  constructor(
    private readonly env: Environment,
    private readonly tab: TabId,
    private readonly channel: TabChannel,
    private readonly receiver: Receiver,
    private readonly wants: Iterable<Topic>,
    private readonly patienceMs: number,
    private readonly acts: Acts,
  ) {}

  /** The last greeting that was heard of; the connection of a leader who has gone. */
  get greeting(): Connected | null {
    return this.#greeting
  }

  start(): void {
    this.#hello()
  }

  stop(): void {
    for (const timer of [this.#deafTimer, this.#dueTimer])
      if (timer !== undefined) this.env.clearTimeout(timer)
  }

  /** true if a leader is there to hear it. */
  send(command: Command): boolean {
    return this.#tell({ kind: 'say', from: this.tab, command })
  }

  want(topic: Topic): void {
    this.#tell({ kind: 'want', from: this.tab, topic })
  }

  drop(topic: Topic): void {
    this.#tell({ kind: 'drop', from: this.tab, topic })
  }

  ask(kind: 'retry' | 'wake' | 'due'): void {
    // Where nobody answers, the lock is on its way to somebody.
    if (!this.#tell({ kind, from: this.tab }) || kind !== 'due') this.#hello()
  }

  hear(message: TabMessage): void {
    if (message.kind === 'leads') this.#hello()
    else if (message.kind === 'welcome' && message.to === this.tab)
      this.#welcome(message.from, message.news)
    else if (message.kind === 'signal' && message.from === this.#leader) this.#pass(message.signal)
  }

  #hello(): void {
    this.#leader = null
    const { tab, receiver } = this
    const at = receiver.positions.all()
    this.channel.post({ kind: 'hello', from: tab, at, wants: [...this.wants] })
    this.#deafTimer ??= this.env.setTimeout(
      () => {
        this.#deafTimer = undefined
        this.acts.deaf()
      },
      this.patienceMs * (1 + this.env.random()),
    )
  }

  #welcome(leader: TabId, news: Welcome): void {
    if (this.#deafTimer !== undefined) this.env.clearTimeout(this.#deafTimer)
    this.#deafTimer = undefined
    this.#leader = leader
    this.#greeting = news.greeting ?? this.#greeting
    if (news.userId) this.receiver.catchUp(news.userId, news.positions, news)
    this.acts.signal({ kind: 'clock', offsetMs: news.clockOffsetMs })
    this.#pass({ kind: 'state', state: news.state })
  }

  #pass(signal: Signal): void {
    if (signal.kind === 'state') this.#expect(signal.state)
    if (signal.kind === 'message' && signal.message.type === 'connected')
      this.#greeting = signal.message
    this.acts.signal(signal)
  }

  /** Browsers slow the timers of hidden tabs down to one a minute: the leader may be one. */
  #expect(state: Extract<Signal, { kind: 'state' }>['state']): void {
    if (this.#dueTimer !== undefined) this.env.clearTimeout(this.#dueTimer)
    this.#dueTimer = undefined
    if (!('retryAt' in state) || state.retryAt === null) return
    const ms = Math.max(0, state.retryAt - this.env.now()) + DUE_AFTER_MS
    this.#dueTimer = this.env.setTimeout(() => this.#tell({ kind: 'due', from: this.tab }), ms)
  }

  #tell(message: TabMessage): boolean {
    if (this.#leader === null) return false
    this.channel.post(message)
    return true
  }
}
