import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSSRApp, defineComponent, h } from 'vue'
import { renderToString } from 'vue/server-renderer'

import type { Me } from '@/api'
import type { RealtimeEvent, TopicListener } from '@/realtime'
import { useRoom } from '@/rooms/useRoom'
import { useAuth } from '@/shell/authStore'
import { provideLive, type Live } from '@/shell/useLive'

import { message } from '../message'
import { scriptFetch, type Call } from '../scriptedFetch'

const IDLE = { phase: 'work', status: 'idle', duration_s: 1500, ends_at: null, remaining_s: 1500 }
const RUNNING = { ...IDLE, status: 'running', ends_at: '2030-01-01T00:25:00Z' }
const ROOM = { id: 7, name: 'Deep work', kind: 'focus', role: 'owner', members_count: 1 }
const member = (user_id: number) => ({ user_id, username: `user ${user_id}`, role: 'member' })
const page = (...results: object[]) => ({ results, next: null, previous: null })

function answer({ method, path }: Call): readonly [number, object] {
  if (path.endsWith('/timer')) return [200, method === 'POST' ? RUNNING : IDLE]
  if (path.includes('before=')) return [200, page(message(0))]
  if (path.includes('/messages')) return [200, { ...page(message(1)), previous: 'more' }]
  return [200, path.includes('/members') ? page(member(1)) : ROOM]
}

/** A room that is looked at; `tell` is the server's side of its topic. */
async function opened() {
  const heard: TopicListener[] = []
  const live = {
    subscribe: (_topic, listener) => {
      heard.push(listener)
      return () => undefined
    },
  } as Partial<Live> as Live
  const chats: ReturnType<typeof useRoom>[] = []
  const room = defineComponent(() => {
    chats.push(useRoom(7, () => undefined))
    return () => null
  })
  const app = createSSRApp(
    defineComponent(() => {
      provideLive(live)
      return () => h(room)
    }),
  )
  await renderToString(app.use(createPinia()))
  const [listener, chat] = [heard[0], chats[0]]
  if (!listener || !chat) throw new Error('the room was not opened')
  const tell = (name: string, data: unknown) =>
    listener.onEvent({ type: 'other', name, topic: 'rooms/7', data } as RealtimeEvent)
  return { chat, listener, tell }
}

/** Lets what is asked wait until it is released. */
function held(matches: (call: Call) => boolean) {
  let release = (): void => undefined
  const gate = new Promise<void>((open) => (release = open))
  const calls = scriptFetch(async (call) => {
    const found = answer(call)
    if (matches(call)) await gate
    return found
  })
  return { calls, release: () => release() }
}

// `useRoom` asks by itself where nothing is connected: not before the clock is moved.
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a room that is fetched while something happens in it', () => {
  it('keeps the timer that was started meanwhile', async () => {
    const { calls, release } = held(({ path }) => path.endsWith('/timer'))
    const { chat, tell } = await opened()
    const fetched = chat.fetchAll()
    await vi.waitFor(() => expect(calls.some(({ path }) => path.endsWith('/timer'))).toBe(true))
    tell('timer', RUNNING)
    release()
    await fetched
    expect(chat.loaded.value).toBe(true)
    expect(chat.state.value.timer?.status).toBe('running')
  })

  it('keeps who came and went, what was set, and what was edited', async () => {
    const { calls, release } = held(({ path }) => path.includes('/members'))
    const { chat, tell } = await opened()
    const fetched = chat.fetchAll()
    await vi.waitFor(() => expect(calls).toHaveLength(3))
    tell('member.joined', member(2))
    tell('member.left', { user_id: 1 })
    tell('settings', { work_minutes: 50 })
    tell('message', message(2))
    tell('message.edited', message(1, { content: 'edited', edited_at: '2030-01-01T00:01:00Z' }))
    release()
    await fetched
    const { members, settings, messages } = chat.state.value
    expect(members.map(({ user_id }) => user_id)).toEqual([2])
    expect(settings).toEqual({ work_minutes: 50 })
    expect(messages.map(({ content }) => content)).toEqual(['edited', 'message 2'])
  })

  it('keeps a snapshot that came meanwhile', async () => {
    const { calls, release } = held(({ path }) => path.endsWith('/timer'))
    const { chat, listener } = await opened()
    const fetched = chat.fetchAll()
    await vi.waitFor(() => expect(calls.some(({ path }) => path.endsWith('/timer'))).toBe(true))
    const snapshot = { settings: {}, timer: RUNNING, members: [member(3)], online: [3], read: {} }
    const at = { topic: 'rooms/7', epoch: 'e', offset: 4 } as const
    listener.onSubscribed?.({ type: 'subscribed', ...at, recovered: true, snapshot })
    release()
    await fetched
    expect(chat.state.value.timer?.status).toBe('running')
    expect(chat.state.value.members.map(({ user_id }) => user_id)).toEqual([3])
  })
})

it('keeps an edit that came before the earlier messages', async () => {
  const { calls, release } = held(({ path }) => path.includes('before='))
  const { chat, tell } = await opened()
  await chat.fetchAll()
  const fetched = chat.loadOlder()
  await vi.waitFor(() => expect(calls.some(({ path }) => path.includes('before='))).toBe(true))
  tell('message.edited', message(0, { content: 'edited', edited_at: '2030-01-01T00:01:00Z' }))
  release()
  await fetched
  expect(chat.state.value.messages.map(({ content }) => content)).toEqual(['edited', 'message 1'])
})

describe('the timer', () => {
  it('is what was heard, where the answer to a command is older', async () => {
    const { calls, release } = held(({ method }) => method === 'POST')
    const { chat, tell } = await opened()
    const controlled = chat.control('start')
    await vi.waitFor(() => expect(calls.some(({ method }) => method === 'POST')).toBe(true))
    tell('timer', RUNNING)
    tell('timer', { ...IDLE, status: 'paused' })
    release()
    await controlled
    expect(chat.state.value.timer?.status).toBe('paused')
  })

  it('is the answer, where nothing is heard', async () => {
    scriptFetch((call) => answer(call))
    const { chat } = await opened()
    await chat.control('start')
    expect(chat.state.value.timer?.status).toBe('running')
  })
})

it('knows all the members of a large room', async () => {
  const asked: string[] = []
  scriptFetch((call) => {
    if (!call.path.includes('/members')) return answer(call)
    asked.push(call.path)
    const isFirst = !call.path.includes('cursor=behind-1')
    const next = isFirst ? 'http://x/rooms/1/members?cursor=behind-1&size=100' : null
    return [200, { ...page(member(isFirst ? 1 : 2)), next }]
  })
  const { chat } = await opened()
  await chat.fetchAll()
  expect(chat.state.value.members.map(({ user_id }) => user_id)).toEqual([1, 2])
  expect(asked).toHaveLength(2)
})

it('knows one’s own role as it is now, whatever the list of rooms had', async () => {
  scriptFetch((call) => answer(call))
  const { chat, tell } = await opened()
  useAuth().user = { id: 1 } as Me
  expect(chat.role.value).toBeNull()
  await chat.fetchAll()
  expect(chat.role.value).toBe('member')
  tell('member.changed', { ...member(1), role: 'moderator' })
  tell('member.changed', { ...member(2), role: 'owner' })
  expect(chat.role.value).toBe('moderator')
})
