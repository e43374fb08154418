/** On a fallback: looks from time to time whether a better transport works, beside the one in use. */

import type { Environment, Timer } from './environment'
import type { Connected } from './messages'
import type { Times } from './times'
import type { Line, LineHandlers, TransportName } from './transports/line'

interface Wiring {
  readonly environment: Environment
  readonly times: Times
  /** Than the one in use, the best first. */
  readonly better: () => readonly TransportName[]
  readonly open: (transport: TransportName, handlers: LineHandlers) => Line
  /** It has greeted. Returns who hears it from now on. */
  readonly found: (transport: TransportName, line: Line, greeting: Connected) => LineHandlers
}

export class Probe {
  #count = 0
  #timer: Timer | undefined
  #line: Line | null = null

  constructor(private readonly wiring: Wiring) {}

  start(): void {
    this.#cancel()
    this.#wait()
  }

  stop(): void {
    this.#cancel()
    this.#count = 0
  }

  now(): void {
    if (this.#line || this.wiring.better().length === 0) return
    this.#cancel()
    this.#tryFrom(0)
  }

  #wait(): void {
    const { environment, times, better } = this.wiring
    if (better().length === 0) return
    const step = times.probe[Math.min(this.#count, times.probe.length - 1)] ?? 60_000
    this.#count += 1
    const ms = Math.round(step * (1 - environment.random() / 4))
    this.#timer = environment.setTimeout(() => this.now(), ms)
  }

  #tryFrom(index: number): void {
    const transport = this.wiring.better()[index]
    if (!transport) {
      this.#wait()
      return
    }
    let handlers: LineHandlers | null = null
    const failed = () => {
      this.#cancel()
      this.#tryFrom(index + 1)
    }
    const line = this.wiring.open(transport, {
      message: (message, asked) => {
        if (handlers) handlers.message(message, asked)
        else if (message.type === 'connected') {
          // It is the other's now, and not to be closed with us.
          this.#line = null
          handlers = this.wiring.found(transport, line, message)
        }
      },
      alive: () => handlers?.alive(),
      ended: (next) => (handlers ? handlers.ended(next) : failed()),
    })
    this.#line = line
    this.#timer = this.wiring.environment.setTimeout(failed, this.wiring.times.connect)
  }

  #cancel(): void {
    if (this.#timer !== undefined) this.wiring.environment.clearTimeout(this.#timer)
    this.#timer = undefined
    this.#line?.close()
    this.#line = null
  }
}
