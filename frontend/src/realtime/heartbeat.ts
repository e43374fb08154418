/** Whether anybody is there: pings on a socket, the server's own beats on the others. */

import type { Environment, Timer } from './environment'
import type { Times } from './times'
import type { TransportName } from './transports/line'

interface Acts {
  readonly ping: () => void
  /** Half open: the line looks alive and nobody is there. `proved`: somebody was. */
  readonly dead: (proved: boolean) => void
}

export class Heartbeat {
  #pings = false
  #proved = false
  #silenceMs = 0
  #pingTimer: Timer | undefined
  #deathTimer: Timer | undefined

  constructor(
    private readonly env: Environment,
    private readonly times: Times,
    private readonly acts: Acts,
  ) {}

  /** Whether this line has carried something in both directions. */
  get proved(): boolean {
    return this.#proved
  }

  /** @param everyMs between two pings, where there are any */
  start(transport: TransportName, everyMs: number): void {
    this.stop()
    this.#pings = transport === 'websocket'
    // What came over HTTP was asked for over HTTP.
    this.#proved = !this.#pings
    this.#silenceMs =
      transport === 'long-polling' ? this.times.poll + this.times.connect : this.times.silence
    if (this.#pings) {
      this.#pingEvery(everyMs)
      this.check()
    } else {
      this.alive()
    }
  }

  stop(): void {
    if (this.#pingTimer !== undefined) this.env.clearTimeout(this.#pingTimer)
    this.#pingTimer = undefined
    this.#calm()
    this.#pings = this.#proved = false
    this.#silenceMs = 0
  }

  alive(): void {
    // Until the first answer nobody knows whether what is sent arrives.
    if (this.#pings && !this.#proved) return
    this.#calm()
    if (this.#silenceMs > 0 && !this.#pings) this.#expectWithin(this.#silenceMs)
  }

  answered(): void {
    this.#proved = true
    this.#calm()
  }

  /** Asks now. */
  check(): void {
    if (!this.#pings) return
    if (this.#deathTimer === undefined) this.#expectWithin(this.times.pong)
    this.acts.ping()
  }

  #pingEvery(ms: number): void {
    this.#pingTimer = this.env.setTimeout(() => {
      this.check()
      this.#pingEvery(ms)
    }, ms)
  }

  #expectWithin(ms: number): void {
    this.#deathTimer = this.env.setTimeout(() => this.acts.dead(this.#proved), ms)
  }

  #calm(): void {
    if (this.#deathTimer !== undefined) this.env.clearTimeout(this.#deathTimer)
    this.#deathTimer = undefined
  }
}
