/** Renews the credential: when asked to, and ahead of its expiry where that is known. */

import type { Environment, Timer } from './environment'
import type { Renewal, Rest } from './rest'

/** Ahead of the expiry, so that a slow answer still comes in time; half of a short life. */
const AHEAD_MS = 60_000
const AGAIN_MS = 15_000

/** Milliseconds that a JWT is good for from its issue on; null if it does not say. */
function lifetimeMs(jwt: string): number | null {
  const payload = jwt.split('.')[1]
  if (!payload) return null
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/')))
    const { exp, iat } = claims as { exp?: unknown; iat?: unknown }
    // The difference, not `exp` itself: this machine's clock need not agree with the server's.
    return typeof exp === 'number' && typeof iat === 'number' ? (exp - iat) * 1000 : null
  } catch {
    return null
  }
}

export class Renewer {
  #timer: Timer | undefined
  #running: Promise<Renewal> | null = null

  constructor(
    private readonly env: Environment,
    private readonly rest: Rest,
    private readonly ask: () => Promise<Renewal>,
    /** A fresh token is there, for the connection that is open. */
    private readonly onToken: (token: string) => void,
  ) {}

  /** Begins to watch over the token that the page came with. */
  start(): void {
    if (this.rest.token) this.#schedule(this.rest.token)
  }

  stop(): void {
    if (this.#timer !== undefined) this.env.clearTimeout(this.#timer)
    this.#timer = undefined
  }

  renew(): Promise<Renewal> {
    this.#running ??= this.#once().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #once(): Promise<Renewal> {
    const renewal = await this.ask().catch((): Renewal => 'unavailable')
    if (typeof renewal === 'object') {
      if (this.rest.token) this.rest.token = renewal.token
      this.#schedule(renewal.token)
      this.onToken(renewal.token)
    }
    return renewal
  }

  #schedule(token: string): void {
    const lifetime = lifetimeMs(token)
    if (lifetime !== null) this.#after(Math.max(lifetime - AHEAD_MS, lifetime / 2))
  }

  #after(ms: number): void {
    this.stop()
    this.#timer = this.env.setTimeout(() => {
      void this.renew().then((renewal) => {
        if (renewal === 'unavailable') this.#after(AGAIN_MS)
      })
    }, ms)
  }
}
