import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

import { ApiError, http } from '@/api'
import { AssistantApi, type ConversationPage } from '@/api/assistant'
import { useAuth } from '@/shell/authStore'

import {
  shownTurns,
  toAnswerEvent,
  applyAnswerEvent,
  type AnswerEvent,
  type Conversation,
  type Turn,
} from './answers'
import { eventsOf } from './eventStream'

const api = new AssistantApi(http)
/** Waits before an answer is followed again; then it is left to a person. */
const AGAIN_MS = [500, 1_000, 2_000, 4_000, 8_000]

/** `LOST`: the answer could not be followed any further, though it may go on. */
export type Problem = 'LOST' | 'FAILED' | 'BUSY' | 'TOO_LONG'

export const useAssistant = defineStore('assistant', () => {
  const conversations = shallowRef<readonly Conversation[]>([])
  /** Where older ones begin; null: all are there. */
  const behind = shallowRef<string | null>(null)
  const hasMore = computed(() => behind.value !== null)
  const loadingList = ref(false)
  const conversationId = ref<string | null>(null)
  const turns = shallowRef<readonly Turn[]>([])
  const loading = ref(false)
  const problem = ref<Problem | null>(null)
  /** What was asked and not taken: it is given back to be asked again. */
  const refused = ref('')
  /** Of what is being followed; aborted when something else is looked at. */
  let following: AbortController | null = null
  /** The answer is to be stopped, and has no name yet. */
  let stopsAtStart = false
  /** Only the list that was asked for last is shown. */
  let listing = 0

  const shown = computed(() => shownTurns(turns.value))
  const answer = computed(() => turns.value.find(({ status }) => status === 'streaming') ?? null)

  /** From the top. */
  const loadConversations = (): Promise<void> => list(null, (_known, page) => page)
  /** What has come to the top, over what is shown further down. */
  const renewConversations = (): Promise<void> => list(null, renewed)
  async function moreConversations(): Promise<void> {
    if (loadingList.value || !hasMore.value) return
    problem.value = null
    await list(behind.value, (known, page) => ({
      ...page,
      conversations: [...known.conversations, ...unknownOf(page, known)],
    }))
  }

  async function list(
    from: string | null,
    merge: (known: ConversationPage, page: ConversationPage) => ConversationPage,
  ): Promise<void> {
    const mine = (listing += 1)
    loadingList.value = true
    await attempt(async () => {
      const page = await api.conversations(from)
      // Asked for again meanwhile, or another person's.
      if (mine !== listing) return
      const known = { conversations: conversations.value, next: behind.value }
      const all = merge(known, page)
      conversations.value = all.conversations
      behind.value = all.next
    })
    if (mine === listing) loadingList.value = false
  }

  async function open(id: string): Promise<void> {
    const mine = begin()
    conversationId.value = id
    turns.value = []
    loading.value = true
    await attempt(async () => {
      const found = await api.turns(id)
      if (mine.signal.aborted) return
      turns.value = found
    })
    loading.value = false
    const left = answer.value
    if (!mine.signal.aborted && left) await follow(left.message_id, left.last_event_id, mine)
  }

  function startNew(): void {
    begin()
    conversationId.value = null
    turns.value = []
    refused.value = ''
  }

  async function ask(question: string): Promise<void> {
    const mine = begin()
    refused.value = ''
    const questionId = `question-${Date.now()}`
    const asked = turnOf(questionId, 'user', question)
    const waiting = { ...turnOf('', 'assistant', ''), answers: questionId }
    turns.value = [...turns.value, asked, waiting]
    try {
      const response = await api.ask(question, conversationId.value, mine.signal)
      await consume(waiting, '', mine, response)
    } catch (error) {
      if (mine.signal.aborted) return
      if (!(error instanceof ApiError)) throw error
      turns.value = turns.value.filter((turn) => turn !== asked && turn !== waiting)
      refused.value = question
      problem.value = problemOf(error)
    }
    await renewConversations()
  }

  /**
   * Reads an answer to its end, over as many connections as it takes.
   *
   * @param first its stream, if there is one already
   */
  async function consume(
    turn: Turn,
    seen: string,
    mine: AbortController,
    first: Response | null = null,
  ): Promise<void> {
    let current = turn
    let lastId = seen
    let response = first
    for (let tries = 0; ; tries += 1) {
      try {
        response ??= await api.follow(current.message_id, lastId, mine.signal)
        for await (const event of eventsOf(response)) {
          if (mine.signal.aborted) return
          const received = toAnswerEvent(event.data)
          if (event.id) lastId = event.id
          if (received) {
            current = put(current, received)
            tries = 0
          }
          if (received?.type === 'done') return
        }
        if (response.status === 204) return
      } catch (error) {
        if (mine.signal.aborted) return
        if (error instanceof ApiError && error.status >= 400 && error.status < 500) break
        // The connection broke: the answer goes on without it.
        if (!(error instanceof ApiError) && !(error instanceof TypeError)) throw error
      }
      response = null
      const wait = AGAIN_MS[tries]
      if (wait === undefined || !current.message_id) break
      await pause(wait)
      if (mine.signal.aborted) return
    }
    problem.value = 'LOST'
    replace(current, { ...current, status: 'interrupted' })
  }

  function put(turn: Turn, event: AnswerEvent): Turn {
    if (event.type === 'start') {
      if (event.conversationId) conversationId.value = event.conversationId
      if (stopsAtStart) void attempt(() => api.stop(event.messageId))
      stopsAtStart = false
    }
    const next = applyAnswerEvent(turn, event)
    replace(turn, next)
    return next
  }

  function replace(turn: Turn, next: Turn): void {
    turns.value = turns.value.map((each) => (each === turn ? next : each))
  }

  /** @param lastId null: what is there of it comes again */
  async function follow(id: string, lastId: string | null, mine: AbortController): Promise<void> {
    const found = turns.value.find(({ message_id }) => message_id === id)
    if (!found) return
    const turn = lastId === null ? { ...found, content: '' } : found
    const seen = lastId ?? ''
    replace(found, turn)
    await consume(turn, seen, mine)
  }

  /** The rest comes as `done` on the stream. */
  async function stop(): Promise<void> {
    const id = answer.value?.message_id
    if (id) await begun(() => api.stop(id))
    else stopsAtStart = answer.value !== null
  }

  async function regenerate(turn: Turn): Promise<void> {
    const mine = begin()
    await attempt(async () => {
      const fresh = await api.regenerate(turn.message_id)
      if (!fresh || mine.signal.aborted) return
      // A question asked from here is known by a name of our own.
      const next = { ...fresh, answers: turn.answers ?? fresh.answers }
      turns.value = turns.value.flatMap((each) => (each === turn ? [each, next] : [each]))
      await follow(fresh.message_id, fresh.last_event_id, mine)
      const ended = turns.value.find(({ message_id }) => message_id === fresh.message_id)
      // The answer from before is shown again, which does not say so.
      if (ended?.status === 'failed' && turn.status === 'complete') problem.value = 'FAILED'
    })
  }

  async function rate(turn: Turn, rating: 'up' | 'down'): Promise<void> {
    const ok = await begun(() => api.feedback(turn.message_id, rating))
    if (ok)
      turns.value = turns.value.map((each) =>
        each.message_id === turn.message_id ? { ...each, rating } : each,
      )
  }

  async function rename(id: string, title: string): Promise<void> {
    if (await begun(() => api.rename(id, title))) await renewConversations()
  }

  async function remove(id: string): Promise<void> {
    if (!(await begun(() => api.delete(id)))) return
    if (conversationId.value === id) startNew()
    conversations.value = conversations.value.filter((each) => each.conversation_id !== id)
    // Not waited for: the row is gone, and with it what had the focus.
    void renewConversations()
  }

  /** What somebody has just done: what went wrong before is over. */
  function begun(act: () => Promise<void>): Promise<boolean> {
    problem.value = null
    return attempt(act)
  }

  /** false if the server refused, or could not be asked. */
  async function attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      problem.value = problemOf(error)
      return false
    }
  }

  function begin(): AbortController {
    following?.abort()
    following = new AbortController()
    problem.value = null
    stopsAtStart = false
    return following
  }

  function reset(): void {
    startNew()
    listing += 1
    conversations.value = []
    behind.value = null
    loadingList.value = false
  }

  // Nobody sees what the person before has asked.
  const auth = useAuth()
  watch(() => auth.user?.id, reset, { flush: 'sync' })

  return {
    conversations,
    hasMore,
    loadingList,
    conversationId,
    shown,
    answer,
    loading,
    problem,
    refused,
    loadConversations,
    moreConversations,
    open,
    startNew,
    ask,
    stop,
    regenerate,
    rate,
    rename,
    remove,
  }
})

/** Those of the page that are not known yet: one that was used meanwhile has moved to the top. */
function unknownOf(page: ConversationPage, known: ConversationPage): readonly Conversation[] {
  const ids = new Set(known.conversations.map((each) => each.conversation_id))
  return page.conversations.filter((each) => !ids.has(each.conversation_id))
}

/** The first page as it is now, and what is known behind it where nothing is missing between them. */
function renewed(known: ConversationPage, first: ConversationPage): ConversationPage {
  const last = first.conversations.at(-1)
  const place = known.conversations.findIndex(
    (each) => each.conversation_id === last?.conversation_id,
  )
  if (first.next === null || place < 0) return first
  const rest = { ...known, conversations: known.conversations.slice(place + 1) }
  return { conversations: [...first.conversations, ...unknownOf(rest, first)], next: known.next }
}

/** So long; or, where there is no network, until there is one: before that it is no use to try. */
function pause(ms: number): Promise<void> {
  if (globalThis.navigator?.onLine !== false) return new Promise((over) => setTimeout(over, ms))
  return new Promise((over) => {
    window.addEventListener('online', () => over(), { once: true })
  })
}

function problemOf({ code, status }: ApiError): Problem {
  if (code === 'TOO_LONG') return 'TOO_LONG'
  return code === 'BUSY' || status === 429 ? 'BUSY' : 'FAILED'
}

function turnOf(id: string, role: 'user' | 'assistant', content: string): Turn {
  const status = role === 'user' ? 'complete' : 'streaming'
  const rest = { sources: [], answers: null, last_event_id: null, error: null, rating: null }
  return { message_id: id, role, content, status, ...rest }
}
