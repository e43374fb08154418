import { defineStore } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'

import { ApiError, http } from '@/api'
import { AssistantApi } from '@/api/assistant'
import {
  shownTurns,
  toAnswerEvent,
  told,
  type AnswerEvent,
  type Conversation,
  type Turn,
} from '@/lib/answers'
import { eventsOf } from '@/lib/eventStream'

import { useAuth } from './auth'

const api = new AssistantApi(http)
/** Waits before an answer is followed again; then it is left to a person. */
const AGAIN_MS = [500, 1_000, 2_000, 4_000, 8_000]

/** `LOST`: the answer could not be followed any further, though it may go on. */
export type Problem = 'LOST' | 'FAILED' | 'BUSY' | 'TOO_LONG'

export const useAssistant = defineStore('assistant', () => {
  const conversations = shallowRef<readonly Conversation[]>([])
  const conversationId = ref<string | null>(null)
  const turns = shallowRef<readonly Turn[]>([])
  const loading = ref(false)
  const problem = ref<Problem | null>(null)
  /** What was asked and not taken: it is given back to be asked again. */
  const refused = ref('')
  /** Of what is being followed; aborted when something else is looked at. */
  let following: AbortController | null = null

  const shown = computed(() => shownTurns(turns.value))
  const answer = computed(() => turns.value.find(({ status }) => status === 'streaming') ?? null)

  async function loadConversations(): Promise<void> {
    await attempt(async () => {
      conversations.value = await api.conversations()
    })
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
      await hear(response, waiting, '', mine)
    } catch (error) {
      if (mine.signal.aborted) return
      if (!(error instanceof ApiError)) throw error
      turns.value = turns.value.filter((turn) => turn !== asked && turn !== waiting)
      refused.value = question
      problem.value = error.code === 'BUSY' || error.status === 429 ? 'BUSY' : 'FAILED'
    }
    await loadConversations()
  }

  /** Reads an answer to its end, over as many connections as it takes. */
  async function hear(
    first: Response,
    turn: Turn,
    seen: string,
    mine: AbortController,
  ): Promise<void> {
    let current = turn
    let lastId = seen
    let response: Response | null = first
    for (let tries = 0; ; tries += 1) {
      try {
        response ??= await api.follow(current.message_id, lastId, mine.signal)
        for await (const event of eventsOf(response)) {
          if (mine.signal.aborted) return
          const heard = toAnswerEvent(event.data)
          if (event.id) lastId = event.id
          if (heard) {
            current = put(current, heard)
            tries = 0
          }
          if (heard?.type === 'done') return
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
      await new Promise((resolve) => setTimeout(resolve, wait))
      if (mine.signal.aborted) return
    }
    problem.value = 'LOST'
    replace(current, { ...current, status: 'interrupted' })
  }

  function put(turn: Turn, event: AnswerEvent): Turn {
    if (event.type === 'start' && event.conversationId) conversationId.value = event.conversationId
    const next = told(turn, event)
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
    try {
      await hear(await api.follow(id, seen, mine.signal), turn, seen, mine)
    } catch (error) {
      if (mine.signal.aborted) return
      if (!(error instanceof ApiError)) throw error
      problem.value = 'LOST'
      replace(turn, { ...turn, status: 'interrupted' })
    }
  }

  /** The rest comes as `done` on the stream. */
  async function stop(): Promise<void> {
    const id = answer.value?.message_id
    if (id) await attempt(() => api.stop(id))
  }

  async function regenerate(turn: Turn): Promise<void> {
    const mine = begin()
    await attempt(async () => {
      const fresh = await api.regenerate(turn.message_id)
      if (!fresh || mine.signal.aborted) return
      // A question asked from here is known by a name of our own.
      const next = { ...fresh, answers: turn.answers ?? fresh.answers }
      turns.value = turns.value.map((each) => (each.message_id === turn.message_id ? next : each))
      await follow(fresh.message_id, fresh.last_event_id, mine)
    })
  }

  async function rate(turn: Turn, rating: 'up' | 'down'): Promise<void> {
    const ok = await attempt(() => api.feedback(turn.message_id, rating))
    if (ok)
      turns.value = turns.value.map((each) =>
        each.message_id === turn.message_id ? { ...each, rating } : each,
      )
  }

  async function rename(id: string, title: string): Promise<void> {
    if (await attempt(() => api.rename(id, title))) await loadConversations()
  }

  async function remove(id: string): Promise<void> {
    if (!(await attempt(() => api.delete(id)))) return
    if (conversationId.value === id) startNew()
    await loadConversations()
  }

  /** false if the server refused, or could not be asked. */
  async function attempt(act: () => Promise<void>): Promise<boolean> {
    try {
      await act()
      return true
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      problem.value = error.status === 429 ? 'BUSY' : 'FAILED'
      return false
    }
  }

  function begin(): AbortController {
    following?.abort()
    following = new AbortController()
    problem.value = null
    return following
  }

  function reset(): void {
    startNew()
    conversations.value = []
  }

  // Nobody sees what the person before has asked.
  const auth = useAuth()
  watch(() => auth.user?.id, reset, { flush: 'sync' })

  return {
    conversations,
    conversationId,
    shown,
    answer,
    loading,
    problem,
    refused,
    loadConversations,
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

function turnOf(id: string, role: 'user' | 'assistant', content: string): Turn {
  const status = role === 'user' ? 'complete' : 'streaming'
  const rest = { sources: [], answers: null, last_event_id: null, error: null, rating: null }
  return { message_id: id, role, content, status, ...rest }
}
