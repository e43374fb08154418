/** Conversations with the assistant as the wire has them (docs/contract.md §8), and read from it. */

import { isObject } from '@/rooms/room'

export type AnswerStatus = 'streaming' | 'complete' | 'stopped' | 'interrupted' | 'failed'

export interface Source {
  readonly title: string
  readonly snippet: string
  readonly url: string
}

export interface Turn {
  readonly message_id: string
  readonly role: 'user' | 'assistant'
  readonly content: string
  readonly sources: readonly Source[]
  readonly status: AnswerStatus
  /** Of an answer: the question. */
  readonly answers: string | null
  /** Where its stream goes on behind `content`; null: follow it from its beginning. */
  readonly last_event_id: string | null
  readonly error: string | null
  readonly rating: string | null
}

export interface Conversation {
  readonly conversation_id: string
  readonly title: string
  readonly updated_at: string
}

export type AnswerEvent =
  | { readonly type: 'start'; readonly conversationId: string; readonly messageId: string }
  | { readonly type: 'token'; readonly content: string }
  | { readonly type: 'sources'; readonly sources: readonly Source[] }
  | { readonly type: 'error'; readonly code: string }
  | { readonly type: 'done'; readonly status: AnswerStatus }

const STATUSES: readonly AnswerStatus[] = [
  'streaming',
  'complete',
  'stopped',
  'interrupted',
  'failed',
]

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const statusOf = (value: unknown): AnswerStatus =>
  STATUSES.find((status) => status === value) ?? 'complete'

function toSources(value: unknown): Source[] {
  if (!Array.isArray(value)) return []
  return value.filter(isObject).map(({ title, snippet, url }) => ({
    title: text(title),
    snippet: text(snippet),
    url: text(url),
  }))
}

export function toTurn(value: unknown): Turn | null {
  if (!isObject(value) || typeof value.message_id !== 'string') return null
  return {
    message_id: value.message_id,
    role: value.role === 'user' ? 'user' : 'assistant',
    content: text(value.content),
    sources: toSources(value.sources),
    status: statusOf(value.status),
    answers: textOrNull(value.answers),
    last_event_id: textOrNull(value.last_event_id),
    error: isObject(value.error) ? text(value.error.code) : null,
    rating: isObject(value.feedback) ? text(value.feedback.rating) : null,
  }
}

export function toConversation(value: unknown): Conversation | null {
  if (!isObject(value) || typeof value.conversation_id !== 'string') return null
  const { conversation_id, title, updated_at } = value
  return { conversation_id, title: text(title), updated_at: text(updated_at) }
}

/** null for what a newer server may tell. */
export function toAnswerEvent(data: string): AnswerEvent | null {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return null
  }
  if (!isObject(value)) return null
  switch (value.type) {
    case 'start': {
      const { conversation_id, message_id } = value
      return { type: 'start', conversationId: text(conversation_id), messageId: text(message_id) }
    }
    case 'token':
      return { type: 'token', content: text(value.content) }
    case 'sources':
      return { type: 'sources', sources: toSources(value.sources) }
    case 'error':
      return { type: 'error', code: text(value.code) }
    case 'done':
      return { type: 'done', status: statusOf(value.status) }
    default:
      return null
  }
}

const DOCUMENT = /^\/api\/v1\/chat\/documents\/(\d+)$/

/** Where a person reads what an answer was made from: a document has a view of its own. */
export function placeOf({ url }: Source): string {
  const id = DOCUMENT.exec(url)?.[1]
  return id === undefined ? url : `/documents/${id}`
}

/** A document among an answer's sources, and the numbers that the answer gives its passages. */
export interface ListedSource extends Source {
  readonly numbers: readonly number[]
}

/** Each document once, however many of its passages the answer quotes, in the answer's order. */
export function listedSources(sources: readonly Source[]): readonly ListedSource[] {
  const found = new Map<string, ListedSource>()
  for (const [index, source] of sources.entries()) {
    const key = source.url || source.title
    const before = found.get(key)
    found.set(key, { ...(before ?? source), numbers: [...(before?.numbers ?? []), index + 1] })
  }
  return [...found.values()]
}

/**
 * Of answers to the same question only one: what is being written, else the last that is complete,
 * else the last. Regenerating replaces what is shown, and stopping that brings it back.
 */
export function shownTurns(turns: readonly Turn[]): readonly Turn[] {
  const best = new Map<string, Turn>()
  for (const turn of turns) {
    if (!turn.answers) continue
    const before = best.get(turn.answers)
    const replaces = turn.status === 'streaming' || turn.status === 'complete'
    if (before?.status !== 'complete' || replaces) best.set(turn.answers, turn)
  }
  return turns.filter((turn) => !turn.answers || best.get(turn.answers) === turn)
}

/** The answer after an event of its stream. */
export function applyAnswerEvent(turn: Turn, event: AnswerEvent): Turn {
  switch (event.type) {
    case 'start':
      return { ...turn, message_id: event.messageId, status: 'streaming' }
    case 'token':
      return { ...turn, content: turn.content + event.content }
    case 'sources':
      return { ...turn, sources: event.sources }
    case 'error':
      return { ...turn, error: event.code }
    case 'done':
      return { ...turn, status: event.status }
  }
}
