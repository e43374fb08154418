/**
 * One live connection: connects, changes transports, resumes, and says how it is.
 *
 *     connecting ──> connected <──> reconnecting ──> offline
 *          └────────────┴── an end that forbids return ──> refused
 *
 * It passes on whatever the server says; a `Receiver` in each tab judges what is new.
 */

import { backoffMs, OFFLINE_AFTER, RESTART_STEP_S, RESTART_WITHIN_MS, soonMs } from './backoff'
import { ServerClock } from './clock'
import type { NextStep } from './closing'
import type { Environment, Timer } from './environment'
import { Heartbeat } from './heartbeat'
import { Ladder } from './ladder'
import type { Command, Connected, Position, RoomCommand, ServerMessage, Topic } from './messages'
import type { Positions } from './positions'
import { Probe } from './probe'
import type { Renewer } from './renewer'
import type { Rest } from './rest'
import type { ConnectionState } from './state'
import type { Times } from './times'
import type { Line, OpenLine, TransportName } from './transports/line'
import { UnreadPoll } from './unreadPoll'

export type Signal =
  | { readonly kind: 'state'; readonly state: ConnectionState }
  | { readonly kind: 'message'; readonly message: ServerMessage; readonly asked?: Position }
  | { readonly kind: 'clock'; readonly offsetMs: number }

export interface ConnectionOptions {
  readonly environment: Environment
  readonly rest: Rest
  readonly renewer: Renewer
  readonly times: Times
  /** The best first. */
  readonly transports: readonly TransportName[]
  readonly lines: Readonly<Record<TransportName, OpenLine>>
  /** What this tab has seen: whoever hears the signals keeps it up to date. */
  readonly positions: Positions
  readonly emit: (signal: Signal) => void
}

/** A server that sends us away twice within this time gets the backoff instead. */
const EAGER_PAUSE_MS = 5_000

/**
 * A server ends the socket of whoever sends more than 10,240 bytes at once, which the 4,000
 * characters of a message can be. REST takes it.
 */
const SOCKET_BYTES = 8_192

const isLongMessage = (command: Command): boolean =>
  command.type === 'message' &&
  new TextEncoder().encode(JSON.stringify(command)).length > SOCKET_BYTES

export class Connection {
  readonly #options: ConnectionOptions
  readonly #env: Environment
  readonly #ladder: Ladder
  readonly #clock = new ServerClock()
  readonly #heartbeat: Heartbeat
  readonly #probe: Probe
  readonly #unread: UnreadPoll
  readonly #topics = new Set<Topic>()
  /** Those that the newest line was opened with. */
  #named = new Set<Topic>()
  #state: ConnectionState = { status: 'idle' }
  #unwatch: (() => void) | null = null
  #line: Line | null = null
  /** The latest greeting; outlives its connection: the next one names it, and takes its place. */
  #greeting: Connected | null = null
  #attempt = 0
  #restartingUntil = Number.NEGATIVE_INFINITY
  #renewedInVain = false
  #lastEagerReturn = Number.NEGATIVE_INFINITY
  #retryTimer: Timer | undefined
  #handshakeTimer: Timer | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#env = options.environment
    this.#ladder = new Ladder(options.transports)
    this.#heartbeat = new Heartbeat(this.#env, options.times, {
      ping: () => {
        this.#clock.asked(this.#env.now())
        this.#line?.send({ type: 'ping' })
      },
      dead: (proved) => this.#ended(proved ? { kind: 'now' } : { kind: 'broken' }),
    })
    this.#probe = new Probe({
      environment: this.#env,
      times: options.times,
      better: () => this.#ladder.better,
      open: (transport, handlers) => options.lines[transport](this.#opening(), handlers),
      found: (transport, line, greeting) => this.#moveTo(transport, line, greeting),
    })
    this.#unread = new UnreadPoll(this.#env, options.rest, options.times, (message) =>
      options.emit({ kind: 'message', message }),
    )
  }

  get state(): ConnectionState {
    return this.#state
  }

  get greeting(): Connected | null {
    return this.#greeting
  }

  get clockOffsetMs(): number {
    return this.#clock.offsetMs
  }

  /** @param greeting of the tab whose place this one takes */
  start(greeting: Connected | null = null): void {
    if (this.#state.status !== 'idle') return
    this.#greeting = greeting
    this.#unwatch = this.#env.watch({ wake: () => this.wake(), offline: () => this.#wentOffline() })
    if (greeting) this.#enterWaiting(null)
    else this.#enter({ status: 'connecting' })
    this.#options.renewer.start()
    this.#connect()
  }

  /** Ends the connection and forgets whose it was. */
  stop(): void {
    this.#unwatch?.()
    this.#unwatch = null
    this.#drop()
    this.#unread.stop()
    this.#options.renewer.stop()
    this.#greeting = null
    this.#attempt = 0
    this.#enter({ status: 'idle' })
  }

  /** Tries at once, whatever it was waiting for; also the way out of `refused`. */
  retry(): void {
    const { status } = this.#state
    if (status === 'idle' || status === 'connected') return
    this.#drop()
    if (status === 'refused') this.#enter({ status: 'connecting' })
    else this.#enterWaiting(null)
    this.#ladder.restart()
    this.#connect()
  }

  /** The network has returned, or a person looks: what has waited does not wait any longer. */
  wake(): void {
    const state = this.#state
    if (state.status === 'connected') {
      this.#heartbeat.check()
      this.#probe.now()
    } else if ((state.status === 'reconnecting' || state.status === 'offline') && state.retryAt)
      this.retry()
  }

  /** Another tab's clock says that it is time, where this one's timers are slowed down. */
  due(): void {
    if ('retryAt' in this.#state && this.#state.retryAt && this.#state.retryAt <= this.#env.now())
      this.retry()
  }

  /** true if it is on its way; its answer comes as a message with its `ref`. */
  send(command: Command): boolean {
    if (this.#state.status !== 'connected') return false
    const isLong = isLongMessage(command)
    if (!isLong && this.#line?.send(command)) return true
    if (command.type !== 'message' && command.type !== 'read' && command.type !== 'typing')
      return false
    if (!isLong && this.#state.transport === 'websocket') return false
    void this.#carry(command)
    return true
  }

  /** Over REST. What fails in passing is answered so that it is said again. */
  async #carry(command: RoomCommand): Promise<void> {
    const again = { type: 'error', code: 'UNAVAILABLE', message: '', ref: command.ref } as const
    let message = await this.#options.rest.carry(command)
    if (message?.type === 'error' && message.code === 'TOKEN_EXPIRED') {
      await this.#options.renewer.renew()
      message = null
    }
    this.#options.emit({ kind: 'message', message: message ?? again })
  }

  /** Subscribes, or asks again for where it stands and for the snapshot. */
  want(topic: Topic): void {
    this.#topics.add(topic)
    if (this.#state.status !== 'connected') return
    const at = this.#options.positions.get(topic)
    if (!this.#line?.send({ type: 'subscribe', data: { topic, ...at }, ref: topic })) this.#reopen()
  }

  drop(topic: Topic): void {
    if (this.#topics.delete(topic)) this.#line?.send({ type: 'unsubscribe', data: { topic } })
  }

  // --- connecting -------------------------------------------------------------------------------

  #opening() {
    const { positions } = this.#options
    const connectionId = this.#greeting?.connection_id ?? ''
    const topics = () => [...(this.#named = new Set(this.#topics))]
    return { positions, topics, connectionId }
  }

  #connect(): void {
    const transport = this.#ladder.current
    this.#handshakeTimer = this.#env.setTimeout(
      () => this.#ended({ kind: 'broken' }),
      this.#options.times.connect,
    )
    this.#line = this.#options.lines[transport](this.#opening(), this.#handlers(transport))
  }

  #handlers(transport: TransportName) {
    return {
      message: (message: ServerMessage, asked?: Position) =>
        this.#receive(transport, message, asked),
      alive: () => this.#heartbeat.alive(),
      ended: (next: NextStep) => this.#ended(next),
    }
  }

  /** Leaves the line and every timer behind. */
  #drop(): void {
    for (const timer of [this.#retryTimer, this.#handshakeTimer])
      if (timer !== undefined) this.#env.clearTimeout(timer)
    this.#retryTimer = this.#handshakeTimer = undefined
    this.#heartbeat.stop()
    this.#clock.lost()
    this.#probe.stop()
    this.#line?.close()
    this.#line = null
  }

  /** The same transport with other topics: what carries no commands is asked anew. */
  #reopen(): void {
    this.#drop()
    this.#connect()
  }

  /** A better transport has greeted: from here on it is the one, and goes on where this one is. */
  #moveTo(transport: TransportName, line: Line, greeting: Connected) {
    this.#drop()
    this.#line = line
    this.#receive(transport, greeting)
    return this.#handlers(transport)
  }

  #ended(next: NextStep): void {
    const wasConnected = this.#state.status === 'connected'
    const proved = this.#heartbeat.proved
    this.#drop()
    const random = () => this.#env.random()
    if (next.kind === 'soon') this.#restartingUntil = this.#env.now() + RESTART_WITHIN_MS
    switch (next.kind) {
      case 'stop':
        this.#unread.stop()
        this.#enter({ status: 'refused', refusal: next.refusal })
        return
      case 'renew':
        void this.#renewAndReturn()
        return
      case 'now':
      case 'soon':
        if (wasConnected && this.#mayReturnEagerly())
          this.#waitFor(next.kind === 'now' ? 0 : soonMs(random))
        else this.#backOff()
        return
      case 'broken':
        // One that has worked can break by itself: the transport may still be good.
        if (!proved && this.#ladder.descend()) {
          if (wasConnected) this.#enterWaiting(null)
          this.#connect()
          return
        }
        this.#backOff()
        return
      case 'unreachable':
        this.#ladder.restart()
        this.#backOff()
        return
      case 'backoff':
        this.#backOff()
    }
  }

  #mayReturnEagerly(): boolean {
    const now = this.#env.now()
    if (now - this.#lastEagerReturn < EAGER_PAUSE_MS) return false
    this.#lastEagerReturn = now
    return true
  }

  async #renewAndReturn(): Promise<void> {
    // A fresh token that is refused as expired means clocks that disagree: do not spin on it.
    if (this.#renewedInVain) {
      this.#backOff()
      return
    }
    this.#renewedInVain = true
    this.#enterWaiting(null)
    const waiting = this.#state
    const renewal = await this.#options.renewer.renew()
    // Stopped, or someone pressed retry meanwhile.
    if (this.#state !== waiting) return
    if (renewal === 'signed-out') this.#enter({ status: 'refused', refusal: 'SIGNED_OUT' })
    else if (renewal === 'unavailable') this.#backOff()
    else this.#connect()
  }

  #backOff(): void {
    const restarting = this.#env.now() < this.#restartingUntil
    const longest = restarting ? RESTART_STEP_S : undefined
    const delay = backoffMs(this.#attempt, () => this.#env.random(), longest)
    this.#attempt += 1
    this.#waitFor(delay)
  }

  #waitFor(ms: number): void {
    this.#enterWaiting(this.#env.now() + ms)
    this.#unread.start()
    this.#retryTimer = this.#env.setTimeout(() => {
      this.#enterWaiting(null)
      this.#connect()
    }, ms)
  }

  #wentOffline(): void {
    // The open line may survive; only what a person reads while waiting changes.
    const state = this.#state
    if (state.status === 'reconnecting') this.#enterWaiting(state.retryAt)
    else if (state.status === 'connected') this.#heartbeat.check()
  }

  // --- receiving --------------------------------------------------------------------------------

  #receive(transport: TransportName, message: ServerMessage, asked?: Position): void {
    if (message.type === 'connected') this.#connected(transport, message)
    if (message.type === 'pong' && message.server_time) {
      const better = this.#clock.answered(this.#env.now(), message.server_time)
      if (better) this.#options.emit({ kind: 'clock', offsetMs: this.#clock.offsetMs })
      this.#heartbeat.answered()
    }
    this.#options.emit({ kind: 'message', message, ...(asked ? { asked } : {}) })
    // `connected` is heard before the state is told, so that the page knows whose it is.
    if (message.type === 'connected') {
      const userId = String(message.user_id)
      this.#enter({ status: 'connected', userId, transport })
      for (const topic of this.#topics)
        if (transport !== 'websocket' && !this.#named.has(topic)) this.want(topic)
    }
    if (transport === 'long-polling') this.#unread.after(message)
  }

  #connected(transport: TransportName, greeting: Connected): void {
    // Only a socket has an id of its own.
    this.#greeting = greeting.connection_id
      ? greeting
      : { ...greeting, connection_id: this.#greeting?.connection_id ?? '' }
    this.#attempt = 0
    this.#renewedInVain = false
    if (this.#handshakeTimer !== undefined) this.#env.clearTimeout(this.#handshakeTimer)
    this.#handshakeTimer = undefined
    this.#ladder.worked(transport)
    this.#heartbeat.start(transport, greeting.heartbeat_s * 1000)
    this.#probe.start()
    if (transport === 'long-polling') this.#unread.start()
    else this.#unread.stop()
  }

  // --- small things -----------------------------------------------------------------------------

  #enterWaiting(retryAt: number | null): void {
    const lost = this.#attempt >= OFFLINE_AFTER || !this.#env.isOnline()
    this.#enter({ status: lost ? 'offline' : 'reconnecting', retryAt })
  }

  #enter(state: ConnectionState): void {
    this.#state = state
    this.#options.emit({ kind: 'state', state })
  }
}
