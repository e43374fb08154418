/** What a page has: one client, whether this tab or another one has the connection. */

import { Connection, type Signal } from './connection'
import { browserEnvironment, type Environment, type TabChannel } from './environment'
import type { RealtimeEvent, Said, ServerMessage, Subscribed, Topic } from './messages'
import { Outgoing } from './outgoing'
import { Receiver } from './receiver'
import { Renewer } from './renewer'
import { Rest, type Renewal } from './rest'
import type { ConnectionState } from './state'
import { Follower } from './tabs/follower'
import { Leader } from './tabs/leader'
import { Membership } from './tabs/membership'
import { TIMES, type Times } from './times'
import { linesOf } from './transports'
import { TRANSPORTS, type TransportName } from './transports/line'

export interface ClientOptions {
  /** `https://bell.example`; the page's own origin if left out. */
  readonly server?: string
  /** An access token; left out where the cookie is the credential. */
  readonly token?: string
  /**
   * Gets a new credential, ahead of the expiry where that is known, and after TOKEN_EXPIRED. Left
   * out: asks the server to renew by its refresh cookie.
   */
  readonly renew?: () => Promise<Renewal>
  /** Tabs with the same name share one connection; false: one for each. */
  readonly share?: string | false
  /** Those that may be used, the best first. */
  readonly transports?: readonly TransportName[]
  readonly times?: Partial<Times>
  /** For tests: the world. */
  readonly environment?: Environment
  readonly onState?: (state: ConnectionState) => void
  /** Each event of the person's own topic and of `broadcast`, once and in order. */
  readonly onEvent?: (event: RealtimeEvent) => void
  /** Events of these were or may have been missed (also at first): fetch the state. */
  readonly onGap?: () => void
}

export interface TopicListener {
  readonly onEvent: (event: RealtimeEvent) => void
  /** Also at first: fetch what is there. `snapshot` came with it, over a WebSocket. */
  readonly onGap?: () => void
  readonly onSubscribed?: (reply: Subscribed) => void
  /** It may not be read (any longer): FORBIDDEN, NOT_FOUND. */
  readonly onRefused?: (code: string) => void
}

export class RealtimeClient {
  readonly #options: ClientOptions
  readonly #env: Environment
  readonly #times: Times
  readonly #rest: Rest
  readonly #renewer: Renewer
  readonly #receiver: Receiver
  readonly #outgoing: Outgoing
  readonly #membership: Membership
  readonly #tab: string
  readonly #name: string
  readonly #listeners = new Map<Topic, Set<TopicListener>>()
  #leader: Leader | null = null
  #connection: Connection | null = null
  #follower: Follower | null = null
  #state: ConnectionState = { status: 'idle' }
  #clockOffsetMs = 0
  #unwatch: (() => void) | null = null

  constructor(options: ClientOptions = {}) {
    this.#options = options
    this.#env = options.environment ?? browserEnvironment()
    this.#times = { ...TIMES, ...options.times }
    const server = new URL(options.server ?? location.origin).origin
    this.#rest = new Rest(server, this.#env, options.token)
    this.#tab = Math.floor(this.#env.random() * 2 ** 53).toString(36) + this.#env.now().toString(36)
    this.#renewer = new Renewer(
      this.#env,
      this.#rest,
      options.renew ?? (() => this.#rest.renew()),
      (token) => this.refresh(token),
    )
    this.#receiver = new Receiver({
      event: (event) => this.#tell(event),
      gap: (topics) => this.#tellGap(topics),
      subscribed: (reply) => this.#each(reply.topic, (listener) => listener.onSubscribed?.(reply)),
    })
    this.#outgoing = new Outgoing(this.#env, this.#tab, (command) => {
      if (this.#state.status !== 'connected') return false
      return this.#connection?.send(command) ?? this.#follower?.send(command) ?? false
    })
    const { share = 'bellwire' } = options
    // A token is one person's: two people's tabs must not hear each other's events.
    this.#name = `${share}/1 ${server} ${subjectOf(options.token)}`
    this.#membership = new Membership(this.#env, this.#tab, share === false ? null : this.#name, {
      follow: (channel) => this.#follow(channel),
      lead: (channel) => this.#lead(channel),
      deposed: (channel) => {
        this.#resign()
        this.#follow(channel)
      },
      hear: (message) => {
        this.#leader?.hear(message)
        this.#follower?.hear(message)
      },
    })
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Milliseconds since 1970 by the server's clock. */
  serverNow(): number {
    return this.#env.now() + this.#clockOffsetMs
  }

  start(): void {
    if (this.#state.status !== 'idle') return
    this.#enter({ status: 'connecting' })
    this.#membership.start()
  }

  /** Leaves the connection, ends it if no other tab needs it, and forgets whose it was. */
  stop(): void {
    if (this.#state.status === 'idle') return
    this.#resign()
    this.#unfollow()
    this.#membership.stop()
    this.#receiver.clear()
    for (const topic of this.#listeners.keys()) this.#receiver.await(topic)
    this.#outgoing.stop()
    this.#enter({ status: 'idle' })
  }

  /** Tries at once, whatever it was waiting for; also the way out of `refused`. */
  retry(): void {
    this.#connection?.retry()
    this.#follower?.ask('retry')
  }

  /** Hands the open connection a fresh access token, so that it outlives the old one. */
  refresh(token: string): void {
    if (this.#rest.token) this.#rest.token = token
    const command = { type: 'refresh', data: { token }, ref: 'refresh' } as const
    this.#connection?.send(command)
    this.#follower?.send(command)
  }

  /** Follows a topic beside the person's own, a room's for instance. Returns how to end it. */
  subscribe(topic: Topic, listener: TopicListener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(listener))
    this.#receiver.await(topic)
    this.#leader?.want(topic)
    this.#follower?.want(topic)
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return
      this.#listeners.delete(topic)
      this.#leader?.drop(topic)
      this.#follower?.drop(topic)
      if (!this.#leader) this.#receiver.forget(topic)
    }
  }

  /** Says something in a room: now, or once connected. The same `clientId` is stored once. */
  say(
    topic: Topic,
    content: string,
    {
      clientId = crypto.randomUUID(),
      replyTo,
    }: { clientId?: string; replyTo?: number | string } = {},
  ): Promise<Said> {
    return this.#outgoing.say(topic, content, clientId, replyTo)
  }

  /** Moves the read cursor of a room on. */
  read(topic: Topic, offset: number): void {
    this.#outgoing.read(topic, offset)
  }

  typing(topic: Topic): void {
    this.#outgoing.typing(topic)
  }

  // --- leading and following --------------------------------------------------------------------

  #lead(channel: TabChannel | null): void {
    const greeting = this.#follower?.greeting ?? null
    this.#unfollow()
    const connection = new Connection({
      environment: this.#env,
      rest: this.#rest,
      renewer: this.#renewer,
      times: this.#times,
      transports: this.#options.transports ?? TRANSPORTS,
      lines: linesOf(this.#env, this.#rest, this.#times, () => this.#receiver.userId),
      positions: this.#receiver.positions,
      emit: (signal) => {
        if (this.#connection !== connection) return
        this.#leader?.relay(signal)
        this.#hear(signal)
      },
    })
    this.#connection = connection
    this.#leader = new Leader(
      this.#tab,
      this.#name,
      connection,
      this.#receiver,
      channel,
      this.#env.locks,
    )
    this.#leader.start(greeting, this.#listeners.keys())
  }

  #resign(): void {
    const leader = this.#leader
    this.#leader = this.#connection = null
    leader?.stop()
  }

  #follow(channel: TabChannel): void {
    const wants = { [Symbol.iterator]: () => this.#listeners.keys() }
    this.#follower = new Follower(
      this.#env,
      this.#tab,
      channel,
      this.#receiver,
      wants,
      this.#times.leader,
      { signal: (signal) => this.#hear(signal), deaf: () => this.#membership.seize() },
    )
    this.#unwatch = this.#env.watch({
      wake: () => this.#follower?.ask('wake'),
      offline: () => undefined,
    })
    this.#follower.start()
  }

  #unfollow(): void {
    this.#unwatch?.()
    this.#unwatch = null
    this.#follower?.stop()
    this.#follower = null
  }

  // --- hearing ----------------------------------------------------------------------------------

  #hear(signal: Signal): void {
    if (signal.kind === 'state') this.#enter(signal.state)
    else if (signal.kind === 'clock') this.#clockOffsetMs = signal.offsetMs
    else this.#receive(signal.message, signal.asked)
  }

  #receive(message: ServerMessage, asked: Extract<Signal, { kind: 'message' }>['asked']): void {
    switch (message.type) {
      case 'connected':
        this.#receiver.connected(message)
        return
      case 'subscribed':
        this.#receiver.subscribed(message, asked)
        return
      case 'unsubscribed':
        this.#each(message.topic, (listener) => listener.onRefused?.('NOT_FOUND'))
        return
      case 'pong':
        this.#receiver.advance(message.positions)
        return
      case 'error': {
        const { ref } = message
        if (typeof ref === 'string')
          this.#each(ref, (listener) => listener.onRefused?.(message.code))
        this.#outgoing.answered(message)
        return
      }
      case 'ok':
        this.#outgoing.answered(message)
        return
      case 'unread_count':
      case 'state':
        this.#receiver.unlogged(message)
        return
      default:
        this.#receiver.logged(message)
    }
  }

  #tell(event: RealtimeEvent): void {
    const topic = 'topic' in event ? event.topic : null
    if (topic === null || this.#isOwn(topic)) safely(() => this.#options.onEvent?.(event))
    else this.#each(topic, (listener) => listener.onEvent(event))
  }

  #tellGap(topics: readonly Topic[]): void {
    if (topics.some((topic) => this.#isOwn(topic))) safely(() => this.#options.onGap?.())
    for (const topic of topics) this.#each(topic, (listener) => listener.onGap?.())
  }

  #isOwn(topic: Topic): boolean {
    return topic === 'broadcast' || topic === `users/${this.#receiver.userId}`
  }

  #each(topic: Topic, act: (listener: TopicListener) => void): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) safely(() => act(listener))
  }

  #enter(state: ConnectionState): void {
    if (state.status === 'connecting' && this.#state.status === 'connecting') return
    this.#state = state
    if (state.status === 'connected') this.#outgoing.flush()
    else this.#outgoing.lost()
    safely(() => this.#options.onState?.(state))
  }
}

/** A page's mistake is the page's: it is reported, and the connection goes on. */
function safely(act: () => void): void {
  try {
    act()
  } catch (error) {
    reportError(error)
  }
}

function subjectOf(token = ''): string {
  try {
    const claims: unknown = JSON.parse(atob(token.split('.')[1] ?? ''))
    return JSON.stringify((claims as { sub?: unknown }).sub)
  } catch {
    return token
  }
}
