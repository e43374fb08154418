/**
 * One live connection to a pre-subscribed socket: connects, resumes, and says how it is.
 *
 *     connecting ──> connected <──> reconnecting ──> offline
 *          └────────────┴── a close that forbids return ──> refused
 *
 * It keeps the promise of CONTRACT §1 on this side of the wire: every event reaches `onEvent` once
 * and in order, or `onGap` says that the rest must be fetched over REST.
 */

import { backoffMs, OFFLINE_AFTER, soonMs } from './backoff'
import { nextStep, type Refusal } from './closing'
import type { Environment, Socket, Timer } from './environment'
import type { Command, LoggedEvent, Position, RealtimeEvent, Reply, Topic } from './messages'
import { parseMessage } from './parse'
import { Positions } from './positions'

export type ConnectionState =
  | { readonly status: 'idle' }
  | { readonly status: 'connecting' }
  | { readonly status: 'connected'; readonly userId: string }
  /** `retryAt` (ms since 1970) is null while a try is under way. */
  | { readonly status: 'reconnecting'; readonly retryAt: number | null }
  | { readonly status: 'offline'; readonly retryAt: number | null }
  | { readonly status: 'refused'; readonly refusal: Refusal }

/** What came of asking for a new credential. */
export type Renewal = 'renewed' | 'signed-out' | 'unavailable'

export interface ClientOptions {
  /** `wss://host/api/v1/notifications/ws` */
  readonly url: string
  readonly environment: Environment
  /** Called after TOKEN_EXPIRED; the next handshake must carry the new credential. */
  readonly renew: () => Promise<Renewal>
  readonly onState: (state: ConnectionState) => void
  readonly onEvent: (event: RealtimeEvent) => void
  /** Events were or may have been missed (also on the first connection): fetch the state. */
  readonly onGap: () => void
}

/** A handshake that takes longer is stuck behind a proxy that does not speak WebSocket. */
const CONNECT_TIMEOUT_MS = 10_000
/** A pong that takes longer comes from nobody: the network changed under the connection. */
const PONG_TIMEOUT_MS = 10_000
/** A server that sends us away twice within this time gets the backoff instead. */
const EAGER_PAUSE_MS = 5_000

export class RealtimeClient {
  readonly #options: ClientOptions
  readonly #env: Environment
  readonly #positions = new Positions()
  #state: ConnectionState = { status: 'idle' }
  #socket: Socket | null = null
  #unwatch: (() => void) | null = null
  /** Outlives the connection: the next one names it, and takes its place in the server's count. */
  #connectionId = ''
  #userId = ''
  #topics: readonly Topic[] = []
  #unreported = new Set<Topic>()
  /** Of each topic when this connection subscribed to it. */
  #heads = new Map<Topic, Position>()
  #gap = false
  #lastError: string | undefined
  #attempt = 0
  #renewedInVain = false
  #lastEagerReturn = Number.NEGATIVE_INFINITY
  #retryTimer: Timer | undefined
  #handshakeTimer: Timer | undefined
  #pingTimer: Timer | undefined
  #pongTimer: Timer | undefined

  constructor(options: ClientOptions) {
    this.#options = options
    this.#env = options.environment
  }

  get state(): ConnectionState {
    return this.#state
  }

  start(): void {
    if (this.#state.status !== 'idle') return
    this.#unwatch = this.#env.watch({ wake: () => this.#wake(), offline: () => this.#wentOffline() })
    this.#enter({ status: 'connecting' })
    this.#connect()
  }

  /** Ends the connection and forgets whose it was. */
  stop(): void {
    this.#unwatch?.()
    this.#unwatch = null
    this.#drop()
    this.#positions.clear()
    this.#connectionId = ''
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
    this.#connect()
  }

  /** Hands the open connection a fresh access token, so that it outlives the old one. */
  refresh(token: string): void {
    this.#send({ type: 'refresh', data: { token }, ref: 'refresh' })
  }

  // --- connecting -------------------------------------------------------------------------------

  #address(): string {
    const url = new URL(this.#options.url)
    const since = this.#positions.since(this.#topics)
    if (since) url.searchParams.set('since', since)
    if (this.#connectionId) url.searchParams.set('connection_id', this.#connectionId)
    return url.href
  }

  #connect(): void {
    this.#lastError = undefined
    this.#socket = this.#env.open(this.#address(), {
      message: (text) => this.#receive(text),
      close: (code, reason) => this.#closed(code, reason),
    })
    this.#handshakeTimer = this.#env.setTimeout(() => this.#closed(1006, ''), CONNECT_TIMEOUT_MS)
  }

  /** Leaves the socket and every timer behind. */
  #drop(): void {
    for (const timer of [
      this.#retryTimer,
      this.#handshakeTimer,
      this.#pingTimer,
      this.#pongTimer,
    ])
      if (timer !== undefined) this.#env.clearTimeout(timer)
    this.#retryTimer = this.#handshakeTimer = this.#pingTimer = this.#pongTimer = undefined
    this.#socket?.close()
    this.#socket = null
  }

  #closed(code: number, reason: string): void {
    const wasConnected = this.#state.status === 'connected'
    this.#drop()
    const step = nextStep(code, reason, this.#lastError)
    switch (step.kind) {
      case 'stop':
        this.#enter({ status: 'refused', refusal: step.refusal })
        return
      case 'renew':
        void this.#renewAndReturn()
        return
      case 'now':
      case 'soon':
        if (wasConnected && this.#mayReturnEagerly())
          this.#waitFor(step.kind === 'now' ? 0 : soonMs(() => this.#env.random()))
        else this.#backOff()
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
    const renewal = await this.#options.renew()
    // Stopped, or someone pressed retry meanwhile.
    if (this.#state !== waiting) return
    if (renewal === 'signed-out') this.#enter({ status: 'refused', refusal: 'SIGNED_OUT' })
    else if (renewal === 'renewed') this.#connect()
    else this.#backOff()
  }

  #backOff(): void {
    const delay = backoffMs(this.#attempt, () => this.#env.random())
    this.#attempt += 1
    this.#waitFor(delay)
  }

  #waitFor(ms: number): void {
    this.#enterWaiting(this.#env.now() + ms)
    this.#retryTimer = this.#env.setTimeout(() => {
      this.#enterWaiting(null)
      this.#connect()
    }, ms)
  }

  #wake(): void {
    const state = this.#state
    if (state.status === 'connected') this.#ping()
    else if ((state.status === 'reconnecting' || state.status === 'offline') && state.retryAt)
      this.retry()
  }

  #wentOffline(): void {
    // The open socket may survive; only what a person reads while waiting changes.
    const state = this.#state
    if (state.status === 'reconnecting') this.#enterWaiting(state.retryAt)
    else if (state.status === 'connected') this.#ping()
  }

  // --- receiving --------------------------------------------------------------------------------

  #receive(text: string): void {
    this.#clearPongTimer()
    const message = parseMessage(text)
    if (!message) return
    switch (message.type) {
      case 'connected':
      case 'subscribed':
      case 'unsubscribed':
      case 'pong':
      case 'ok':
      case 'error':
        this.#receiveReply(message)
        return
      case 'unread_count':
        this.#options.onEvent(message)
        return
      default:
        this.#receiveLogged(message)
    }
  }

  #receiveReply(reply: Reply): void {
    switch (reply.type) {
      case 'connected': {
        const userId = String(reply.user_id)
        // Another person's cookie since: nothing of the old position is theirs.
        if (userId !== this.#userId) this.#positions.clear()
        this.#userId = userId
        this.#topics = [`users/${userId}`, 'broadcast']
        this.#connectionId = reply.connection_id
        this.#unreported = new Set(Object.keys(reply.subscriptions))
        this.#heads.clear()
        this.#gap = false
        this.#attempt = 0
        this.#renewedInVain = false
        if (this.#handshakeTimer !== undefined) this.#env.clearTimeout(this.#handshakeTimer)
        this.#pingEvery(reply.heartbeat_s * 1000)
        this.#enter({ status: 'connected', userId })
        return
      }
      case 'subscribed': {
        const seen = this.#positions.get(reply.topic)
        if (!seen || !reply.recovered || seen.epoch !== reply.epoch) {
          this.#positions.set(reply.topic, reply)
          this.#gap = true
        }
        this.#unreported.delete(reply.topic)
        this.#heads.set(reply.topic, reply)
        // One fetch for all topics of a connection. It has all that happened up to their heads: what
        // one of them replays up to there says less than the fetch, as the other may have had more.
        if (this.#gap && this.#unreported.size === 0) {
          this.#gap = false
          for (const [topic, head] of this.#heads) this.#positions.advance(topic, head)
          this.#options.onGap()
        }
        return
      }
      case 'pong':
        for (const [topic, at] of Object.entries(reply.positions)) this.#positions.advance(topic, at)
        return
      case 'error':
        // One with a ref answers a command of ours; one without may announce the close.
        if (reply.ref === undefined || reply.ref === null) this.#lastError = reply.code
        return
      case 'unsubscribed':
      case 'ok':
    }
  }

  #receiveLogged(event: LoggedEvent): void {
    const verdict = this.#positions.accept(event.topic, event)
    if (verdict === 'duplicate') return
    if (verdict === 'new-epoch') this.#options.onGap()
    this.#options.onEvent(event)
  }

  // --- heartbeat --------------------------------------------------------------------------------

  #pingEvery(ms: number): void {
    this.#pingTimer = this.#env.setTimeout(() => {
      this.#ping()
      this.#pingEvery(ms)
    }, ms)
  }

  #ping(): void {
    this.#send({ type: 'ping' })
    this.#pongTimer ??= this.#env.setTimeout(() => this.#silent(), PONG_TIMEOUT_MS)
  }

  /** Half open: the socket looks alive and nobody is there. */
  #silent(): void {
    this.#drop()
    if (this.#mayReturnEagerly()) this.#waitFor(0)
    else this.#backOff()
  }

  #clearPongTimer(): void {
    if (this.#pongTimer !== undefined) this.#env.clearTimeout(this.#pongTimer)
    this.#pongTimer = undefined
  }

  // --- small things -----------------------------------------------------------------------------

  #send(command: Command): void {
    this.#socket?.send(JSON.stringify(command))
  }

  #enterWaiting(retryAt: number | null): void {
    const lost = this.#attempt >= OFFLINE_AFTER || !this.#env.isOnline()
    this.#enter({ status: lost ? 'offline' : 'reconnecting', retryAt })
  }

  #enter(state: ConnectionState): void {
    this.#state = state
    this.#options.onState(state)
  }
}
