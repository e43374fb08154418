/**
 * fetch with this server's manners: JSON, cookies, the CSRF header, and one renewal after a 401.
 *
 * The credential itself is an HttpOnly cookie, which this code never sees.
 */

import { ACCEPT_JSON } from '@/realtime'

import { ApiError } from './errors'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

interface RequestOptions {
  readonly body?: unknown
  readonly query?: Readonly<Record<string, string | number | undefined>>
  /** false where a 401 is the answer itself: signing in, renewing. */
  readonly renew?: boolean
  /** false where nobody wants a change any more once the page is left. */
  readonly keepalive?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

const BASE = '/api/v1'
/**
 * What may outlive its page: browsers take 64 KiB of bodies at once (Fetch, HTTP-network-or-cache
 * fetch), older ones ten requests, and refuse the next. A UTF-16 unit is up to three bytes.
 */
const LASTING_AT_ONCE = 8
const LASTING_LENGTH = 2_000
/**
 * A read that is refused for a while is asked again when the server says so, if that is soon enough
 * for somebody who looks at the page; twice at most, then the page says that it did not work.
 */
const PASSING: ReadonlySet<number> = new Set([429, 503])
const PATIENCE_S = 15
const TRIES = 3
/** Pages that were refused together come back one after the other, within so much more time. */
const SPREAD = 0.25

export class Http {
  #csrf = ''
  #lasting = 0
  /** Set by the session: true once a new cookie is there. */
  onUnauthorized: () => Promise<boolean> = async () => false

  useCsrf(token: string): void {
    this.#csrf = token
  }

  /** So that a change that is made while the page is left needs one request only. */
  async prepare(): Promise<void> {
    if (!this.#csrf) await this.#fetchCsrf().catch(() => false)
  }

  /** A small change is carried out even if the page is left right after it was asked for. */
  async request<Answer>(method: Method, path: string, options: RequestOptions = {}) {
    const keepalive = options.keepalive ?? method !== 'GET'
    const response = await this.response(method, path, { ...options, keepalive })
    return (response.status === 204 ? null : await response.json().catch(() => null)) as Answer
  }

  /** The answer before its body is read, for one that streams. Throws `ApiError` as `request`. */
  async response(method: Method, path: string, options: RequestOptions = {}): Promise<Response> {
    const unsafe = method !== 'GET'
    if (unsafe && !this.#csrf) await this.#fetchCsrf()
    let response = await this.#send(method, path, options)
    if (response.status === 401 && options.renew !== false && (await this.onUnauthorized()))
      response = await this.#send(method, path, options)
    // Signing in, here or in another tab, changes the token.
    if (response.status === 403 && unsafe && (await this.#fetchCsrf()))
      response = await this.#send(method, path, options)
    for (let tries = 1; !unsafe && tries < TRIES; tries += 1) {
      const waitS = passesWithinS(response)
      if (waitS === null) break
      await pause(waitS * (1 + SPREAD * Math.random()), options.signal)
      response = await this.#send(method, path, options)
    }
    if (!response.ok) throw await ApiError.from(response)
    return response
  }

  async #send(method: Method, path: string, options: RequestOptions): Promise<Response> {
    const query = new URLSearchParams()
    for (const [name, value] of Object.entries(options.query ?? {}))
      if (value !== undefined) query.set(name, String(value))
    const search = query.size > 0 ? `?${query}` : ''
    const headers = new Headers({ Accept: ACCEPT_JSON, ...options.headers })
    if (method !== 'GET' && this.#csrf) headers.set('X-CSRFToken', this.#csrf)
    if (options.body !== undefined) headers.set('Content-Type', 'application/json')
    const body = options.body === undefined ? null : JSON.stringify(options.body)
    const keepalive =
      options.keepalive === true &&
      this.#lasting < LASTING_AT_ONCE &&
      (body ?? '').length <= LASTING_LENGTH
    this.#lasting += Number(keepalive)
    try {
      return await fetch(`${BASE}${path}${search}`, {
        method,
        headers,
        credentials: 'same-origin',
        cache: 'no-store',
        keepalive,
        signal: options.signal ?? null,
        body,
      })
    } catch (cause) {
      throw ApiError.network(cause)
    } finally {
      this.#lasting -= Number(keepalive)
    }
  }

  /** true if there is another token than before. */
  async #fetchCsrf(): Promise<boolean> {
    const before = this.#csrf
    const response = await this.#send('GET', '/auth/csrf', {})
    if (!response.ok) return false
    const answer = (await response.json().catch(() => null)) as { csrf_token?: unknown } | null
    if (typeof answer?.csrf_token !== 'string') return false
    this.#csrf = answer.csrf_token
    return this.#csrf !== before
  }
}

/** In how many seconds a refusal may have passed; null for anything else, or if it takes long. */
function passesWithinS(response: Response): number | null {
  if (!PASSING.has(response.status)) return null
  const waitS = Number.parseInt(response.headers.get('Retry-After') ?? '', 10)
  return waitS >= 0 && waitS <= PATIENCE_S ? waitS : null
}

/** Rejects as `fetch` would if the request is given up meanwhile. */
const pause = (seconds: number, signal?: AbortSignal) =>
  new Promise<void>((resolve, reject) => {
    const giveUp = () => {
      clearTimeout(timer)
      reject(ApiError.network(signal?.reason))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', giveUp)
      resolve()
    }, seconds * 1000)
    if (signal?.aborted) giveUp()
    else signal?.addEventListener('abort', giveUp, { once: true })
  })
