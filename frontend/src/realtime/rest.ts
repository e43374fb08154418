/** The few requests that the client makes itself, and what their failures mean. */

import { ACCEPT_JSON } from './case'
import { ERROR_CODES } from './catalogue'
import { afterError, type NextStep } from './closing'
import type { Environment } from './environment'
import type { ErrorMessage, Ok, RoomCommand, UnreadCount } from './messages'

/** What came of asking for a new credential. A token, where the page has one to give. */
export type Renewal = 'renewed' | 'signed-out' | 'unavailable' | { readonly token: string }

type Json = Readonly<Record<string, unknown>>

const API = '/api/v1'
/** Browsers let 64 KiB outlive their page; a UTF-16 unit is up to three bytes. */
const LASTING_LENGTH = 2_000

async function bodyOf(answer: Response): Promise<Json> {
  const body: unknown = await answer.json().catch(() => null)
  return typeof body === 'object' && body !== null ? (body as Json) : {}
}

async function meaningOf(answer: Response): Promise<NextStep> {
  const { code } = await bodyOf(answer)
  if (code === 'DRAINING' || code === 'UNAVAILABLE') return { kind: 'soon' }
  // A proxy has other words for 403.
  if (ERROR_CODES.some((known) => known === code)) return afterError(String(code))
  return answer.status === 401 ? afterError('AUTH_ERROR') : { kind: 'broken' }
}

export class Rest {
  /** The bearer token; '' where the cookie is the credential. */
  token: string
  #csrf = ''

  constructor(
    /** `https://bell.example`, nothing after it. */
    readonly server: string,
    private readonly env: Environment,
    token = '',
  ) {
    this.token = token
  }

  /** An answer with status 200, or what to do instead. */
  async get(path: string, signal?: AbortSignal, accept = ACCEPT_JSON) {
    try {
      const answer = await this.#send('GET', path, undefined, signal, accept)
      return answer.ok ? answer : await meaningOf(answer)
    } catch {
      return { kind: 'broken' } as const satisfies NextStep
    }
  }

  /** The id of whom the credential belongs to, or what to do instead. */
  async whoAmI(signal?: AbortSignal): Promise<string | NextStep> {
    const answer = await this.get(`${API}/auth/me`, signal)
    // Where not even this is answered no other request will be.
    if ('kind' in answer) return answer.kind === 'broken' ? { kind: 'unreachable' } : answer
    const { id } = await bodyOf(answer)
    return typeof id === 'number' || typeof id === 'string' ? String(id) : { kind: 'unreachable' }
  }

  async unreadCount(): Promise<UnreadCount | null> {
    const answer = await this.get(`${API}/notifications/unread/count`)
    if ('kind' in answer) return null
    const { count, version } = await bodyOf(answer)
    if (typeof count !== 'number' || typeof version !== 'number') return null
    return { type: 'unread_count', data: { count, version } }
  }

  /** A command where no socket carries it. null: it could not be brought there, try again. */
  async carry(command: RoomCommand): Promise<Ok | ErrorMessage | null> {
    const { ref, topic } = command
    const room = `${API}/rooms/${encodeURIComponent(topic.slice(topic.indexOf('/') + 1))}`
    if (command.type === 'typing') return { type: 'ok', data: {}, ref }
    const path = command.type === 'message' ? `${room}/messages` : `${room}/read`
    if (!this.token && !this.#csrf) await this.#fetchCsrf().catch(() => false)
    const answer = await this.#post(path, command.data)
    if (!answer || answer.status >= 500) return null
    const body = await bodyOf(answer)
    if (!answer.ok) {
      const code = typeof body.code === 'string' ? body.code : 'INVALID'
      const message = typeof body.message === 'string' ? body.message : ''
      return { type: 'error', code, message, ref }
    }
    const { id, offset, client_id } = body
    return { type: 'ok', data: command.type === 'message' ? { id, offset, client_id } : body, ref }
  }

  /** By the refresh cookie: what `renew` does where the page says nothing else. */
  async renew(): Promise<Renewal> {
    const answer = await this.#post(`${API}/auth/token/refresh`, {})
    if (!answer || answer.status >= 500 || answer.status === 429) return 'unavailable'
    const { access } = await bodyOf(answer)
    if (!answer.ok) return 'signed-out'
    return typeof access === 'string' ? { token: access } : 'renewed'
  }

  async #post(path: string, body: unknown): Promise<Response | null> {
    try {
      let answer = await this.#send('POST', path, body)
      // The cookie alone is not enough: another page could have sent it.
      if (answer.status === 403 && !this.token && (await this.#fetchCsrf()))
        answer = await this.#send('POST', path, body)
      return answer
    } catch {
      return null
    }
  }

  async #fetchCsrf(): Promise<boolean> {
    const { csrf_token } = await bodyOf(await this.#send('GET', `${API}/auth/csrf`))
    const isNew = typeof csrf_token === 'string' && csrf_token !== this.#csrf
    if (isNew) this.#csrf = csrf_token
    return isNew
  }

  #send(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
    accept = ACCEPT_JSON,
  ): Promise<Response> {
    const headers: Record<string, string> = { Accept: accept }
    if (this.token) headers.Authorization = `Bearer ${this.token}`
    else if (method !== 'GET' && this.#csrf) headers['X-CSRFToken'] = this.#csrf
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const sent = body === undefined ? null : JSON.stringify(body)
    return this.env.fetch(this.server + path, {
      method,
      headers,
      credentials: this.token ? 'omit' : 'include',
      cache: 'no-store',
      body: sent,
      // One at a time: a page that is left right after has said it, as with a socket.
      keepalive: sent !== null && sent.length <= LASTING_LENGTH,
      ...(signal ? { signal } : {}),
    })
  }
}
