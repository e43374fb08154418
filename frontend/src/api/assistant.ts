import { toConversation, toTurn, type Conversation, type Turn } from '@/assistant/answers'

import type { Http } from './http'
import { cursorOf, type Page } from './pages'

export interface ConversationPage {
  readonly conversations: readonly Conversation[]
  /** Behind the last of these; null: there are no more. */
  readonly next: string | null
}

interface Whole {
  readonly messages?: readonly unknown[]
}

interface Consent {
  readonly own_data?: unknown
}

const BASE = '/chat'
const SIZE = 50
const STREAM = { Accept: 'text/event-stream' }

/** The assistant (docs/contract.md §8). Loaded with its panel. */
export class AssistantApi {
  constructor(private readonly http: Http) {}

  /** The one used last first; from `cursor` (a page's `next`) on, or from the top. */
  async conversations(cursor: string | null = null): Promise<ConversationPage> {
    const query = { size: SIZE, cursor: cursor ?? undefined }
    const page = await this.http.request<Page>('GET', `${BASE}/conversations`, { query })
    const conversations = page.results.map(toConversation).filter((found) => found !== null)
    return { conversations, next: cursorOf(page) }
  }

  async turns(conversationId: string): Promise<readonly Turn[]> {
    const whole = await this.http.request<Whole>('GET', at(conversationId))
    return (whole.messages ?? []).map(toTurn).filter((turn) => turn !== null)
  }

  async rename(conversationId: string, title: string): Promise<void> {
    await this.http.request('PATCH', at(conversationId), { body: { title } })
  }

  async delete(conversationId: string): Promise<void> {
    await this.http.request('DELETE', at(conversationId))
  }

  /** The stream of the answer to a question; without a conversation a new one begins. */
  ask(message: string, conversationId: string | null, signal: AbortSignal): Promise<Response> {
    const body = { message, ...(conversationId && { conversation_id: conversationId }) }
    return this.http.response('POST', `${BASE}/stream`, { body, headers: STREAM, signal })
  }

  /** The same from behind an event; "": from the beginning. 204: that was all of it. */
  follow(messageId: string, lastEventId: string, signal: AbortSignal): Promise<Response> {
    const headers = { ...STREAM, ...(lastEventId && { 'Last-Event-ID': lastEventId }) }
    return this.http.response('GET', `${answerAt(messageId)}/stream`, { headers, signal })
  }

  async stop(messageId: string): Promise<void> {
    await this.http.request('POST', `${answerAt(messageId)}/stop`)
  }

  /** The answer that is being written now. */
  async regenerate(messageId: string): Promise<Turn | null> {
    const path = `${answerAt(messageId)}/regenerate`
    const { message } = await this.http.request<{ message?: unknown }>('POST', path)
    return toTurn(message)
  }

  async feedback(messageId: string, rating: 'up' | 'down'): Promise<void> {
    await this.http.request('POST', `${answerAt(messageId)}/feedback`, { body: { rating } })
  }

  async document(id: string): Promise<Document> {
    const path = `${BASE}/documents/${encodeURIComponent(id)}`
    const found = await this.http.request<Partial<Document>>('GET', path)
    const { title = '', content_type = '', text = '' } = found
    return { title: String(title), content_type: String(content_type), text: String(text) }
  }

  /** Whether it may read the person's own notifications and jobs. */
  async ownData(): Promise<boolean> {
    return (await this.http.request<Consent>('GET', `${BASE}/consent`)).own_data === true
  }

  async allowOwnData(given: boolean): Promise<void> {
    await this.http.request('PUT', `${BASE}/consent`, { body: { own_data: given } })
  }
}

/** A document that an answer was made from, as a person reads it. */
export interface Document {
  readonly title: string
  readonly content_type: string
  readonly text: string
}

const at = (id: string) => `${BASE}/conversations/${encodeURIComponent(id)}`
const answerAt = (id: string) => `${BASE}/messages/${encodeURIComponent(id)}`
